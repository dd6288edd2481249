"""Repair by digests: a server offers what it holds, and the other end asks for what it lacks.

It goes one way only, along a connection's dialler; the other way is the other connection's. It ignores the split
horizon, and mends even what a bug lost. The precedents are memberlist's push/pull and Cassandra's anti-entropy.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from types import NoneType
from typing import TypeVar

from herd import words
from herd.batch import Report
from herd.digest import ALWAYS, Digest
from herd.links.wire import Wire
from herd.node import Node
from herd.store import ChangedError, Store
from herd.words import Span

ANSWER_SECONDS = 60.0  # for the other end to digest a large store
PAUSE = 0.002  # seconds between two slices of digesting, so that it never takes more than a part of the time
FILL_SECONDS = 20.0  # that a peer waits, before it may tell everything, for another that does
OFFERS = 8  # lines of hashes offered and not answered yet
LINES_A_WRITE = 250

_Answer = TypeVar("_Answer")


async def make_digest(store: Store, span: Span) -> Digest:
    """Digest the facts of a span, never taking the loop for longer than a slice, if no client comes or goes."""
    try:
        return await _digest(store.facts(), span)
    except ChangedError:
        return await _digest(store.snapshot(), span)


async def _digest(facts: Iterable[Report], span: Span) -> Digest:
    digest = Digest(span)
    for _ in digest.build(facts):
        await asyncio.sleep(PAUSE)
    return digest


class Offer:
    """One round of the dialler's: offers a digest, and sends what the other end wants."""

    def __init__(self, wire: Wire, digest: Digest, number: int) -> None:
        self._wire = wire
        self._digest = digest
        self._number = number
        self._answers: asyncio.Queue[dict[int, int] | list[int] | Span | None] = asyncio.Queue()
        self._spared = False
        self._beginning = True
        self.sent = 0  # lines

    def answer(self, line: bytes) -> bool:
        """Take a DIFFER, FLOOR or WANT of this round; tell whether it was one."""
        span = self._digest.span
        if (differ := words.parse_differ(line)) and differ[0] == self._number:
            self._answers.put_nowait(differ[1])
        elif (floor := words.parse_floor(line)) and floor[0] == self._number:
            self._answers.put_nowait(Span(span.before, max(span.above, floor[1]), max(span.stamped, floor[2])))
        elif (want := words.parse_hashes(line)) and want[:2] == (b"WANT", self._number):
            self._answers.put_nowait(want[3])
        else:
            return False
        if self._answers.qsize() > OFFERS:
            self._wire.drop("answered digests that it was not offered")
        return True

    def spare(self) -> None:
        """Break off before anything is compared, or while everything is sent: the other end has it by now."""
        self._spared = True
        if self._beginning:  # what is asked for is sent: its answers are under way
            self._answers.put_nowait(None)

    async def begin(self) -> dict[int, int] | Span | None:
        """Offer the sums; return those of the other end where they differ, or the span on which to begin again.

        None if it was spared.
        """
        self._wire.write(words.digest(self._number, self._digest.span, self._digest.sums) + b"\n")
        answer = await self._answer((dict, Span, NoneType))
        self._beginning = False
        return answer

    async def compare(self, store: Store, sums: dict[int, int]) -> dict[int, int]:
        """Digest what is here now that the other end's sums are known, and return those that differ."""
        self._digest = await make_digest(store, self._digest.span)
        found = self._digest.differing([sums.get(bucket, 0) for bucket in range(words.BUCKETS)])
        return {bucket: sums.get(bucket, 0) for bucket in found}

    async def send_all(self, store: Store) -> None:
        """Send everything to an end that holds nothing, then end the round."""
        removed = store.removed
        try:
            await self._send_each(store.facts())
        except ChangedError:  # whoever came is told in the feed; whoever went has moved the others up
            await self._send_each(islice(store.snapshot(), max(0, self.sent - (store.removed - removed)), None))
        await self.end()

    async def _send_each(self, facts: Iterator[Report]) -> None:
        while not self._spared and (part := list(islice(facts, LINES_A_WRITE))):
            await self._send([line for _, line, _, _, _ in part])

    async def mend(self, differing: dict[int, int]) -> None:
        """Send what the other end lacks in these buckets, then end the round."""
        asked: deque[dict[int, bytes]] = deque()
        for bucket, other in differing.items():
            if self._spared:
                break
            if other == 0:  # it has nothing there
                await self._send(self._digest.lines[bucket])
                continue
            by_hash = self._digest.by_hash(bucket)
            hashes = list(by_hash)
            for start in range(0, len(hashes), words.HASHES_A_LINE):
                if len(asked) >= OFFERS:
                    await self._serve(asked.popleft())
                part = hashes[start : start + words.HASHES_A_LINE]
                self._wire.write(words.hashes(b"HAVE", self._number, bucket, part) + b"\n")
                asked.append(by_hash)
        while asked:
            await self._serve(asked.popleft())
        await self.end()

    async def end(self) -> None:
        """End the round, behind what was sent last."""
        await self._wire.writable()
        self._wire.write(words.done(self._number) + b"\n")

    async def _serve(self, by_hash: dict[int, bytes]) -> None:
        wanted = await self._answer((list,))
        await self._send([by_hash[value] for value in wanted if value in by_hash])

    async def _send(self, lines: list[bytes]) -> None:
        for start in range(0, len(lines), LINES_A_WRITE):
            await self._wire.writable()
            self._wire.write(b"\n".join(lines[start : start + LINES_A_WRITE]) + b"\n")
            await asyncio.sleep(0)
        self.sent += len(lines)

    async def _answer(self, kinds: tuple[type[_Answer], ...]) -> _Answer:
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await self._answers.get()
        if not isinstance(answer, kinds):
            raise ConnectionError("answered digests out of order")
        return answer


class Comparison:
    """The listener's side: compares what a dialler offers with what is here, one round at a time.

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
