"""What the quick lane asks of a request besides its head, and what it does with one that is plain.

The same gate as `web.gate`, and the same functions that read a body: whatever would be answered by anything but a
200 is left, before anything was changed or counted, to aiohttp's way, which says why.
"""

import time
from collections.abc import Callable, Sequence

from aiohttp import web

from herd.access import Ticket
from herd.exchange import Exchange
from herd.fastlane import split_commands
from web.accept import FORM, JSON, TEXT
from web.access import HOSTS
from web.bodies import PATIENCE
from web.commands.reading import read_iamat, read_report_form, to_fields
from web.feed.frames import see, write_report
from web.fields import read_json
from web.gate import IN_FLIGHT
from web.keys import SERVER
from web.operations.requests import REQUESTS
from web.problems import Problem
from web.quick.answers import AnswerHeads
from web.quick.heads import Head, Heads
from web.rates import RATES

# For a body to come behind its head: then aiohttp waits for it, which has more to say of that.
BODY_SECONDS = 1.0
KEEPALIVE_SECONDS = 120.0  # for a connection without a request; aiohttp's own hour lets the dead pile up
ROUTE, OK = "/iamat", 200

Lines = tuple[bytes, Sequence[bytes]]  # whole lines, and whom they are about


class Asked:
    """A request that is being answered."""

    def __init__(self, head: Head, exchange: Exchange, text: bytes, came: float) -> None:
        self.head = head
        self.exchange = exchange
        self.text = text  # of the request, whole
        self.came = came  # by the monotonic clock


class Lane:
    """The quick lane of one gateway."""

    def __init__(self, app: web.Application, keepalive: float = KEEPALIVE_SECONDS) -> None:
        self.keepalive = keepalive
        self.node = app[SERVER].node
        self.heads = Heads(app[HOSTS])
        self.patience = min(BODY_SECONDS, app[PATIENCE])
        self._begun = app[SERVER].begun
        self._in_flight = app[IN_FLIGHT]
        self._rates = app[RATES]
        self._counts = app[REQUESTS]
        self._answers = AnswerHeads()

    def read(self, head: Head, body: bytes, address: str) -> tuple[bytes, Ticket] | None:
        """Return the lines that a body says and what lets them in; None if this is not for the quick lane."""
        node = self.node
        ticket = node.access.admit(head.token)  # now, and not with the head: tokens come and go
        if ticket is None or not ticket.grant.writes or not self._hears() or head.length > node.limits.body:
            return None
        try:
            lines, clients = _READ[head.kind](body, node.clock())
        except Problem:
            return None
        if not clients or not (ticket.grant.full or all(map(ticket.grant.covers, clients))):
            return None
        # The last question, for it counts who asks.
        return None if self._rates.take(address) else (lines, ticket)

    def hear(self, head: Head, lines: bytes, text: bytes, label: str, came: float) -> Asked:
        """Carry out IAMATs; how they are answered is known, and may be said, once this turn is kept."""
        exchange = Exchange(self.node, label, _nothing_comes)
        exchange.hear(lines)
        self._in_flight.count += 1
        return Asked(head, exchange, text, came)

    def answer(self, asked: Asked, kept: bool) -> bytes | None:
        """Return the answer, or None if what was heard is not kept."""
        self._in_flight.count -= 1
        if not kept:
            return None
        head = asked.head
        if head.kind == TEXT or head.plain:
            body = asked.exchange.take_lines()
        else:
            (line,) = asked.exchange.take()
            body = write_report(see(line)).encode() + b"\n"
        self._counts.note(ROUTE, OK, time.monotonic() - asked.came)
        return self._answers.write(head, len(body)) + body

    def _hears(self) -> bool:
        """Tell whether reports are heard at once: the journal is read, and there is room on disk and in memory."""
        node = self.node
        return self._begun.is_set() and node.turn.keeper.trouble is None and not node.store.acceptance.full


def _read_json(body: bytes, now: int) -> Lines:
    fields = to_fields(read_json(body))
    return read_iamat(fields, now) + b"\n", (fields["client"],)


def _read_form(body: bytes, now: int) -> Lines:
    fields = read_report_form(body)
    return read_iamat(fields, now) + b"\n", (fields["client"],)


def _read_text(body: bytes, now: int) -> Lines:
    """Return lines of the protocol if each is plainly an IAMAT: others may have to wait, or are blank."""
    lines = body if body.endswith(b"\n") else body + b"\n"
    clients = [client for _, client, _, _, _ in split_commands(lines)]
    return lines, clients if all(clients) else ()


_READ: dict[str, Callable[[bytes, int], Lines]] = {JSON: _read_json, FORM: _read_form, TEXT: _read_text}


def _nothing_comes() -> None:
    """Never be called, for an IAMAT is answered at once."""
