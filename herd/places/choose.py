"""Opens the source of places that the settings name, with care around those far away."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Generic, TypeVar

from herd.places.careful import Careful, Means, Rules, Spared
from herd.places.embedded import Embedded
from herd.places.nearest import NearestFirst, Place, Surroundings, weight
from herd.places.provider import REQUEST_DENIED, Provider, Unavailable
from herd.position import Position
from herd.sections.places import PlacesSettings

T = TypeVar("T")
Ask = Callable[[Position, Decimal], Awaitable[T]]

# ruff: noqa: PLC0415

# Google's terms are strict about keeping what it says (https://cloud.google.com/maps-platform/terms): a minute, in
# memory only, is enough for a page that asks again. Ten searches a second guard against loops, not against bills.
GOOGLE = Rules(patience=5.0, keep=60.0, per_minute=600, at_once=32)
# Its data changes slowly, and its public servers ask for one request at a time, and for about 10,000 a day
# (https://dev.overpass-api.de/overpass-doc/en/preface/commons.html): a search makes one or two.
OVERPASS = Rules(patience=10.0, keep=600.0, per_minute=5, at_once=1)


@asynccontextmanager
async def open_places(settings: PlacesSettings, means: Means, spared: Spared) -> AsyncIterator[Provider]:
    """Open the source that is named, for use inside the block; what it is spared is counted."""
    async with AsyncExitStack() as stack:
        match settings.provider:
            case "embedded":
                yield Embedded(settings.file)
            case "google" | "google-new":
                yield _google(settings, means, spared, stack)
            case "overpass":
                yield _overpass(settings, means, spared, stack)
            case "none":
                yield _Nowhere("no source of places is set: see [places] in herd.toml")
            case other:
                raise ValueError(f"no source of places is called {other!r}")


class _Nowhere:
    """What stands where nobody can be asked."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        raise Unavailable(REQUEST_DENIED, self._reason)


class _Later(Generic[T]):
    """A source that is made when it is first asked.

    Importing aiohttp takes 0.3 s, and a server must listen within 0.5 s of its start.
    """

    def __init__(self, make: Callable[[], Ask[T]]) -> None:
        self._make = make
        self._ask: Ask[T] | None = None

    async def __call__(self, position: Position, radius: Decimal) -> T:
        if self._ask is None:
            self._ask = self._make()
        return await self._ask(position, radius)


def _rules(usual: Rules, settings: PlacesSettings) -> Rules:
    keep = usual.keep if settings.cache_seconds is None else settings.cache_seconds
    return replace(usual, keep=keep, per_minute=settings.per_minute or usual.per_minute)


def _google(settings: PlacesSettings, means: Means, spared: Spared, stack: AsyncExitStack) -> Provider:
    key, rules = settings.key, _rules(GOOGLE, settings)
    if not key:
        return _Nowhere("no key for Google Places is set: see [places] in herd.toml")

    def make() -> Ask[bytes]:
        from herd.places.google import Google
        from herd.places.google_new import GoogleNew

        kind = Google if settings.provider == "google" else GoogleNew
        google = kind(key, settings.url, rules.patience)
        stack.push_async_callback(google.close)
        return google.nearby

    return Careful(_Later(make), len, rules, means, spared)


def _overpass(settings: PlacesSettings, means: Means, spared: Spared, stack: AsyncExitStack) -> Provider:
    rules = _rules(OVERPASS, settings)

    def make() -> Ask[tuple[Place, ...]]:
        from herd.places.overpass import Overpass

        overpass = Overpass(settings.url, settings.contact, rules.patience)
        stack.push_async_callback(overpass.close)
        return Surroundings(overpass.around).learn

    return NearestFirst(Careful(_Later(make), weight, rules, means, spared).nearby)
