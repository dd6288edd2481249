"""One client's TCP connection: when it is read, heard and answered, and when it ends."""

import asyncio
from collections.abc import Callable

from herd.access import NOTHING
from herd.crowd import Crowd
from herd.cutting import Unheard
from herd.exchange import Exchange
from herd.greeting import Client, Peer, Stranger, greet, greet_client
from herd.handshake import Hello
from herd.messages import LINE_LIMIT
from herd.node import Node
from herd.parting import Parting
from herd.visitor import Visitor

# Takes over a connection whose first line was a server's hello, with what came behind that line.
Meet = Callable[[Hello, asyncio.Transport, bytes], None]


class Conversation(Visitor):
    """Hears a client's lines slice by slice, and pauses reading where too much would wait."""

    __slots__ = (  # of ten thousand idle connections each
        *("_blocked", "_crowd", "_end", "_ended", "_exchange", "_first", "_handed_over", "_held", "_loop", "_meet"),
        *("_node", "_parting", "_plain", "_sending", "_stirred", "_unheard", "label"),
    )

    def __init__(self, node: Node, meet: Meet) -> None:
        super().__init__()
        self._node = node
        self._meet = meet
        self.label = node.label()
        self._exchange = Exchange(node, self.label, self._send_soon, NOTHING)  # until it is let in
        self._crowd: Crowd | None = None  # where it may report of any client
        self._loop = asyncio.get_running_loop()
        self._first = True  # until the first line tells a client from a server
        self._unheard = Unheard()
        self._stirred = False  # whether whole lines came since that was asked last
        self._plain = False  # whether it is let in, and nothing is unheard, waits or stands in the way
        self._ended = self._blocked = self._sending = self._held = self._handed_over = self._parting = False
        self._end = "all answered"  # why it is closed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: nothing is said until the client says something."""
        super().connection_made(transport)
        self._node.notice(self.label, f"opened by {transport.get_extra_info('peername')}")

    def connection_lost(self, exc: Exception | None) -> None:
        """End: a torn line is not answered."""
        self._node.admission.leave(self)
        self._node.access.leave(self._show_out)
        self._exchange.cancel()
        self._hear_no_more()
        self._node.ears.forget(self)
        if not self._handed_over:
            self._node.notice(self.label, f"closed: {exc or self._end}")

    def data_received(self, data: bytes) -> None:
        """Hear the whole lines among what came, and keep the rest."""
        if self._plain and not self._sending and len(data) <= LINE_LIMIT:
            # The usual: there is nothing to look at but one whole line, or a chunk of them.
            if 0 < data.find(b"\n") == len(data) - 1 and self._crowd is not None:
                self._stirred = self._sending = True
                self._crowd.hear(self, data)
                return
            if data.endswith(b"\n"):
                self._stirred = True
                self._hear_plain(data)
                return
        self._unheard.add(data)
        if self._first and not self._meets(greet(self._unheard.text, self._node.access)):
            return
        self._hear()

    def eof_received(self) -> bool:
        """Answer a last line without a newline, too; then close."""
        self._ended = True
        self._unheard.end()
        greeted = not (self._first and self._unheard)  # who says nothing is answered nothing
        if greeted or self._meets(
            greet_client(self._unheard.text, self._node.access)
        ):  # what has ended is no server
            self._hear()
        return self.transport.can_write_eof()  # keep the sending side, where there is one: TLS ends both

    def pause_writing(self) -> None:
        """Hear nothing more from a client that does not take its answers."""
        self._plain = False
        self._blocked = True
        self._pause()

    def resume_writing(self) -> None:
        """Go on."""
        self._blocked = False
        self._hear()

    def stirs(self) -> bool:
        """Tell whether whole lines came since this was asked last, or answers are on their way or were taken.

        A line that comes by the byte and never ends is none.
        """
        stirred, self._stirred = self._stirred, False
        taken = super().stirs() and self.unsent > 0
        return stirred or taken or self._exchange.waiting or self._handed_over  # which has a limit of its own

    def end(self) -> None:
        """Answer the whole lines that have come, and hear nothing more: the server is about to stop."""
        if not (self._ended or self._handed_over):
            self._node.ears.rest(self)
            self._ended, self._first, self._parting = True, False, True
            self._unheard.tear()
            self._hear()

    def dismiss(self, reason: str) -> None:
        """Close at once."""
        self._end = reason
        super().dismiss(reason)

    def hear_alone(self, line: bytes) -> None:
        """Hear a line that is not for the crowd."""
        self._sending = False
        self._hear_plain(line)

    def answer(self, line: bytes, kept: bool) -> None:
        """Write the answer to a line that was heard in the crowd."""
        self._sending = False
        if not kept:
            self._exchange.lose()
        elif not self.transport.is_closing():
            self.transport.write(line)
        if not (kept and self._plain):
            self._go_on(False)

    def _hear_plain(self, lines: bytes) -> None:
        plain = self._exchange.hear(lines)
        self._plain = self._plain and plain
        if self._plain:
            self._send_soon()
        else:
            self._go_on_later()

    def _meets(self, first: Peer | Client | Stranger | None) -> bool:
        """Do what the first line asks for; tell whether a client has come in."""
        match first:
            case Peer():
                self._node.traffic.lines(self.label, "<", first.line + b"\n")
                self._node.notice(self.label, f"calls itself server {first.hello.name!r}")
                self._handed_over = True
                self._meet(first.hello, self.transport, first.rest)
            case Stranger():
                self._turn_away(first)
            case Client():
                if first.line:
                    self._node.traffic.lines(self.label, "<", first.line + b"\n")
                self._unheard.text, self._first = first.rest, False
                self._exchange.grant = first.ticket.grant
                self._crowd = self._node.crowd if first.ticket.grant.full else None
                self._node.access.enter(first.ticket, self._show_out)
                return True
        return False

    def _turn_away(self, stranger: Stranger) -> None:
        node, answer = self._node, stranger.answer + b"\n"
        node.traffic.lines(self.label, "<", stranger.line + b"\n")
        node.traffic.lines(self.label, ">", answer)
        node.counts.answered += 1
        node.counts.refused[stranger.reason] += 1
        node.access.refused[stranger.reason] += 1
        self._unheard.text = b""
        self.transport.write(answer)
        self.transport.close()

    def _show_out(self) -> None:
        """End: the token that let it in does not count any more."""
        self._node.notice(self.label, "its token does not count any more")
        self._hear_no_more()
        self.transport.abort()

    def _hear(self) -> None:
        """Hear one slice of lines, if there is room for its answers; the next one waits for the others' turn."""
        exchange = self._exchange
        self._plain = False
        if self._sending:  # answers wait to be kept, and what came behind them must not leave with them
            self._held = True
            self._pause()
            return
        if exchange.left:
            exchange.go_on()
        elif not (self._blocked or exchange.full) and (lines := self._unheard.cut(exchange.refuse)):
            self._stirred = True
            exchange.hear(lines)
        self._go_on_later()

    def _go_on_later(self) -> None:
        """Read on where there is room; answer what was heard at the end of the turn."""
        exchange = self._exchange
        if self._blocked or exchange.full:
            self._pause()
        elif exchange.left or self._unheard.whole:
            self._pause()
            self._loop.call_soon(self._hear)
        else:
            self._resume()
        self._send_soon()

    def _send_soon(self) -> None:
        if not self._sending:
            self._sending = True
            self._node.turn.then(self._send)

    def _send(self, kept: bool) -> None:
        """Write the answers whose turn has come, in one write."""
        self._sending = False
        was_full = self._exchange.full
        answers = self._exchange.take_lines()
        if answers and not self.transport.is_closing():
            self.transport.write(answers)
        if not (kept and self._plain):
            self._go_on(was_full)

    def _go_on(self, was_full: bool) -> None:
        """Go on where answers were waited for, or give up, or close; else what comes next is plain again."""
        was_held, self._held = self._held, False
        if self._exchange.lost:
            if not self._exchange.waiting:  # what stands before it is answered first
                self._give_up(self._exchange.lost)
        elif was_held or (was_full and not self._exchange.full):
            # In the next turn: what changes in this one is still to be told.
            self._loop.call_soon(self._hear)
        elif not (self._exchange.waiting or self._exchange.left or self._unheard.text):
            if self._ended:
                self._close()
            else:
                self._plain = not (self._first or self._blocked or self._unheard)

    def _close(self) -> None:
        if self._parting and self.transport.can_write_eof() and not self.transport.is_closing():
            Parting(self.transport, self)
        else:
            self.transport.close()

    def _give_up(self, reason: str) -> None:
        """Close: what was said cannot be kept, so it is not acknowledged, nor is anything behind it."""
        self._end = f"what it said cannot be kept: {reason}"
        self._hear_no_more()
        self._exchange.cancel()
        self.transport.close()

    def _hear_no_more(self) -> None:
        self._unheard.text, self._blocked, self._plain = b"", True, False

    def _pause(self) -> None:
        if not self._ended:  # what ended has nothing left to read, and would only end once more
            self._node.ears.rest(self)

    def _resume(self) -> None:
        if not self._ended:
            self._node.ears.listen(self)
