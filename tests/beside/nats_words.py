"""A client of NATS: what it takes of its text protocol.

https://docs.nats.io/reference/reference-protocols/nats-protocol
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.beside.link import HOST

GREETING = b'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}\r\n'
HEADERS = b"NATS/1.0\r\n\r\n"  # none


class Nats:
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._reader = reader
        self._inbox: bytes | None = None

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Publish (subject, text), and wait until the node has read them all."""
        self.writer.write(b"".join([b"PUB %b %d\r\n%b\r\n" % (to, len(text), text) for to, text in messages]))
        await self._flush()

    async def subscribe(self, subject: bytes) -> None:
        """Ask for a subject; the node knows of it when this returns."""
        self.writer.write(b"SUB %b 1\r\n" % subject)
        await self._flush()

    def request(self, subject: bytes, text: bytes, reply: bytes = b"0", headers: bytes = HEADERS) -> bytes:
        """Publish with an inbox of ours to answer to, named by `reply`; return that inbox."""
        if self._inbox is None:
            self._inbox = b"_INBOX.%b." % secrets.token_hex(8).encode()
            self.writer.write(b"SUB %b* 2\r\n" % self._inbox)
        inbox = self._inbox + reply
        sizes = b"%d %d" % (len(headers), len(headers) + len(text))
        self.writer.write(b"HPUB %b %b %b\r\n%b%b\r\n" % (subject, inbox, sizes, headers, text))
        return inbox

    async def message(self) -> tuple[bytes, bytes, bytes]:
        """Return the subject, headers and text of the next message."""
        while True:
            words = (await self._line()).split()
            if words[0] == b"MSG":
                return words[1], b"", await self._text(int(words[-1]))
            if words[0] == b"HMSG":
                head, whole = int(words[-2]), await self._text(int(words[-1]))
                return words[1], whole[:head], whole[head:]
            if words[0] == b"-ERR":
                raise ConnectionError(b" ".join(words).decode())

    async def _flush(self) -> None:
        self.writer.write(b"PING\r\n")
        await self.writer.drain()
        while await self._line() != b"PONG":
            pass

    async def _line(self) -> bytes:
        line = (await self._reader.readuntil(b"\r\n"))[:-2]
        if line == b"PING":
            self.writer.write(b"PONG\r\n")
            return await self._line()
        return line

    async def _text(self, size: int) -> bytes:
        return (await self._reader.readexactly(size + 2))[:-2]


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[Nats]:
    """Connect to a node."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        json.loads((await reader.readuntil(b"\r\n")).removeprefix(b"INFO "))
        writer.write(GREETING)
        nats = Nats(reader, writer)
        await nats.publish([])
        yield nats
    finally:
        writer.transport.abort()
