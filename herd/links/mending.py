"""Repairs what one peer lacks, as the dialler of a link: round by round, and not for ever."""

from herd.digest import ALWAYS, Digest
from herd.links.repair import Offer, let_go, make_digest
from herd.links.wire import Wire
from herd.node import Node
from herd.words import Span

TRIES = 2  # repairs of a bucket, after which what still differs is logged and left until it changes
FLOORS = 3  # digests of one repair: where the peer's floor is higher, another is made, and it may rise meanwhile


class Mending:
    """The repairs of one link."""

    def __init__(self, node: Node, wire: Wire, peer: str) -> None:
        self._node = node
        self._wire = wire
        self._peer = peer
        self._round = 0
        self._offer: Offer | None = None
        self._left: dict[int, tuple[int, int, int]] = {}  # bucket: both sums, and how often they were the same

    def answer(self, line: bytes) -> bool:
        """Take what the peer says to a digest; tell whether it was that."""
        return self._offer is not None and self._offer.answer(line)

    def spare(self) -> None:
        """Break off a repair of everything: others have told the peer meanwhile."""
        if self._offer:
            self._offer.spare()

    async def repair(self, before: int) -> None:
        """Compare digests of what was heard before a time (ns since 1970), and send what the peer lacks."""
        span: Span | None = self._node.store.acceptance.span(before)
        for _ in range(FLOORS):
            if span:
                span = await self._repair_span(span)
        if span:
            self._node.notice(self._peer, "not repaired: its floor rises too quickly")

    async def _repair_span(self, span: Span) -> Span | None:
        """Do so over a span; return another where the peer has a higher floor."""
        self._round += 1
        store = self._node.store
        # At the beginning the peer is asked what it holds before ours is digested: often that is nothing.
        begins = span.before == ALWAYS
        digest = Digest(span) if begins else await make_digest(store, span)
        self._offer = offer = Offer(self._wire, digest, self._round)
        try:
            differing = await offer.begin()
            if differing is None:
                await offer.end()
                return None
            if isinstance(differing, Span):
                return differing
            if begins and not differing:
                await offer.send_all(store)
                return None
            if begins:
                differing = await offer.compare(store, differing)
            else:
                differing = {b: s for b, s in differing.items() if self._mendable(b, digest.sums[b], s)}
            await offer.mend(differing)
        finally:
            self._offer = None
            let_go(offer.digest)
            self._node.counts.told += offer.sent
        if offer.sent:
            self._node.notice(self._peer, f"repaired: sent {offer.sent} reports of {len(differing)} buckets")
        return None

    def _mendable(self, bucket: int, own: int, other: int) -> bool:
        """Tell whether a differing bucket is worth another try; what two did not mend is left until it changes."""
        left = self._left.get(bucket)
        tries = left[2] + 1 if left and left[:2] == (own, other) else 1
        self._left[bucket] = own, other, tries
        if tries == TRIES + 1:
            self._node.notice(self._peer, f"bucket {bucket} differs after {TRIES} repairs: left as it is")
        return tries <= TRIES
