"""What a store holds, in 1,024 sums: two servers whose sums are equal hold the same reports.

Anti-entropy as in Cassandra's repair, flattened to one level: a bucket is chosen by the CRC-32 of the client's ID
and sums, modulo 2**64, the hashes of its AT and FORGET lines, so that order does not matter. The hashes have no
key, for all servers must agree on them; `hash(bytes)` would be salted per process.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from zlib import crc32

from herd.batch import Report
from herd.facts import FORGET
from herd.messages import heard_of
from herd.words import BUCKETS, Span

SLICE = 500  # reports digested between two pauses: about 1 ms
ALWAYS = 10**24 - 1  # ns since 1970: every report was heard before

_MASK = 2**64 - 1


def hash_of(line: bytes) -> int:
    """Return the 64-bit hash of a fact's line."""
    return int.from_bytes(blake2b(line, digest_size=8).digest(), "big")


class Digest:
    """Lines and sum of each bucket, over the facts of a span.

    It is made in slices, because a million reports take seconds: iterate `build` to its end, with pauses.
    """

    def __init__(self, span: Span) -> None:
        self.span = span
        self.sums = [0] * BUCKETS
        self.lines: list[list[bytes]] = [[] for _ in range(BUCKETS)]

    def build(self, facts: Iterable[Report]) -> Iterator[None]:
        """Add facts, yielding between slices."""
        todo = iter(facts)
        while part := list(islice(todo, SLICE)):
            for fact in part:
                self._add(fact)
            yield

    def differing(self, sums: list[int]) -> dict[int, int]:
        """Compare with the other end's sums: the buckets that differ, with the sums here."""
        return {
            bucket: own for bucket, (own, other) in enumerate(zip(self.sums, sums, strict=True)) if own != other
        }

    def by_hash(self, bucket: int) -> dict[int, bytes]:
        """Return the lines of a bucket by their hashes."""
        return {hash_of(line): line for line in self.lines[bucket]}

    def _add(self, fact: Report) -> None:
        first, line, _, _, client = fact
        before, above, stamped = self.span
        # What came lately may still be under way to the other end; what is long ago may count no more there.
        forget = line.startswith(FORGET)
        least = stamped if forget else above
        if least or before != ALWAYS:
            when = first if forget else heard_of(line)
            if when >= before or (least and when <= least):
                return
        bucket = crc32(client) % BUCKETS
        self.sums[bucket] = (self.sums[bucket] + hash_of(line)) & _MASK
        self.lines[bucket].append(line)
