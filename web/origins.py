"""Where a request reached us, in the words of its Host header, which the gate has checked.

Not by request.url, which breaks on a port that is none, nor by request.host, which may ask the DNS.
"""

from urllib.parse import urlsplit

from aiohttp import hdrs, web

from web.keys import SERVER


def origin_of(request: web.Request) -> str:
    """Return the origin: scheme, host and port."""
    server = request.app[SERVER]
    host = request.headers.get(hdrs.HOST) or server.config.servers[server.node.name].http
    return f"{request.scheme}://{host}"


def host_of(request: web.Request) -> str:
    """Return the host alone."""
    return urlsplit(origin_of(request)).hostname or ""
