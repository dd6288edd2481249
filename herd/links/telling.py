"""Tells one peer our feed, over a connection that we dialled; acknowledgements and digest answers come back.

Over a link of the tree (`herd.links.tree`) the feed is told at once. Any other one waits for the peer to
acknowledge what others told it, and tells only what it still lacks a quarter of a second later.
"""

import asyncio

from herd import words
from herd.digest import ALWAYS
from herd.links.mending import Mending
from herd.links.owed import LEAST, LONGEST, Owed
from herd.links.ration import QUICK, SLOW, Ration
from herd.links.rounds import Rounds
from herd.links.seen import PassingOn, Seen
from herd.links.wire import Wire
from herd.node import Node
from herd.traffic import quote

CHANGES_A_SLICE = 250  # what a peer that is behind is told in one write
SLICES_A_TURN = 8  # before others have their turn: 1.5 ms; a busy turn brings in thousands of changes
# A peer that owes an acknowledgement and says nothing at all for so long stands still, or cannot be reached.
STUCK = 0.5  # seconds


class Telling:
    """A cursor into the feed, moved along one link as fast as its peer takes it, and no faster."""

    def __init__(self, node: Node, wire: Wire, peer: str, life: bytes, heard: int, seen: Seen) -> None:
        self.peer = peer
        self.life = life
        # A number beyond our own is of no life we know: the peer gets everything.
        self._rounds = Rounds(node.store, heard if heard <= node.store.number else 0)
        self.acknowledged: int | None = None
        self.wire = wire
        self.eager = True  # until the tree is known
        self._place: words.Place | None = None  # that was said last
        self._place_waits = False  # for room to be said
        self._until = 0  # where it is not: what the peer is to be told all the same
        self._node = node
        self._loop = asyncio.get_running_loop()
        self._following = False
        self._going_on = False  # whether the next slice is under way
        self._marked = 0  # how far the last mark said that the peer was told
        self._owed = Owed()
        self._passing_on = PassingOn(seen)
        self._mending = Mending(node, wire, peer)
        self._mend_before = 0
        self._begun_at = 0  # what is to be known to the peer before it is told what is new
        self._acknowledgement = asyncio.Event()
        self._wanted = asyncio.Event()  # a repair: when it was asked for, or when the log goes back too little
        self._ration = Ration(wire, self._take_answer)
        wire.when_writable = self._catch_up_soon
        wire.take_all(self._take)

    @property
    def cursor(self) -> int:
        """How far the peer was told: it holds, or will, all that was held here at this number."""
        return self._rounds.cursor

    @cursor.setter
    def cursor(self, number: int) -> None:
        self._rounds.move(number)

    async def run(self) -> None:
        """Tell the feed, and repair where it is wanted, until cancelled."""
        store, readers = self._node.store, self._node.turn.readers
        readers.append(self)
        self.beat()  # the peer learns at once how far behind it is, and says that it is there
        try:
            while True:
                if not store.reaches(self.cursor):
                    self._begun_at = number = store.number
                    await self._mending.repair(ALWAYS)
                    self.cursor = number
                self._following = True
                self._catch_up_soon()
                await self._wanted.wait()
                self._wanted.clear()
                if self._mend_before:
                    before, self._mend_before = self._mend_before, 0
                    await self._mending.repair(before)
        finally:
            self._following = False
            readers.remove(self)
            self._acknowledgement.set()  # whoever waits for one waits in vain

    def repair_soon(self, before: int) -> None:
        """Ask for a repair of what was heard before a time, in nanoseconds since 1970."""
        self._mend_before = before
        self._wanted.set()

    def moved(self) -> None:
        """Tell what is fresh: the same bytes to every peer that is up to date."""
        store = self._node.store
        if not (self.eager and self._following) or self.wire.blocked:
            return
        if self.cursor != store.before_fresh or not self._rounds.idle:
            self._catch_up_soon()
            return
        told = [batch.told(self._node.clock) for batch in store.fresh if batch.origin != self.life]
        size = sum(map(len, told))
        if size > self._node.limits.link_buffered:
            self._catch_up_soon()
            return
        self.cursor = store.number
        if size:
            self._marked = max(batch.number for batch in store.fresh if batch.origin != self.life)
            self._node.counts.told += sum(len(batch.lines) for batch in store.fresh if batch.origin != self.life)
            self.wire.write(b"".join(told))

    def join(self, *, eager: bool) -> None:
        """Tell the feed at once from now on, or only what the peer does not hear from others."""
        if eager != self.eager:
            self.eager = eager
            self._until = 0
            self._catch_up_soon()

    def hurry(self) -> None:
        """Tell what is known now without waiting for others to do it."""
        self._until = self._node.store.number
        self._catch_up_soon()

    def look(self) -> None:
        """See what has become late, and say what the peer does not know yet about itself, us and others."""
        self._owed.look(self._node.store.number, self.acknowledged or 0)
        if not self.eager and (late := self._owed.late()):
            self._until = max(self._until, late)
            self._catch_up_soon()
        if not self.wire.blocked:
            self._say_seen()

    @property
    def owes(self) -> bool:
        """Whether the peer has not acknowledged all, or was not told of all that is seen here."""
        return bool(self._owed or self._passing_on or self._place_waits)

    @property
    def stuck(self) -> bool:
        """Whether the peer should have acknowledged long ago: what it is told may not travel on."""
        silent = self._loop.time() - self.wire.last_byte > STUCK
        return self._owed.before(2 * LEAST if silent else LONGEST) > 0

    def say_place(self, place: words.Place) -> None:
        """Say where this server stands in the tree, if that is news."""
        self._place_waits = place != self._place and self.wire.blocked
        if place != self._place and not self._place_waits:
            self._place = place
            self.wire.write(words.tree(place) + b"\n")

    def beat(self) -> None:
        """Say how far the peer was told, which it acknowledges: the heartbeat of an idle link."""
        if not self.wire.blocked:
            self.wire.write(self._mark() + b"\n")

    async def told(self) -> None:
        """Wait until the peer has acknowledged all that is known now, or is gone."""
        number = self._node.store.number
        while (self.acknowledged or 0) < number and not self.wire.lost.done():
            self.hurry()
            self.beat()  # what the peer told us itself goes without a mark
            self._acknowledgement.clear()
            await self._acknowledgement.wait()

    def _catch_up(self) -> None:
        """Tell what changed since the cursor, newest reports only, slice by slice until the peer is up to date."""
        self._going_on = False
        store = self._node.store
        for _ in range(SLICES_A_TURN):
            goal = store.number if self.eager else self._until
            if not self._following or self.wire.blocked or self.cursor >= goal:
                return
            if not store.reaches(self.cursor):
                self._following = False
                self._wanted.set()
                return
            self._tell_slice(goal)
        self._catch_up_soon()

    def _tell_slice(self, goal: int) -> None:
        facts = self._rounds.slice(CHANGES_A_SLICE, goal)
        lines = [line for _, line, _, origin, _ in facts if origin != self.life]
        self._node.counts.told += len(lines)
        lines.append(self._mark())
        self.wire.write(b"\n".join(lines) + b"\n")

    def _mark(self) -> bytes:
        self._marked = self.cursor
        return words.mark(self._marked, self._node.clock(), self._node.store.number)

    def _catch_up_soon(self) -> None:
        if not self._going_on:
            self._going_on = True
            self._loop.call_soon(self._catch_up)

    def _say_seen(self) -> None:
        """Say how far the peer has our feed, and with that the feeds of others."""
        seen = self._passing_on.take(self._node.store.coming, self.cursor)
        seen.pop(self.life, None)  # which it knows itself
        lines = [words.seen(seen.items())] if seen and not self._node.store.acceptance.chooses else []
        if self._marked < self.cursor and self.eager:  # what it was not told because it had told us
            lines.append(self._mark())
        if lines:
            self.wire.write(b"\n".join(lines) + b"\n")

    def _take(self, lines: bytes) -> None:
        self._ration.begin()
        for line in lines.split(b"\n")[:-1]:
            self._ration.take(line)

    def _take_answer(self, line: bytes) -> int:
        if acknowledged := words.parse_ack(line):
            self._acknowledge(*acknowledged)
            return QUICK
        if not self._mending.answer(line):
            self._node.notice(self.peer, f"skipped what is no answer: {quote(line)}")
        return SLOW

    def _acknowledge(self, number: int, more: bool) -> None:
        """Go on from where the peer says it is, whoever has told it, or is about to tell it more."""
        if number > self._node.store.number:  # somebody has told it of a number that we never had
            number = self.acknowledged or 0
        self.acknowledged = number
        if more:
            self._owed.wait()
        self._acknowledgement.set()
        if self._following:
            self.cursor = max(self.cursor, number)
        elif self._begun_at and number >= self._begun_at:
            self._mending.spare()
