"""A client of MQTT 3.1.1: what it takes of its packets; publishes and subscribes at QoS 1.

https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html
"""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

from tests.beside.link import HOST

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP = 1, 2, 3, 4, 8, 9, 12, 13
CLEAN_SESSION = 2
RETAIN, QOS_1 = 1, 2  # flags of a PUBLISH
WINDOW = 100  # messages on their way to the broker, which takes none while too many are


class Mqtt:
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._reader = reader
        self._ids = count(1)
        self._early: deque[tuple[bytes, bytes, bool]] = deque()  # what was published while we waited for an answer

    async def begin(self) -> None:
        """Connect, with a session that ends with the connection."""
        name = secrets.token_hex(8).encode()
        self._send(CONNECT, 0, _text(b"MQTT") + bytes((4, CLEAN_SESSION)) + b"\0\0" + _text(name))
        await self._writes_until(CONNACK)

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Publish (topic, text), retained, and wait until the broker has acknowledged them all."""
        for start in range(0, len(messages), WINDOW):
            some = messages[start : start + WINDOW]
            for topic, text in some:
                self._send(PUBLISH, QOS_1 | RETAIN, _text(topic) + self._id() + text)
            for _ in some:
                await self._writes_until(PUBACK)

    async def subscribe(self, topic: bytes) -> None:
        """Ask for a topic; what is retained of it comes first."""
        self._send(SUBSCRIBE, 2, self._id() + _text(topic) + b"\1")
        await self._writes_until(SUBACK)

    async def retained(self, topic: bytes) -> bytes | None:
        """Return what the broker retains of a topic: it sends that before it answers what comes next."""
        await self.subscribe(topic)
        self._send(PINGREQ, 0, b"")
        await self._writes_until(PINGRESP)
        found = [text for of, text, kept in self._early if kept and of == topic]
        self._early.clear()
        return found[-1] if found else None

    async def message(self) -> tuple[bytes, bytes]:
        """Return topic and text of the next message, acknowledged."""
        while not self._early:
            self._publication(*await self._packet())
        topic, text, _ = self._early.popleft()
        return topic, text

    async def _writes_until(self, wanted: int) -> None:
        await self.writer.drain()
        while True:
            kind, flags, body = await self._packet()
            if kind == wanted:
                return
            self._publication(kind, flags, body)

    def _publication(self, kind: int, flags: int, body: bytes) -> None:
        if kind != PUBLISH:
            return
        at = 2 + int.from_bytes(body[:2], "big")
        topic = body[2:at]
        if flags & QOS_1:
            self._send(PUBACK, 0, body[at : at + 2])
            at += 2
        self._early.append((topic, body[at:], bool(flags & RETAIN)))

    async def _packet(self) -> tuple[int, int, bytes]:
        (first,) = await self._reader.readexactly(1)
        size = shift = 0
        while True:
            (digit,) = await self._reader.readexactly(1)
            size |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return first >> 4, first & 15, await self._reader.readexactly(size)

    def _send(self, kind: int, flags: int, body: bytes) -> None:
        size, digits = len(body), bytearray()
        while True:
            size, digit = divmod(size, 128)
            digits.append(digit | (128 if size else 0))
            if not size:
                break
        self.writer.write(bytes((kind << 4 | flags,)) + digits + body)

    def _id(self) -> bytes:
        return (next(self._ids) % 65_535 + 1).to_bytes(2, "big")


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[Mqtt]:
    """Connect to a broker."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        mqtt = Mqtt(reader, writer)
        await mqtt.begin()
        yield mqtt
    finally:
        writer.transport.abort()


def _text(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text
