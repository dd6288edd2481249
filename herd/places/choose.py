"""Chooses the source of places that the settings name."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

from herd.places.provider import REQUEST_DENIED, Provider, Unavailable
from herd.position import Position


@asynccontextmanager
async def open_places(provider: str, url: str | None, key: str | None) -> AsyncIterator[Provider]:
    """Open the source called "none" or "google", for use inside the block; url None means its own."""
    async with AsyncExitStack() as stack:
        match provider:
            case "none":
                yield _Nowhere()
            case "google":
                yield _Google(stack, url, key)
            case _:
                raise ValueError(f"no source of places is called {provider!r}")


class _Nowhere:
    """What stands where no source is set."""

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        raise Unavailable(REQUEST_DENIED, "no source of places is set: see [places] in herd.toml")


class _Google:
    """Google, loaded when first asked."""

    def __init__(self, stack: AsyncExitStack, url: str | None, key: str | None) -> None:
        self._stack = stack
        self._url = url
        self._key = key
        self._google: Provider | None = None

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        if self._google is None:
            # Importing aiohttp takes 0.3 s, and a server must listen within 0.5 s of its start.
            from herd.places.google import Google  # noqa: PLC0415

            google = Google(self._key, self._url)
            self._stack.push_async_callback(google.close)
            self._google = google
        return await self._google.nearby(position, radius)
