"""A real server with its gateway, which stands from a property's first example to its last."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from tests.herding import HOST
from tests.webbing import Gateway, gateway

PATIENCE = 30.0  # seconds; only a hang takes so long
CLIENTS_MOST = 2_000  # that a server knows; with more of them every answer takes longer, and a new server is run
ROUNDS = 30  # of the loop, in which a server that shares it hears what was sent
HEALTHY = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

T = TypeVar("T")


class Served:
    """A gateway, and the loop that it shares with those who ask."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runner = asyncio.Runner()
        self._start()

    def run(self, work: Callable[[Gateway], Coroutine[Any, Any, T]]) -> T:
        """Do something there; the server must meet no defect, and must serve others behind it."""
        if len(self._home.server.node.store.reports) > CLIENTS_MOST:
            self._stop()
            self._start()

        async def whole() -> T:
            async with asyncio.timeout(PATIENCE):
                done = await work(self._home)
                assert (await ask(self._home.port, HEALTHY)).startswith(b"HTTP/1.1 200 ")
            guard = self._home.server.node.guard
            caught, guard.caught = guard.caught, 0  # a smaller example must fail by itself
            assert not caught, "a defect, which the log tells of"
            return done

        return self._runner.run(whole())

    def close(self) -> None:
        """End it."""
        self._stop()
        self._runner.close()

    def _start(self) -> None:
        loop = self._runner.get_loop()
        ready: asyncio.Future[Gateway] = loop.create_future()
        self._over = asyncio.Event()

        async def stand() -> None:
            async with gateway(self._folder) as home:
                ready.set_result(home)
                await self._over.wait()

        self._standing = loop.create_task(stand())
        self._home = loop.run_until_complete(ready)

    def _stop(self) -> None:
        self._over.set()
        self._runner.get_loop().run_until_complete(self._standing)


async def ask(port: int, request: bytes) -> bytes:
    """Send a request that asks for the connection to be closed, and return all that comes."""
    reader, writer = await asyncio.open_connection(HOST, port, limit=2**22)
    try:
        writer.write(request)
        return await _all(reader)
    finally:
        writer.transport.abort()


async def talk(port: int, pieces: list[bytes], enough: Callable[[bytes], bool]) -> bytes:
    """Send pieces, and return what comes until that is enough."""
    reader, writer = await asyncio.open_connection(HOST, port, limit=2**22)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0)
        said = b""
        while not enough(said) and (part := await reader.read(2**20)):
            said += part
        return said
    finally:
        writer.transport.abort()


async def throw(port: int, pieces: list[bytes]) -> bytes:
    """Send bytes of any kind, hear what the server says at once, and leave."""
    reader, writer = await asyncio.open_connection(HOST, port, limit=2**22)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0)
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
        if not writer.transport.is_closing():
            writer.write_eof()
        return await _all(reader)
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


async def _all(reader: asyncio.StreamReader) -> bytes:
    said = bytearray()
    try:
        while part := await reader.read(2**20):
            said += part
    except ConnectionError:
        pass
    return bytes(said)
