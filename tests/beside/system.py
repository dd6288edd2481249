"""What is compared, seen alike: two connected nodes, clients that say and read, and followers of the news."""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol, cast

from tests.beside.nodes import Nodes, Side

PATIENCE = 30.0  # seconds in which what will come has come: reconnecting takes the slowest 5 s

STALLED_BUFFER = 64 * 1024  # bytes; left to itself the kernel would take megabytes for who does not read
Fix = bytes  # "<location> <time>", as IAMAT has them
Said = tuple[bytes, Fix]  # of whom


class Client(Protocol):
    """A connection to one node."""

    async def say(self, fixes: Sequence[Said]) -> int:
        """Tell the node, and wait until it has answered; return how many it took."""

    async def read(self, client: bytes) -> Fix | None:
        """Return what the node holds of a client."""


class System(Protocol):
    """Two nodes that run and are connected, and how to talk with them."""

    name: str
    keeps_state: bool  # whether a node can be asked where a client is
    future_wins: str  # for how long, where a fix from the future beats an honest one
    nodes: Nodes

    def client(self, side: Side) -> AbstractAsyncContextManager[Client]:
        """Connect to a node."""

    def follow(self, side: Side) -> "AbstractAsyncContextManager[Follower]":
        """Be told the news by a node, whichever it was made to."""


class Follower:
    """A subscriber: keeps the newest that it was told of each client, and how often it was told."""

    def __init__(self, writer: asyncio.StreamWriter, told: Callable[[], Awaitable[Sequence[Said]]]) -> None:
        self.last: dict[bytes, Fix] = {}
        self.times: Counter[bytes] = Counter()
        self._transport = cast(asyncio.Transport, writer.transport)
        self._told = told
        self._reads = asyncio.Event()
        self._reads.set()
        self._moved = asyncio.Event()
        self.ended = False
        self._task: asyncio.Task[None]

    async def __aenter__(self) -> "Follower":
        """Begin to read."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave."""
        self._task.cancel()
        await asyncio.wait((self._task,))
        self._transport.abort()

    def stall(self) -> None:
        """Read nothing more: what the node sends stays in the kernel, then with the node."""
        self._reads.clear()
        self._transport.pause_reading()
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_BUFFER)

    def go_on(self) -> None:
        """Read again."""
        self._reads.set()
        if not self._transport.is_closing():
            self._transport.resume_reading()

    async def sees(self, client: bytes, fix: Fix, seconds: float = PATIENCE) -> bool:
        """Wait until this was the last word about a client; False where it does not come, or nothing does."""
        try:
            async with asyncio.timeout(seconds):
                while self.last.get(client) != fix:
                    if self.ended:
                        return False
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    async def _run(self) -> None:
        try:
            while True:
                await self._reads.wait()
                for client, fix in await self._told():
                    self.last[client] = fix
                    self.times[client] += 1
                self._moved.set()
        except (OSError, EOFError):
            self.ended = True
            self._moved.set()
