"""Connections in memory, and a node without a disk or a network: what the properties of conversations stand on."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, TypeVar

from herd.node import Node
from herd.position import Position
from tests.fuzz.speaking import NOW

ROUNDS = 200  # of the loop, in which whatever is under way comes to rest
PLACES = b'{\n   "results" : [ 1, 2, 3 ],\n\n\n   "status" : "OK"\n}\n\n'
HOST = "127.0.0.1"

T = TypeVar("T")


class Pipe(asyncio.Transport):
    """A connection's near end: what the protocol writes is kept, what the test sends waits while it must."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__({"peername": (HOST, 4000)})
        self.wrote = b""
        self.closed = False
        self.over = asyncio.Event()  # closed, and all that is written was written
        self._protocol: asyncio.BaseProtocol = protocol
        self._reading = asyncio.Event()
        self._reading.set()
        protocol.connection_made(self)

    async def send(self, pieces: Iterable[bytes]) -> None:
        """Let pieces arrive one by one, each when reading is not paused."""
        for piece in pieces:
            await self._reading.wait()
            if self.closed:
                return
            self.protocol.data_received(piece)
            await asyncio.sleep(0)

    def end(self) -> None:
        """Let the end of what is sent arrive."""
        if not self.closed and not self.protocol.eof_received():
            self.close()

    async def block(self) -> None:
        """Take nothing for a moment."""
        if not self.closed:
            self.protocol.pause_writing()
            await asyncio.sleep(0)
            if not self.closed:
                self.protocol.resume_writing()

    async def rest(self) -> None:
        """Wait until the protocol closes, or nothing more happens."""
        for _ in range(ROUNDS):
            if self.closed:
                return
            await asyncio.sleep(0)

    @property
    def protocol(self) -> asyncio.Protocol:
        """Whose it is."""
        assert isinstance(self._protocol, asyncio.Protocol)
        return self._protocol

    def get_write_buffer_size(self) -> int:
        """Have none."""
        return 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep what is written."""
        if not self.closed:
            self.wrote += data

    def close(self) -> None:
        """End."""
        if not self.closed:
            self.closed = True
            self._reading.set()
            asyncio.get_running_loop().call_soon(self._lose)

    abort = close

    def _lose(self) -> None:
        self.protocol.connection_lost(None)
        self.over.set()

    def is_closing(self) -> bool:
        """Whether it has ended."""
        return self.closed

    def pause_reading(self) -> None:
        """Let what comes wait."""
        self._reading.clear()

    def resume_reading(self) -> None:
        """Read on."""
        self._reading.set()

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return whose it is."""
        return self._protocol

    def can_write_eof(self) -> bool:
        """Whether one direction can end alone."""
        return True

    def write_eof(self) -> None:
        """Write nothing more; the other end has all, and ends as well."""
        asyncio.get_running_loop().call_soon(self.close)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Be another protocol's."""
        self._protocol = protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Have none."""


class Silent:
    """A log that is thrown away; only whole lines may go into it."""

    missing = 0

    def lines(self, connection: str, direction: str, lines: bytes) -> None:
        """Check that they are lines."""
        assert lines.endswith(b"\n")
        assert direction in {"<", ">"}

    def many(self, connections: Sequence[str], direction: str, lines: Sequence[bytes]) -> None:
        """Check that there is one of each."""
        for connection, line in zip(connections, lines, strict=True):
            assert line.count(b"\n") == 1
            self.lines(connection, direction, line)

    def notice(self, connection: str, text: str) -> None:
        """Leave it."""

    def close(self) -> None:
        """Keep nothing."""


class Places:
    """A source that answers after some turns of the loop, so that answers have to wait for each other."""

    def __init__(self, turns: Iterable[int] = ()) -> None:
        self._turns = iter(turns)

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        """Answer with the same text always."""
        for _ in range(next(self._turns, 0)):
            await asyncio.sleep(0)
        return PLACES


@asynccontextmanager
async def a_node(turns: Iterable[int] = ()) -> AsyncIterator[Node]:
    """Run a node called Goloman at one moment; no defect may have been met when it ends."""
    async with asyncio.TaskGroup() as tasks:
        node = Node("Goloman", Places(turns), Silent(), tasks, clock=lambda: NOW, life=b"0" * 16)
        yield node
        node.stop()
    assert not node.guard.caught, "a defect, which the log tells of"


class Stage:
    """An event loop that outlives the examples of a property."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to its end; nothing may be left behind."""
        return self._runner.run(work)

    def close(self) -> None:
        """End."""
        self._runner.close()
