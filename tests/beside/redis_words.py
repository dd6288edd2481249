"""A client of Redis: what it takes of its serialization protocol, RESP 2.

https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.beside.link import HOST


class RefusedError(Exception):
    """The server's word of why it does not do as it is told."""


Reply = bytes | int | None | list["Reply"] | RefusedError


class Redis:
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._reader = reader

    async def call(self, *words: bytes) -> Reply:
        """Carry out one command."""
        return (await self.call_all([words]))[0]

    async def call_all(self, commands: Sequence[tuple[bytes, ...]]) -> list[Reply]:
        """Carry out commands, pipelined; a refusal stands where its answer would."""
        for words in commands:
            parts = [b"$%d\r\n%b\r\n" % (len(word), word) for word in words]
            self.writer.write(b"*%d\r\n%b" % (len(parts), b"".join(parts)))
        await self.writer.drain()
        return [await self.reply() for _ in commands]

    async def reply(self) -> Reply:
        """Read one reply, or what a subscription says."""
        line = (await self._reader.readuntil(b"\r\n"))[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b"-":
            return RefusedError(rest.decode())
        size = int(rest)
        if kind == b":":
            return size
        if size < 0:
            return None
        if kind == b"$":
            return (await self._reader.readexactly(size + 2))[:-2]
        return [await self.reply() for _ in range(size)]


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[Redis]:
    """Connect to a server."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield Redis(reader, writer)
    finally:
        writer.transport.abort()
