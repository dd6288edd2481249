"""What a server counts of what passes: by the chunk or in the slow lane, never line by line in the fast one."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

from herd.places.careful import Spared

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds that a search for places may take


@dataclass(slots=True)
class Searches:
    """Searches for places: how often by status, and how many took at most so many seconds."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    bounds: tuple[float, ...] = BOUNDS
    within: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))  # the last: those that took longer

    def add(self, status: str, seconds: float) -> None:
        """Count a search that has ended."""
        self.statuses[status] += 1
        self.seconds += seconds
        self.within[bisect_left(self.bounds, seconds)] += 1


@dataclass(slots=True)
class Kept:
    """What a journal did since the server started."""

    bytes: int = 0  # written, seals included
    batches: int = 0
    size: int = 0  # of the file, in bytes
    syncs: int = 0
    sync_seconds: float = 0.0
    rewritten: int = 0
    failures: int = 0  # to write, sync or rewrite
    read: int = 0  # lines, at the start
    skipped: int = 0  # lines among them that were no report
    damaged: int = 0  # batches that the start had to skip
    torn: int = 0  # bytes behind the last good batch that the start cut off


@dataclass(slots=True)
class Counts:
    """What a node counts."""

    answered: int = 0  # commands answered at once, by AT or `? `
    looked: int = 0  # WHATSATs for which places were sought
    refused: Counter[str] = field(default_factory=Counter)  # by reason, of which there are few
    heard: int = 0  # lines from peers
    words: int = 0  # those of them that were no AT
    told: int = 0  # AT and FORGET lines to peers
    forgotten: int = 0  # clients that this server was asked to forget
    expired: int = 0  # clients that were silent for too long
    evicted: int = 0  # clients for whom there was no room
    searches: Searches = field(default_factory=Searches)
    spared: Spared = field(default_factory=Spared)
    kept: Kept = field(default_factory=Kept)
