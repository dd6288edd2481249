"""A connection between two servers: whole lines in, bounded bytes out."""

import asyncio
from collections.abc import Callable
from typing import cast

from herd.messages import LINE_LIMIT
from herd.node import Node

Take = Callable[[bytes], None]  # takes in whole lines


class Wire(asyncio.Protocol):
    """Splits what a server sends into whole lines; `lost` ends with the reason when the connection does."""

    def __init__(self, node: Node, label: str) -> None:
        self._node = node
        self._label = label
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None  # until the connection is made
        self._take: Take | None = None
        self._tail = b""
        self._early = b""  # whole lines that came before anyone took them
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self.when_writable: Callable[[], None] = _nothing
        self.last_byte = self._loop.time()
        self.lost: asyncio.Future[str] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._node.limits.link_buffered)

    def connection_lost(self, exc: Exception | None) -> None:
        """End; of what came, only whole lines counted."""
        self._end(str(exc) if exc else "closed by the other end")

    def data_received(self, data: bytes) -> None:
        """Hand on the whole lines, keep the torn one."""
        if self.lost.done():
            return
        self.last_byte = self._loop.time()
        if self._tail:
            data = self._tail + data
        cut = data.rfind(b"\n") + 1
        lines, self._tail = data[:cut], data[cut:]
        if lines:
            self._node.traffic.lines(self._label, "<", lines)
            if self._take:
                self._take(lines)
            else:
                self._early += lines
                self._arrived.set()
        if len(self._tail) > LINE_LIMIT or len(self._early) > LINE_LIMIT:
            self.drop("sent more than it may")

    def pause_reading(self) -> None:
        """Read nothing more for now: what came costs enough."""
        if self._transport:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on; that nothing was read is not the other end's silence."""
        self.last_byte = self._loop.time()
        if self._transport:
            self._transport.resume_reading()

    def pause_writing(self) -> None:
        """Wait: the other end is slow or stopped, and costs no more than this."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self._writable.set()
        self.when_writable()

    async def line(self) -> bytes:
        """Return the next line, as long as nobody takes them all; ConnectionError if there is none to come."""
        while b"\n" not in self._early:
            self._check()
            self._arrived.clear()
            await self._arrived.wait()
        line, _, self._early = self._early.partition(b"\n")
        return line

    def take_all(self, take: Take) -> None:
        """Give all lines from now on to `take`, and those that came already."""
        self._take = take
        early, self._early = self._early, b""
        if early:
            take(early)

    @property
    def blocked(self) -> bool:
        """Whether the bytes in flight have reached their bound."""
        return not self._writable.is_set()

    @property
    def unsent(self) -> int:
        """Bytes in flight."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    async def writable(self) -> None:
        """Wait until there is room; ConnectionError if the connection is lost."""
        await self._writable.wait()
        self._check()

    def write(self, lines: bytes) -> None:
        """Send whole lines."""
        if self._transport and not self.lost.done():
            self._node.traffic.lines(self._label, ">", lines)
            self._transport.write(lines)

    def drop(self, reason: str) -> None:
        """Close at once; what is in flight is lost, and will be told again."""
        self._end(reason)
        if self._transport:
            self._transport.abort()

    def _end(self, reason: str) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)
        self._writable.set()
        self._arrived.set()

    def _check(self) -> None:
        if self.lost.done():
            raise ConnectionError(self.lost.result())


def _nothing() -> None:
    """Do what is done when nobody waits to write: nothing."""
