"""A client's end of a connection: it says lines, and holds each answer against the line that it belongs to."""

import asyncio
from collections import deque
from typing import Any, cast

from tests.simulation.oracle import read
from tests.simulation.watch import Watch

ODD = [  # lines that every server refuses
    b"AT Goloman +0.000000000 ghost +1.0+1.0 1520023934.5",
    b"IAMAT ghost +91.0+000.0 1520023934.5",
    b"IAMAT ghost nan+000.0 1520023934.5",
    b"IAMAT ghost +10.0+10.0 nan",
    b"IAMAT ghost +10.0+10.0 1e9",
    b"IAMAT ghost +10.0+10.0 -5",
    b"IAMAT ghost +10.0+10.0 1_5",
    b"iamat ghost +10.0+10.0 15",
    b"IAMAT ghost +10.0+10.0 15 more",
    b"WHATSAT nobody 10 5",
    b"WHATSAT a 51 5",
    b"HERD",
    b"AUTH \xff",
    b"x" * 3000,
]


class Caller(asyncio.Protocol):
    """Hears answers in the order of what was said; `silent` ones only say."""

    def __init__(self, watch: Watch, server: str) -> None:
        self.open = True
        self.heard = 0  # answers
        self.transport: asyncio.Transport
        self._watch = watch
        self._server = server.encode()
        self._expected: deque[bytes] = deque()
        self._rest = b""
        self._json = False  # whether the lines of an answer with places are coming
        self._moved = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self.open = False
        self._moved.set()

    def say(self, *lines: bytes) -> None:
        """Say lines in one write; what is no blank one is to be answered."""
        for line in lines:
            self._expected.append(line)
            match line.split():
                case [b"IAMAT", client, location, time] if line not in ODD:
                    self._watch.sent.add((client, location, time))
        self.transport.write(b"\n".join(lines) + b"\n")

    async def answered(self) -> None:
        """Wait until nothing is owed, or nothing more can come."""
        while self._expected and self.open:
            self._moved.clear()
            await self._moved.wait()

    async def ended(self) -> None:
        """Wait until the other end closes."""
        while self.open:
            self._moved.clear()
            await self._moved.wait()

    @property
    def owed(self) -> int:
        """How many answers are still to come."""
        return len(self._expected)

    def data_received(self, data: bytes) -> None:
        """Hold answers against what was said."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self._json:
                self._json = line != b""
            elif not self._expected:
                self._wrong(line, b"nothing")
            else:
                self._take(line, self._expected.popleft())
        self._moved.set()

    def _take(self, line: bytes, said: bytes) -> None:
        self.heard += 1
        fields = said.split()
        if fields[0] == b"IAMAT" and said not in ODD:
            fact = read(line)
            if not fact or (fact.server, fact.said) != (self._server, tuple(fields[1:])):
                self._wrong(line, said)
        elif fields[0] == b"WHATSAT" and line.startswith(b"AT "):
            self._json = True
            if line not in self._watch.issued:
                self._wrong(line, said)
        elif line != b"? " + said:
            self._wrong(line, said)

    def _wrong(self, line: bytes, said: bytes) -> None:
        self._watch.broken("S0", f"{self._server.decode()} answers {line[:200]!r} to {said[:200]!r}")

    def eof_received(self) -> Any:
        """Close as well."""
        return False
