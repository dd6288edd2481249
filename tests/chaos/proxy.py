"""A TCP proxy in the way of every connection to a server: it cuts, stalls, tears, slows, splits and half-opens."""

import asyncio
import os
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from random import Random

# Of this process alone, so that nobody takes the port of a server that is down; only Linux has them all at hand.
_PID = os.getpid()
HOST = f"127.{64 + (_PID >> 16)}.{_PID >> 8 & 255}.{_PID & 255}" if sys.platform == "linux" else "127.0.0.1"
PIECE = 64 * 1024  # bytes read at once
DIAL_SECONDS = 5.0
SLOW_PIECE = 1024  # bytes, of a slow lane

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Way:
    """One direction of a lane, and the weather in it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.going = asyncio.Event()
        self.mend()

    def mend(self) -> None:
        """Let everything through at once, as it came."""
        self.rate = 0  # bytes a second; 0: as fast as it comes
        self.split = 0  # at most so many bytes in one write; 0: as it came
        self.going.set()

    def pieces(self, data: bytes) -> list[bytes]:
        """Return the data as the weather cuts it."""
        most = min(filter(None, (self.split, SLOW_PIECE if self.rate else 0)), default=0)
        if not most:
            return [data]
        found = []
        while data:
            cut = self.random.randint(1, most)
            found.append(data[:cut])
            data = data[cut:]
        return found


class Carried:
    """One connection through a lane: what is pumped in both directions, until it is reset or both ends are done."""

    def __init__(self, near: Ends, far: Ends) -> None:
        self._near, self._far = near, far
        self._tear: int | None = None  # bytes that still pass; then both ends are reset
        self.lost = False  # nothing passes any more, and no end learns of the other
        self.near_is_gone = False  # who dialled has closed it

    async def pump(self, there: Way, back: Way) -> None:
        """Carry until it is over."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump_there(there))
                group.create_task(self._pump(self._far[0], self._near[1], back))
            for _, writer in (self._near, self._far):
                writer.close()  # what is still to be sent is
        except* OSError:
            self.reset()

    def reset(self) -> None:
        """End it as a crash does, for both ends."""
        for _, writer in (self._near, self._far):
            reset(writer)

    def tear(self, after: int) -> None:
        """Reset both ends once so many more bytes have passed, likely in the middle of a line."""
        self._tear = after

    def half_open(self, *, near_learns: bool | None) -> None:
        """Swallow all from now on, and close nothing: one end may see a reset (None: neither), the other never."""
        self.lost = True
        if near_learns is not None:
            reset((self._near if near_learns else self._far)[1])

    async def _pump_there(self, way: Way) -> None:
        await self._pump(self._near[0], self._far[1], way)
        self.near_is_gone = True

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        try:
            while True:
                data = await reader.read(PIECE)
                await way.going.wait()
                if not data:
                    break
                for piece in way.pieces(data):
                    await self._send(piece, writer, way)
        except OSError:
            if not self.lost:
                raise
        if not self.lost:
            writer.write_eof()

    async def _send(self, data: bytes, writer: asyncio.StreamWriter, way: Way) -> None:
        if self.lost:
            return
        if self._tear is not None:
            data, self._tear = data[: self._tear], max(0, self._tear - len(data))
        await way.going.wait()
        if self.lost:
            return
        writer.write(data)
        await writer.drain()
        if self._tear == 0:
            raise ConnectionResetError
        if way.rate:
            await asyncio.sleep(len(data) / way.rate)


class Lane:
    """A port that stands for another: all that dial it are carried there, through whatever weather there is."""

    def __init__(self, name: str, random: Random) -> None:
        self.name = name
        self.random = random
        self.there, self.back = Way(random), Way(random)
        self.carried: set[Carried] = set()
        self.connections = 0  # so far
        self._cut = False
        self._deaf = False
        self._target = 0

    async def open(self, group: asyncio.TaskGroup) -> int:
        """Listen, and return the port."""

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            group.create_task(self._carry((reader, writer)))

        self._server = await asyncio.start_server(accept, HOST, 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def lead_to(self, port: int) -> None:
        """Say where it leads: a port of this machine."""
        self._target = port

    def close(self) -> None:
        """Listen no more, and end all that is carried."""
        self._server.close()
        self.reset()

    def reset(self) -> None:
        """Reset every connection."""
        for one in list(self.carried):
            one.reset()

    def cut(self) -> None:
        """Reset every connection, and each that comes, until it is mended."""
        self._cut = True
        self.reset()

    def deafen(self) -> None:
        """Accept connections and take what they say, carry none of it, close nothing, until it is mended."""
        self._deaf = True

    def each(self, do: Callable[[Carried], None]) -> None:
        """Do something to every connection."""
        for one in list(self.carried):
            do(one)

    @property
    def unnoticed(self) -> int:
        """How many connections carry nothing any more, and who dialled them has not found out yet."""
        return sum(one.lost and not one.near_is_gone for one in self.carried)

    def mend(self) -> None:
        """Have fair weather. What was half open stays so: only the ends can notice."""
        self._cut = self._deaf = False
        self.there.mend()
        self.back.mend()

    async def _carry(self, near: Ends) -> None:
        self.connections += 1
        try:
            far = await self._dial()
        except (OSError, TimeoutError):
            reset(near[1])
            return
        one = Carried(near, far)
        self.carried.add(one)
        if self._deaf:
            one.half_open(near_learns=None)
        try:
            await one.pump(self.there, self.back)
        finally:
            self.carried.discard(one)

    async def _dial(self) -> Ends:
        if self._cut:
            raise ConnectionRefusedError
        async with asyncio.timeout(DIAL_SECONDS):
            return await asyncio.open_connection(HOST, self._target)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a crash does: the other end sees ECONNRESET, and takes no torn line for a whole one."""
    if not writer.transport.is_closing():
        with suppress(OSError):
            sock = writer.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
