"""What two nodes are connected through: passes bytes on until it is cut, and again once it is healed."""

import asyncio

HOST = "127.0.0.1"
CHUNK = 1 << 16


class Link:
    """Ports that lead to other ports. Cut, it resets every connection and every new one."""

    def __init__(self) -> None:
        self._doors: list[asyncio.Server] = []
        self._ends: set[asyncio.StreamWriter] = set()  # of connections that pass through
        self._joins: set[asyncio.Task[None]] = set()
        self._is_cut = False

    async def to(self, port: int) -> int:
        """Return a port that leads to `port` through this link."""

        async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            join = asyncio.current_task()
            assert join is not None
            self._joins.add(join)
            await self._join(reader, writer, port)
            self._joins.discard(join)

        door = await asyncio.start_server(join, HOST, 0)
        self._doors.append(door)
        found: int = door.sockets[0].getsockname()[1]
        return found

    def cut(self) -> None:
        """Part the two nodes: what is under way is lost."""
        self._is_cut = True
        for end in self._ends:
            end.transport.abort()

    def heal(self) -> None:
        """Let new connections through."""
        self._is_cut = False

    async def close(self) -> None:
        """End for good."""
        for door in self._doors:
            door.close()
        self.cut()
        await asyncio.gather(*self._joins)

    async def _join(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter, port: int) -> None:
        ends = {near_out}
        self._ends.add(near_out)
        try:
            far, far_out = await asyncio.open_connection(HOST, port)
            ends.add(far_out)
            self._ends.add(far_out)
            if not self._is_cut:
                await asyncio.gather(_pass(near, far_out), _pass(far, near_out))
        except OSError:
            pass  # nobody is there: the one who asked is reset
        finally:
            for end in ends:
                end.transport.abort()
            self._ends -= ends


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.transport.abort()  # neither of these systems half-closes: whoever ends one way has left
