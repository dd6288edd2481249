"""The listener's side of a repair: compares what a dialler offers (`herd.links.repair`) with what is here."""

import asyncio
from contextlib import suppress
from functools import partial

from herd import words
from herd.digest import ALWAYS, Digest
from herd.links.repair import let_go, make_digest
from herd.links.wire import Wire
from herd.node import Node
from herd.words import Span

FILL_SECONDS = 20.0  # that a peer waits, before it may tell everything, for another that does


class Comparison:
    """One round at a time.

    Of several peers that begin with everything one goes first (`filling`): when it is done, the others' feeds are
    here as well, and they are told so and need not tell theirs.
    """

    def __init__(self, node: Node, wire: Wire, filling: asyncio.Lock) -> None:
        self._node = node
        self._wire = wire
        self._filling = filling
        self._number = -1
        self._digest: Digest | None = None
        self._hashes: tuple[int, dict[int, bytes]] | None = None  # of the bucket asked for last
        self._task: asyncio.Task[None] | None = None

    def take(self, line: bytes) -> bool:
        """Take a DIGEST, HAVE or DONE; tell whether it was one."""
        if digest := words.parse_digest(line):
            self.end()
            compare = self._fill if digest[1].before == ALWAYS else self._compare
            self._task = self._node.spawn("a comparison of digests", partial(compare, *digest))
        elif (have := words.parse_hashes(line)) and have[0] == b"HAVE":
            if self._wire.blocked:
                self._wire.drop("does not take the answers to its digests")
            else:
                self._want(*have[1:])
        elif words.parse_done(line) is not None:
            self.end()
        else:
            return False
        return True

    def end(self) -> None:
        """Forget the round."""
        if self._task:
            self._task.cancel()
        if self._digest:
            let_go(self._digest)
        self._digest = self._hashes = self._task = None

    async def _fill(self, number: int, span: Span, sums: list[int]) -> None:
        """Compare in turn, and let the next one begin when this round ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FILL_SECONDS):
                await self._filling.acquire()
            try:
                await self._compare(number, span, sums)
                await asyncio.sleep(FILL_SECONDS)  # or until the end of the round cancels this
                return
            finally:
                self._filling.release()
        await self._compare(number, span, sums)  # the other takes too long

    async def _compare(self, number: int, span: Span, sums: list[int]) -> None:
        store = self._node.store
        if not store.acceptance.covers(span):
            own = store.acceptance.span(span.before)
            self._wire.write(words.floor(number, own.above, own.stamped) + b"\n")
            return
        digest = await make_digest(store, span)
        self._number, self._digest = number, digest
        self._wire.write(words.differ(number, digest.differing(sums)) + b"\n")

    def _want(self, number: int, bucket: int, offered: list[int]) -> None:
        if self._digest is None or number != self._number:
            return  # of a round that a newer one replaced
        if self._hashes is None or self._hashes[0] < bucket:
            self._hashes = bucket, self._digest.by_hash(bucket)
        elif self._hashes[0] > bucket:  # in order, each bucket is hashed once
            self._wire.drop("offers buckets out of order")
            return
        own = self._hashes[1]
        lacking = [value for value in offered if value not in own]
        self._wire.write(words.hashes(b"WANT", number, bucket, lacking) + b"\n")
