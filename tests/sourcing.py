"""What the tests of sources of places share: stubs on loopback that fail as the real ones do, and a clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Protocol, TypeVar

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from herd.guard import Guard
from herd.places.careful import Means
from herd.places.provider import Provider, Unavailable
from herd.position import parse_location

KEY = "AIza-Secret_of/Herd"
HERE = parse_location(b"+34.068930-118.445127")
TEN = Decimal(10)
BIG = 5 * 1024 * 1024  # bytes, more than anybody reads

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """Run a stub, whatever it is asked and however, and give its URL."""
    app = web.Application(client_max_size=2**20)
    app.router.add_route("*", "/source", handler)
    async with TestServer(app) as server:
        yield str(server.make_url("/source"))


class Closable(Protocol):
    """A client of a source."""

    async def close(self) -> None:
        """Close its connections."""


C = TypeVar("C", bound=Closable)


@asynccontextmanager
async def asking(handler: Handler, make: Callable[[str], C]) -> AsyncIterator[C]:
    """Open the client that `make` makes of a URL, with a stub at its other end."""
    async with serving(handler) as url:
        client = make(url)
        try:
            yield client
        finally:
            await client.close()


class Holding:
    """A stub that answers nobody before it is told to."""

    def __init__(self, body: bytes) -> None:
        self.asked: list[str] = []  # the paths
        self.free = asyncio.Event()
        self._body = body

    async def handler(self, request: web.Request) -> web.Response:
        """Wait, then answer."""
        self.asked.append(request.path)
        await self.free.wait()
        return web.Response(body=self._body, content_type="application/json")


def says(body: bytes, status: int = 200, content_type: str = "application/json") -> Handler:
    """Return a handler that always gives the same answer."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=body, status=status, content_type=content_type)

    return handler


def breaks_off(half: bytes, length: int | None) -> Handler:
    """Return a handler that gives half an answer and hangs up; length None: without saying how much it would be."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = length
        if length is None:
            response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(half)
        assert request.transport
        request.transport.close()
        return response

    return handler


@asynccontextmanager
async def dripping(piece: bytes) -> AsyncIterator[Handler]:
    """Give a handler that sends a piece every now and then, without an end while the block runs."""
    closing = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        while not closing.is_set():
            try:
                await response.write(piece)
                async with asyncio.timeout(0.01):
                    await closing.wait()
            except TimeoutError:
                continue
            except ConnectionError:
                break
        return response

    try:
        yield handler
    finally:
        closing.set()


async def refusal(source: Provider, key: str = KEY) -> Unavailable:
    """Return why there are no places; nobody may learn the key or the address from it."""
    with pytest.raises(Unavailable) as caught:
        await source.nearby(HERE, TEN)
    told = f"{caught.value} {caught.value.text!r}"
    assert not any(form in told for form in (key, "AIza", "127.0.0.1"))
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


class Clock:
    """A clock to set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Be time.monotonic."""
        return self.now


@dataclass
class World:
    """What a careful source takes from outside, for a test to look at."""

    tasks: asyncio.TaskGroup
    clock: Clock = field(default_factory=Clock)
    guard: Guard = field(default_factory=Guard)
    slept: list[float] = field(default_factory=list)

    def spawn(self, what: str, work: Callable[[], Coroutine[None, None, None]]) -> asyncio.Task[None]:
        """Do as Node.spawn."""
        return self.tasks.create_task(self.guard.run(what, work), name=what)

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.slept.append(seconds)
        self.clock.now += seconds

    @property
    def means(self) -> Means:
        """Return it as `Careful` takes it."""
        return Means(self.spawn, Random(1), self.clock, self.sleep)


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """Open a world; no defect may have been met in it."""
    async with asyncio.TaskGroup() as tasks:
        made = World(tasks)
        yield made
    assert made.guard.caught == 0
