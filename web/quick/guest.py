"""One connection of HTTP: in the quick lane at first, with aiohttp from the first request on that is not plain.

Once it has gone over it stays there: whether aiohttp has finished with all that it was given, only aiohttp knows.
"""

import asyncio
from typing import cast

from aiohttp import web

from web.quick.heads import END
from web.quick.lane import Asked, Lane
from web.traffic import label_of

KEEPALIVE_SECONDS = 120.0  # for a connection without a request; aiohttp's own hour lets the dead pile up
BODY_SECONDS = 1.0  # for a body to come behind its head: then aiohttp waits for it, which has more to say of that


class Guest(asyncio.Protocol):
    """A client's connection."""

    _transport: asyncio.Transport
    _label: str
    _address: str
    _leaving: asyncio.TimerHandle

    def __init__(self, gateway: web.Server, lane: Lane | None) -> None:
        self._gateway = gateway
        self._lane = lane  # None: all of it is aiohttp's
        self._loop = asyncio.get_running_loop()
        self._protocol: asyncio.Protocol | None = None  # aiohttp's, once the connection is its
        self._asked: Asked | None = None  # what is being answered
        self._unheard = b""  # what came behind that; or a head whose body has not come
        self._late: asyncio.TimerHandle | None = None  # what happens if that does not come
        self._stirred = 0.0  # when something came last, by the loop's clock
        self._blocked = False  # the other end does not take its answers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        if self._lane is None:
            self._hand_over(b"")
            return
        peer = transport.get_extra_info("peername")
        self._label, self._address = label_of(peer), peer[0] if peer else ""
        self._stirred = self._loop.time()
        self._leaving = self._loop.call_later(KEEPALIVE_SECONDS, self._leave)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        if self._protocol is not None:
            self._protocol.connection_lost(exc)
            return
        self._leaving.cancel()
        if self._late:
            self._late.cancel()

    def data_received(self, data: bytes) -> None:
        """Hear a request, or a part of one."""
        if self._protocol is not None:
            self._protocol.data_received(data)
        elif self._asked:
            self._unheard += data
            self._transport.pause_reading()
        else:
            self._hear(self._unheard + data if self._unheard else data)

    def eof_received(self) -> None:
        """Hear that nothing more comes."""
        if self._protocol is not None:
            self._protocol.eof_received()

    def pause_writing(self) -> None:
        """Wait with the rest of an answer."""
        self._blocked = True
        if self._protocol is not None:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Go on with it."""
        self._blocked = False
        if self._protocol is not None:
            self._protocol.resume_writing()

    def _hear(self, data: bytes) -> None:
        lane = self._lane
        assert lane is not None
        self._stirred = self._loop.time()
        self._unheard = b""
        if self._late:
            self._late.cancel()
            self._late = None
        with lane.node.guard.contain("an HTTP request"):
            if self._carry_out(lane, data):
                return
        self._hand_over(data)

    def _carry_out(self, lane: Lane, data: bytes) -> bool:
        """Carry out one plain request; tell whether all that came was one, or may become one."""
        end = data.find(END) + len(END)
        head = lane.heads.read(data[:end])
        if head is None or self._blocked:
            return False
        missing = end + head.length - len(data)
        if missing > 0:
            self._unheard = data
            self._late = self._loop.call_later(BODY_SECONDS, self._give_up)
            return True
        if missing < 0:
            return False
        read = lane.read(head, data[end:], self._address)
        if read is None:
            return False
        lines, ticket = read
        lane.node.access.enter(ticket, self._transport.abort)  # where its token is taken away meanwhile
        self._asked = lane.hear(head, lines, data, self._label, self._stirred)
        lane.node.turn.then(self._answer)
        return True

    def _answer(self, kept: bool) -> None:
        lane, asked = self._lane, self._asked
        assert lane is not None
        assert asked is not None
        lane.node.access.leave(self._transport.abort)
        self._asked = None
        if self._transport.is_closing():
            asked.exchange.take()  # nobody reads it, but it is kept, and the log says so
        elif not kept:
            # Heard once more by aiohttp's way, as if the client had tried again, and refused or kept there.
            self._hand_over(asked.text + self._unheard)
        else:
            self._transport.write(lane.answer(asked))
            self._go_on(asked)

    def _go_on(self, asked: Asked) -> None:
        if asked.head.last:
            self._transport.close()
        elif self._unheard:
            self._transport.resume_reading()
            self._hear(self._unheard)

    def _give_up(self) -> None:
        self._late = None
        unheard, self._unheard = self._unheard, b""
        self._hand_over(unheard)

    def _hand_over(self, data: bytes) -> None:
        """Let aiohttp have the connection, from a request on that nobody has looked at."""
        if self._lane is not None:
            self._leaving.cancel()
        self._unheard = b""
        self._transport.resume_reading()
        protocol = self._protocol = self._gateway()
        protocol.connection_made(self._transport)
        if self._blocked:
            protocol.pause_writing()
        if data:
            protocol.data_received(data)

    def _leave(self) -> None:
        """Close the connection if nothing came for long."""
        still = self._stirred + KEEPALIVE_SECONDS - self._loop.time()
        if still > 0 or self._asked:
            self._leaving = self._loop.call_later(max(still, 1.0), self._leave)
        else:
            self._transport.close()
