"""The quick lane of HTTP: plain POSTs to /iamat, answered without aiohttp."""
