"""Hears a peer's feed, over a connection that the peer dialled: takes in its reports and acknowledges its marks."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from herd import words
from herd.facts import FORGET
from herd.fastlane import hear_peer
from herd.links.comparison import FILL_SECONDS, Comparison
from herd.links.ration import QUICK, SLOW, Ration
from herd.links.seen import Seen
from herd.links.wire import Wire
from herd.node import Node
from herd.position import Malformed
from herd.traffic import quote


@dataclass(frozen=True, slots=True)
class Shared:
    """What all hearings of a server have in common."""

    seen: Seen
    filling: asyncio.Lock  # held by the one whose peer tells us everything
    moved: Callable[[], None]  # to be called when there is something to acknowledge and to pass on


class Hearing:
    """What one life of a peer tells us: facts, how far it and others have come, and where it stands in the tree."""

    def __init__(self, node: Node, wire: Wire, peer: str, life: bytes, shared: Shared) -> None:
        self.peer = peer
        self.life = life
        self.place: words.Place | None = None  # where it stands in the tree, once it has said so
        self.clock_ahead = 0  # nanoseconds by which the peer's clock was ahead of ours at its last mark
        self._newest: int | None = None  # how far its feed had come at its last mark
        self._filled = False  # whether it has caught up with its feed once
        self._news = False  # whether it has told us anything new since the last look
        self.malformed = 0
        self.wire = wire
        self._node = node
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._shared = shared
        self._acknowledged = 0
        self._comparison = Comparison(node, wire, shared.filling)
        self._ration = Ration(wire, self._take_other)
        wire.take_all(self._take)

    def beat(self) -> None:
        """Acknowledge once more: a peer whose bytes we take slowly sees that we live."""
        if self.wire.blocked:
            self.wire.drop("does not take our acknowledgements")
        else:
            self.acknowledge()

    @property
    def number(self) -> int:
        """How far the peer's feed is held here."""
        return self._shared.seen.number(self.life)

    @property
    def behind(self) -> int | None:
        """How many numbers of its feed are not held here, as its last mark had it; None before the first."""
        return None if self._newest is None else max(0, self._newest - self.number)

    def fills(self) -> bool:
        """Tell whether the peer is telling us what it knew when the link began, and did so since the last look."""
        late = self._loop.time() - self._began > FILL_SECONDS  # the others need not wait for ever
        self._filled = self._filled or late or self.behind == 0
        news, self._news = self._news, False
        return news and not self._filled

    def look(self, *, more: bool) -> None:
        """Acknowledge what is held here by now, whoever has told it; `more` may come from others."""
        if (more or self._acknowledged < self.number) and not self.wire.blocked:
            self.acknowledge(more=more)

    def acknowledge(self, *, more: bool = False) -> None:
        """Say how far the peer's feed is held here."""
        self._acknowledged = self.number
        self.wire.write(words.ack(self._acknowledged, more) + b"\n")

    def end(self) -> None:
        """Stop what is under way; the connection is lost."""
        self._comparison.end()

    def _take(self, lines: bytes) -> None:
        # Most of what comes over a mesh is known already: then this turn has nothing to end, and the loop is spared
        # a round.
        # What it leaves to the ration may come in later than what is behind it: the newer report wins in any order,
        # and a mark, which is left to it as well, never before what it stands behind.
        self._ration.begin()
        batch = self._node.store.batch(self.life)
        self._node.counts.heard += hear_peer(lines, batch, self._ration.take)
        if batch.clients:
            self._news = True
            self._node.turn.end_soon()

    def _take_other(self, line: bytes) -> int:
        if line.startswith((b"AT ", FORGET)):
            self._take_fact(line)
            return SLOW
        self._node.counts.words += 1
        if marked := words.parse_mark(line):
            self._take_mark(*marked)
            return QUICK
        if (seen := words.parse_seen(line)) is not None:
            self._take_seen(seen)
            return SLOW + len(seen)
        if (place := words.parse_tree(line)) and place.way[-1] == self.peer.encode():
            self.place = place
            self._shared.moved()  # not at once: each answered with one to all, such words multiply in a ring
            return SLOW
        if not self._comparison.take(line):
            self._skip(line, "neither AT nor FORGET nor a word between servers")
        return SLOW

    def _take_mark(self, number: int, clock: int, newest: int) -> None:
        if self.number > newest:  # others have said that there is more
            self._shared.seen.correct(self.life, number)
        self._take_seen([(self.life, number)])
        self._newest = newest
        self.clock_ahead = clock - self._node.clock()

    def _take_seen(self, claims: list[tuple[bytes, int]]) -> None:
        """Note what is held here by now: all that stands before this, and what is held by who has said it."""
        for life, number in claims:
            if life != self._node.life and self._shared.seen.take(life, number):
                self._shared.moved()

    def _take_fact(self, line: bytes) -> None:
        try:
            self._node.store.take(line, self._node.turn.batch(self.life))
        except Malformed as reason:
            self._skip(line, str(reason))

    def _skip(self, line: bytes, reason: str) -> None:
        self.malformed += 1
        self._node.notice(self.peer, f"skipped {quote(line)}: {reason}")
