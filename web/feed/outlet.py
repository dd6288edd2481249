"""The way out to one viewer: a connection that holds at most what its last write left, and never for ever."""

import asyncio
import socket

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

# What the kernel keeps for one viewer. Left to itself it grows to megabytes, and a slow viewer would be shown
# minutes of the past instead of one merged frame.
SEND_BUFFER = 256 * 1024


class Outlet:
    """Writes prepared frames straight to the transport of an answer that has begun.

    Straight, because aiohttp's own writers make two writes of each frame beyond 16 KB, and frames need no more of
    them: they are prepared once for all viewers. `patience`: seconds without a byte taken that end the connection.
    """

    def __init__(self, request: web.Request, writer: AbstractStreamWriter, patience: float) -> None:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the viewer left during the handshake")
        # Writing is paused from the first byte that the kernel does not take until it has taken the last.
        transport.set_write_buffer_limits(0)
        _keep_little(transport.get_extra_info("socket"), patience)
        self._transport = transport
        self._protocol = request.protocol
        self._writer = writer
        self._patience = patience

    @property
    def blocked(self) -> bool:
        """Whether the kernel has not taken all that was written."""
        return self._protocol.writing_paused

    @property
    def lost(self) -> bool:
        """Whether nobody is there any more."""
        return self._transport.is_closing()

    def write(self, frame: bytes) -> None:
        """Send a whole frame; call it only while not blocked."""
        if not self.lost:
            self._transport.write(frame)

    async def drained(self) -> None:
        """Wait until the kernel has taken everything, or the connection is lost."""
        if not self.blocked or self.lost:
            return
        watch = _Watch(self._transport, self._patience)
        try:
            await self._writer.drain()
        except ConnectionError:
            self.abort()
        finally:
            watch.end()

    def abort(self) -> None:
        """End the connection with whatever was not taken."""
        self._transport.abort()


class _Watch:
    """Aborts a transport whose buffer did not shrink for so many seconds.

    Not `asyncio.timeout` around drain(): that would cancel the future which aiohttp keeps for the next drain().
    """

    def __init__(self, transport: asyncio.Transport, patience: float) -> None:
        self._transport = transport
        self._patience = patience
        self._look_later()

    def end(self) -> None:
        """Watch no longer."""
        self._timer.cancel()

    def _look_later(self) -> None:
        self._left = self._transport.get_write_buffer_size()
        self._timer = asyncio.get_running_loop().call_later(self._patience, self._look)

    def _look(self) -> None:
        if self._transport.get_write_buffer_size() >= self._left:
            self._transport.abort()
        else:
            self._look_later()


def _keep_little(connection: socket.socket, patience: float) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Linux: a viewer whose machine is gone answers no heartbeat, and ends as one that reads nothing does.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(patience * 1000))
