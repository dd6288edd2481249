"""Tells one peer our feed, over a connection that we dialled; acknowledgements and digest answers come back."""

import asyncio

from herd import words
from herd.digest import ALWAYS
from herd.links.ration import QUICK, SLOW, Ration
from herd.links.repair import Offer, make_digest
from herd.links.wire import Wire
from herd.node import Node
from herd.traffic import quote
from herd.words import Span

CHANGES_A_SLICE = 250  # what a peer that is behind is told at once, before others have their turn
TRIES = 2  # repairs of a bucket, after which what still differs is logged and left until it changes
FLOORS = 3  # digests of one repair: where the peer's floor is higher, another is made, and it may rise meanwhile


class Telling:
    """A cursor into the feed, moved along one link as fast as its peer takes it, and no faster."""

    def __init__(self, node: Node, wire: Wire, peer: str, life: bytes, heard: int) -> None:
        self.peer = peer
        self.life = life
        # A number beyond our own is of no life we know: the peer gets everything.
        self.cursor = heard if heard <= node.store.number else 0
        self.acknowledged: int | None = None
        self.wire = wire
        self._node = node
        self._loop = asyncio.get_running_loop()
        self._following = False
        self._going_on = False  # whether the next slice is under way
        self._round = 0
        self._offer: Offer | None = None
        self._left: dict[int, tuple[int, int, int]] = {}  # bucket: both sums, and how often they were the same
        self._repair_before = 0
        self._acknowledgement = asyncio.Event()
        self._wanted = asyncio.Event()  # a repair: when it was asked for, or when the log goes back too little
        self._ration = Ration(wire, self._take_answer)
        wire.when_writable = self._catch_up_soon
        wire.take_all(self._take)

    async def run(self) -> None:
        """Tell the feed, and repair where it is wanted, until cancelled."""
        store, readers = self._node.store, self._node.turn.readers
        readers.append(self)
        self.beat()  # the peer learns at once how far behind it is, and says that it is there
        try:
            while True:
                if not store.reaches(self.cursor):
                    number = store.number
                    await self._repair(ALWAYS)
                    self.cursor = number
                self._following = True
                self._catch_up_soon()
                await self._wanted.wait()
                self._wanted.clear()
                if self._repair_before:
                    before, self._repair_before = self._repair_before, 0
                    await self._repair(before)
        finally:
            self._following = False
            readers.remove(self)
            self._acknowledgement.set()  # whoever waits for one waits in vain

    def repair_soon(self, before: int) -> None:
        """Ask for a repair of what was heard before a time, in nanoseconds since 1970."""
        self._repair_before = before
        self._wanted.set()

    def moved(self) -> None:
        """Tell what is fresh: the same bytes to every peer that is up to date."""
        store = self._node.store
        if not self._following or self.wire.blocked:
            return
        if self.cursor != store.before_fresh:
            self._catch_up_soon()
            return
        told = [batch.told(self._node.clock) for batch in store.fresh if batch.origin != self.life]
        size = sum(map(len, told))
        if size > self._node.limits.link_buffered:
            self._catch_up_soon()
            return
        self.cursor = store.number
        if size:
            self._node.counts.told += sum(len(batch.lines) for batch in store.fresh if batch.origin != self.life)
            self.wire.write(b"".join(told))

    def beat(self) -> None:
        """Say how far the peer was told, which it acknowledges: the heartbeat of an idle link."""
        if not self.wire.blocked:
            self.wire.write(words.mark(self.cursor, self._node.clock(), self._node.store.number) + b"\n")

    async def told(self) -> None:
        """Wait until the peer has acknowledged all that is known now, or is gone."""
        number = self._node.store.number
        while (self.acknowledged or 0) < number and not self.wire.lost.done():
            self.beat()  # what the peer told us itself goes without a mark
            self._acknowledgement.clear()
            await self._acknowledgement.wait()

    def _catch_up(self) -> None:
        """Tell a slice of what changed since the cursor, newest reports only, until the peer is up to date."""
        self._going_on = False
        store = self._node.store
        if not self._following or self.wire.blocked or self.cursor == store.number:
            return
        if not store.reaches(self.cursor):
            self._following = False
            self._wanted.set()
            return
        self.cursor, reports = store.since(self.cursor, CHANGES_A_SLICE)
        lines = [line for _, line, _, origin, _ in reports if origin != self.life]
        self._node.counts.told += len(lines)
        lines.append(words.mark(self.cursor, self._node.clock(), store.number))
        self.wire.write(b"\n".join(lines) + b"\n")
        self._catch_up_soon()

    def _catch_up_soon(self) -> None:
        if not self._going_on:
            self._going_on = True
            self._loop.call_soon(self._catch_up)

    async def _repair(self, before: int) -> None:
        """Compare digests, and send what the peer lacks."""
        span: Span | None = self._node.store.acceptance.span(before)
        for _ in range(FLOORS):
            if span:
                span = await self._repair_span(span)
        if span:
            self._node.notice(self.peer, "not repaired: its floor rises too quickly")

    async def _repair_span(self, span: Span) -> Span | None:
        """Do so over a span; return another where the peer has a higher floor."""
        self._round += 1
        digest = await make_digest(self._node.store.snapshot(), span)
        self._offer = offer = Offer(self.wire, digest, self._round)
        try:
            differing = await offer.begin()
            if isinstance(differing, Span):
                return differing
            if span.before != ALWAYS:
                differing = {b: s for b, s in differing.items() if self._mendable(b, digest.sums[b], s)}
            await offer.mend(differing)
        finally:
            self._offer = None
            self._node.counts.told += offer.sent
        if offer.sent:
            self._node.notice(self.peer, f"repaired: sent {offer.sent} reports of {len(differing)} buckets")
        return None

    def _mendable(self, bucket: int, own: int, other: int) -> bool:
        """Tell whether a differing bucket is worth another try; what two did not mend is left until it changes."""
        left = self._left.get(bucket)
        tries = left[2] + 1 if left and left[:2] == (own, other) else 1
        self._left[bucket] = own, other, tries
        if tries == TRIES + 1:
            self._node.notice(self.peer, f"bucket {bucket} differs after {TRIES} repairs: left as it is")
        return tries <= TRIES

    def _take(self, lines: bytes) -> None:
        self._ration.begin()
        for line in lines.split(b"\n")[:-1]:
            self._ration.take(line)

    def _take_answer(self, line: bytes) -> int:
        number = words.parse_ack(line)
        if number is not None:
            self.acknowledged = number
            self._acknowledgement.set()
            return QUICK
        if not (self._offer and self._offer.answer(line)):
            self._node.notice(self.peer, f"skipped what is no answer: {quote(line)}")
        return SLOW
