"""One connection of HTTP: in the quick lane at first, with aiohttp from the first request on that is not plain.

Once it has gone over it stays there: whether aiohttp has finished with all that it was given, only aiohttp knows.
"""

import asyncio

from aiohttp import web

from herd.node import Node
from herd.visitor import Visitor
from web.quick.heads import END
from web.quick.lane import Asked, Lane
from web.traffic import label_of


class Guest(Visitor):
    """A client's connection."""

    _label: str  # of it in the log
    _address: str
    _leaving: asyncio.TimerHandle | None = None  # if nothing comes for long
    _giving_up: asyncio.TimerHandle | None = None  # if a body does not come
    _protocol: asyncio.Protocol | None = None  # aiohttp's, once the connection is its
    _asked: Asked | None = None  # what is being answered
    _unheard = b""  # what came behind that; or a head whose body has not come
    _stirred = 0.0  # when something came last, by the loop's clock
    _blocked = False  # the other end does not take its answers
    _ending = False  # the server is about to stop

    def __init__(self, node: Node, gateway: web.Server, lane: Lane | None) -> None:
        super().__init__()
        self._node = node
        self._gateway = gateway
        self._lane = lane  # None: all of it is aiohttp's
        self._loop = asyncio.get_running_loop()

    @property
    def quick(self) -> bool:
        """Whether it is still in the quick lane."""
        return self._protocol is None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        if self._lane is None:
            self._hand_over()
            return
        peer = transport.get_extra_info("peername")  # None: it is gone already
        self._label, self._address = label_of(peer), peer[0] if peer else ""
        self._stirred = self._loop.time()
        self._leaving = self._loop.call_later(self._lane.keepalive, self._leave)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._node.admission.leave(self)
        self._stop_timers()
        if self._protocol is not None:
            self._protocol.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hear a request, or a part of one."""
        if self._protocol is not None:
            self._protocol.data_received(data)
        elif self._asked is not None:
            self._unheard += data
            self.transport.pause_reading()
        else:
            self._hear(self._unheard, data)

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

    def end(self) -> None:
        """Leave it to aiohttp, which ends all its connections in order, to end this one as well."""
        self._ending = True
        if self._protocol is None and self._asked is None:
            self._hand_over(self._unheard)

    def _hear(self, held: bytes, data: bytes) -> None:
        self._stirred = self._loop.time()
        self._unheard = b""
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
        with self._node.guard.contain("an HTTP request in the quick lane"):
            if self._carry_out(held, data):
                return
        self._hand_over(held, data)

    def _carry_out(self, held: bytes, data: bytes) -> bool:
        """Carry out one plain request; tell whether what came was one, or may become one with the next piece."""
        lane, text = self._lane, held + data
        assert lane is not None
        end = text.find(END) + len(END)
        head = lane.heads.read(text[:end])
        if head is None or self._blocked:
            return False
        missing = end + head.length - len(text)
        if missing > 0 and not held:  # a body that comes drop by drop is aiohttp's to wait for
            self._unheard = data
            self._giving_up = self._loop.call_later(lane.patience, self._give_up)
            return True
        if missing:
            return False
        read = lane.read(head, text[end:], self._address)
        if read is None:
            return False
        lines, ticket = read
        self._node.access.enter(ticket, self.transport.abort)  # where its token is taken away meanwhile
        self._asked = lane.hear(head, lines, text, self._label, self._stirred)
        self._node.turn.then(self._answer)
        return True

    def _answer(self, kept: bool) -> None:
        with self._node.guard.contain("an answer of the quick lane"):
            self._answer_asked(kept)
            return
        self.transport.abort()  # else a client would wait for what does not come

    def _answer_asked(self, kept: bool) -> None:
        lane, asked = self._lane, self._asked
        assert lane is not None
        assert asked is not None
        self._asked = None
        self._node.access.leave(self.transport.abort)
        answer = lane.answer(asked, kept)  # also if nobody reads it any more: it counts, and the log has it
        if self.transport.is_closing():
            return
        if answer is None:
            # Heard once more by aiohttp's way, as if the client had tried again, and refused or kept there.
            self._hand_over(asked.text + self._unheard)
            return
        self.transport.write(answer)
        if asked.head.last:
            self.transport.close()
        elif self._ending:
            self._hand_over(self._unheard)
        elif self._unheard:
            self.transport.resume_reading()
            self._hear(b"", self._unheard)

    def _give_up(self) -> None:
        """Wait no longer for a body."""
        self._hand_over(self._unheard)

    def _leave(self) -> None:
        """Close the connection if nothing came for long."""
        assert self._lane is not None
        keepalive = self._lane.keepalive
        still = self._stirred + keepalive - self._loop.time()
        if still > 0 or self._asked is not None:
            self._leaving = self._loop.call_later(still if still > 0 else keepalive, self._leave)
        else:
            self.transport.close()

    def _hand_over(self, *parts: bytes) -> None:
        """Let aiohttp have the connection, from a request on that nobody has looked at."""
        self._stop_timers()
        self._unheard = b""
        self.transport.resume_reading()
        protocol = self._protocol = self._gateway()
        protocol.connection_made(self.transport)
        if self._blocked:
            protocol.pause_writing()
        for part in filter(None, parts):
            protocol.data_received(part)

    def _stop_timers(self) -> None:
        for timer in (self._leaving, self._giving_up):
            if timer is not None:
                timer.cancel()
        self._leaving = self._giving_up = None
