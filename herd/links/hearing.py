"""Hears a peer's feed, over a connection that the peer dialled: takes in its reports and acknowledges its marks."""

import asyncio

from herd import words
from herd.facts import FORGET
from herd.fastlane import hear_peer
from herd.links.ration import QUICK, SLOW, Ration
from herd.links.repair import Comparison
from herd.links.wire import Wire
from herd.node import Node
from herd.position import Malformed
from herd.traffic import quote

ACK_SECONDS = 0.05  # one acknowledgement answers all marks of this time: one a batch would double the packets


class Hearing:
    """What one life of a peer told us: everything up to `number`."""

    def __init__(self, node: Node, wire: Wire, peer: str, life: bytes, number: int) -> None:
        self.peer = peer
        self.life = life
        self.number = number
        self.clock_ahead = 0  # nanoseconds by which the peer's clock was ahead of ours at its last mark
        self.behind: int | None = None  # numbers of its feed that it had not told us at its last mark
        self.malformed = 0
        self.wire = wire
        self._node = node
        self._loop = asyncio.get_running_loop()
        self._comparison = Comparison(node, wire)
        self._ack: asyncio.TimerHandle | None = None
        self._ration = Ration(wire, self._take_other)
        wire.take_all(self._take)

    def beat(self) -> None:
        """Acknowledge once more: a peer whose bytes we take slowly sees that we live."""
        if self.wire.blocked:
            self.wire.drop("does not take our acknowledgements")
        else:
            self._acknowledge()

    def end(self) -> None:
        """Stop what is under way; the connection is lost."""
        self._comparison.end()
        if self._ack:
            self._ack.cancel()

    def _take(self, lines: bytes) -> None:
        # Most of what comes over a mesh is known already: then this turn has nothing to end, and the loop is spared
        # a round.
        # What it leaves to the ration may come in later than what is behind it: the newer report wins in any order,
        # and a mark, which is left to it as well, never before what it stands behind.
        self._ration.begin()
        batch = self._node.store.batch(self.life)
        self._node.counts.heard += hear_peer(lines, batch, self._ration.take)
        if batch.clients:
            self._node.turn.end_soon()

    def _take_other(self, line: bytes) -> int:
        if line.startswith((b"AT ", FORGET)):
            self._take_fact(line)
            return SLOW
        self._node.counts.words += 1
        if marked := words.parse_mark(line):
            self.number, clock, newest = marked
            self.behind = max(0, newest - self.number)
            self.clock_ahead = clock - self._node.clock()
            if self._ack is None:
                self._ack = self._loop.call_later(ACK_SECONDS, self._acknowledge)
            return QUICK
        if not self._comparison.take(line):
            self._skip(line, "neither AT nor FORGET nor a word between servers")
        return SLOW

    def _take_fact(self, line: bytes) -> None:
        try:
            self._node.store.take(line, self._node.turn.batch(self.life))
        except Malformed as reason:
            self._skip(line, str(reason))

    def _skip(self, line: bytes, reason: str) -> None:
        self.malformed += 1
        self._node.notice(self.peer, f"skipped {quote(line)}: {reason}")

    def _acknowledge(self) -> None:
        if self._ack:
            self._ack.cancel()
            self._ack = None
        self.wire.write(words.ack(self.number) + b"\n")
