"""One running server without its doors: what it knows, and what it answers to a message."""

import asyncio
import logging
import secrets
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from herd.access import Access
from herd.batch import OWN_CLIENTS
from herd.counts import Counts
from herd.guard import Guard
from herd.messages import At, IAmAt, WhatsAt, parse_at
from herd.places.cut import cut
from herd.places.provider import STATUSES, Provider, Unavailable, unavailable_text
from herd.position import parse_location
from herd.sections.access import AccessSettings
from herd.store import Store
from herd.traffic import Traffic
from herd.turn import Turn

log = logging.getLogger(__name__)


def _new_life() -> bytes:
    return secrets.token_hex(8).encode()


@dataclass(eq=False, slots=True)
class Node:
    """A server's name, store, feed, clock, log and source of places; conversations and links share it."""

    name: str
    places: Provider
    traffic: Traffic
    tasks: asyncio.TaskGroup  # the parent of whatever a conversation has to wait for
    clock: Callable[[], int] = time.time_ns  # nanoseconds since 1970
    life: bytes = field(default_factory=_new_life)
    guard: Guard = field(default_factory=Guard)
    counts: Counts = field(default_factory=Counts)
    access: Access = field(default_factory=lambda: Access(AccessSettings()))
    heard_by: bytes = field(init=False)
    store: Store = field(init=False)
    turn: Turn = field(init=False)
    last_descriptor: int = sys.maxsize  # a connection of a client with a higher one is closed at once
    clients: set[asyncio.Transport] = field(default_factory=set)  # connections of clients
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _connections: int = 0

    def __post_init__(self) -> None:
        self.heard_by = b"AT %b " % self.name.encode()
        self.store = Store(self.life)
        self.turn = Turn(self.store, self.guard)

    def label(self) -> str:
        """Return the log's name of the next connection of a client: `#1`, `#2`..."""
        self._connections += 1
        return f"#{self._connections}"

    def notice(self, connection: str, text: str) -> None:
        """Say in the log, and on the console where it is asked for, what happened to a connection or the server."""
        self.traffic.notice(connection, text)
        log.log(logging.DEBUG if connection.startswith("#") else logging.INFO, "%s %s", connection, text)

    def spawn(self, what: str, work: Callable[[], Coroutine[None, None, None]]) -> asyncio.Task[None]:
        """Start work that has to wait; what breaks in it stays in it."""
        task = self.tasks.create_task(self.guard.run(what, work), name=what)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def stop(self) -> None:
        """Cancel what was spawned."""
        for task in self._running:
            task.cancel()

    def hear(self, said: IAmAt) -> At:
        """Take in a client's report and return the answer, which may leave once this turn has ended."""
        report = said.heard_by(self.name.encode(), self.clock())
        self.store.put(report, self.turn.batch(OWN_CLIENTS))
        return report

    async def near(self, line: bytes, question: WhatsAt) -> bytes:
        """Answer a WHATSAT about the report in an AT line: that line, then the places as JSON, never silence.

        The text ends without its last newline, as every answer does until it is written: with it there are two.
        """
        position = parse_location(parse_at(line).location)
        loop = asyncio.get_running_loop()
        began, status = loop.time(), "OK"
        try:
            places = cut(await self.places.nearby(position, question.radius), question.limit)
        except Unavailable as reason:
            # A status may be any word of the source's; only ours are counted by name.
            places, status = unavailable_text(reason), reason.status if reason.status in STATUSES else "other"
        self.counts.searches.add(status, loop.time() - began)
        return b"%b\n%b\n" % (line, places)
