"""Repair by digests: a server offers what it holds, and the other end (`comparison`) asks for what it lacks.

It goes one way only, along a connection's dialler; the other way is the other connection's. It ignores the split
horizon, and mends even what a bug lost. The precedents are memberlist's push/pull and Cassandra's anti-entropy.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from types import NoneType
from typing import TypeVar

from herd import words
from herd.batch import Report
from herd.digest import Digest
from herd.links.wire import Wire
from herd.store import ChangedError, Store
from herd.words import Span

ANSWER_SECONDS = 60.0  # for the other end to digest a large store
PAUSE = 0.002  # seconds between two slices of digesting, so that it never takes more than a part of the time
BUCKETS_A_PIECE = 20  # of a digest that is let go: 0.4 ms at a million clients
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
    try:
        for _ in digest.build(facts):
            await asyncio.sleep(PAUSE)
    except (asyncio.CancelledError, ChangedError):
        let_go(digest)
        raise
    return digest


def let_go(digest: Digest) -> None:
    """Forget the lines of a digest piece by piece: a million at once would stop the server for 12 to 25 ms."""
    del digest.lines[-BUCKETS_A_PIECE:]
    if digest.lines:
        asyncio.get_running_loop().call_soon(let_go, digest)


class Offer:
    """One round of the dialler's: offers a digest, and sends what the other end wants."""

    def __init__(self, wire: Wire, digest: Digest, number: int) -> None:
        self._wire = wire
        self.digest = digest
        self._number = number
        self._answers: asyncio.Queue[dict[int, int] | list[int] | Span | None] = asyncio.Queue()
        self._spared = False
        self._beginning = True
        self.sent = 0  # lines

    def answer(self, line: bytes) -> bool:
        """Take a DIFFER, FLOOR or WANT of this round; tell whether it was one."""
        span = self.digest.span
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
        self._wire.write(words.digest(self._number, self.digest.span, self.digest.sums) + b"\n")
        answer = await self._answer((dict, Span, NoneType))
        self._beginning = False
        return answer

    async def compare(self, store: Store, sums: dict[int, int]) -> dict[int, int]:
        """Digest what is here now that the other end's sums are known, and return those that differ."""
        self.digest = await make_digest(store, self.digest.span)
        found = self.digest.differing([sums.get(bucket, 0) for bucket in range(words.BUCKETS)])
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
                await self._send(self.digest.lines[bucket])
                continue
            by_hash = self.digest.by_hash(bucket)
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
