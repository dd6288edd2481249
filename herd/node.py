"""One running server without its doors: what it knows, and what it answers to a message."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from herd.access import Access
from herd.admission import Admission
from herd.batch import OWN_CLIENTS
from herd.counts import Counts
from herd.crowd import Crowd
from herd.ears import Ears
from herd.guard import Guard
from herd.messages import At, IAmAt, WhatsAt, parse_at
from herd.places.cut import cut
from herd.places.provider import STATUSES, UNKNOWN_ERROR, Provider, Unavailable, unavailable_text
from herd.position import Position, parse_location
from herd.sections.access import AccessSettings
from herd.sections.limits import LimitsSettings
from herd.store import Store
from herd.tls import Tls
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
    crowd: Crowd = field(init=False)
    ears: Ears = field(init=False)
    limits: LimitsSettings = field(default_factory=LimitsSettings)  # replaced when the settings are read again
    tls: Tls | None = None  # None: everything is said in the clear
    admission: Admission = field(init=False)
    _searches: set[asyncio.Timeout] = field(default_factory=set)  # for places, that are on their way
    _gave_up: bool = False
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _connections: int = 0

    def __post_init__(self) -> None:
        self.heard_by = b"AT %b " % self.name.encode()
        self.store = Store(self.life)
        self.turn = Turn(self.store, self.guard)
        self.crowd = Crowd(self.heard_by, self.turn, self.traffic, self.clock, self.counts, self.guard)
        self.ears = Ears(self.guard)
        self.admission = Admission(lambda: self.limits, self.notice, self.guard)

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
        """Cancel what was spawned, and read no more."""
        self.ears.close()
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
            places = cut(await self._search(position, question), question.limit)
        except Unavailable as reason:
            # A status may be any word of the source's; only ours are counted by name.
            places, status = unavailable_text(reason), reason.status if reason.status in STATUSES else "other"
        self.counts.searches.add(status, loop.time() - began)
        return b"%b\n%b\n" % (line, places)

    def give_up(self) -> None:
        """Have whoever waits for places, and whoever asks from now on, hear that the server is stopping."""
        self._gave_up = True
        for search in self._searches:
            search.reschedule(0)

    async def _search(self, position: Position, question: WhatsAt) -> bytes:
        # Without a limit of its own, for every source has one; what is remembered comes also where it was given up.
        search = asyncio.timeout(0 if self._gave_up else None)
        try:
            async with search:
                self._searches.add(search)
                return await self.places.nearby(position, question.radius)
        except TimeoutError:
            if not search.expired():
                raise
            raise Unavailable(UNKNOWN_ERROR, "this server is stopping") from None
        finally:
            self._searches.discard(search)
