"""Lets go of what a store need not keep, in slices: silent clients, those it has no room for, old FORGETs.

Each is a generator that yields, between slices of at most 2 ms, how many went. Measured at a million clients: to
begin with, a copy of the values stops the loop for 12 ms, and up to three times the garbage collector for as long
when it looks through it, as for a digest; then a sweep that finds nothing takes 40 ms in all, and one that evicts
15,000 takes 0.5 s: the first component of a rank tells which reports are worth reading.
"""

from collections.abc import Callable, Iterator
from heapq import heappush, heapreplace
from typing import TypeVar

from herd.batch import Batch, Report
from herd.messages import FUTURE_LIMIT, heard_of
from herd.store import Store

LOOKED = 10_000  # reports of which the rank alone is looked at, between two pauses: 0.5 ms
READ = 500  # reports that are read, or dropped: 1 ms

_Item = TypeVar("_Item")

NewBatch = Callable[[], Batch]  # for what is dropped in this turn

# A report that was heard at a time ranks by that or an earlier one, but FUTURE_LIMIT where it was dated later.
_RANK_AFTER = FUTURE_LIMIT


def expire(store: Store, heard: int, new_batch: NewBatch) -> Iterator[int]:
    """Drop the reports that were heard at a time or before."""
    for some in _suspects(store, lambda: heard):
        silent = [report for report in some if heard_of(report[1]) <= heard]
        batch = new_batch() if silent else None
        yield sum(store.drop(report, batch) for report in silent if batch)


def evict(store: Store, count: int, new_batch: NewBatch) -> Iterator[int]:
    """Drop so many reports that were heard before all others, and raise the floor to the last of them."""
    lowest = _Lowest(count)
    for some in _suspects(store, lambda: lowest.highest):
        for report in some:
            lowest.add(report)
        yield 0
    for clients in _let_go(lowest.heap, READ):
        batch, dropped = new_batch(), 0
        for below, client in clients:
            known = store.reports.get(client)
            if known is not None and heard_of(known[1]) == -below and store.drop(known, batch):
                store.acceptance.raise_floor(-below)
                dropped += 1
        yield dropped


def bury(store: Store) -> Iterator[int]:
    """Let go of FORGETs that count no more, and of the oldest where there are more of them than clients may be."""
    facts = sorted(store.forgotten.values())  # by their stamps
    kept = [fact for fact in facts if store.acceptance.remembers(fact[0])][-store.acceptance.most :]
    todo = facts[: len(facts) - len(kept)]
    for start in range(0, len(todo), READ):
        dropped = 0
        for fact in todo[start : start + READ]:
            if store.forgotten.get(fact[4]) is fact:
                store.unmark(fact[4])
                dropped += 1
        yield dropped


class _Lowest:
    """So many clients that were heard before all others."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.heap: list[tuple[int, bytes]] = []  # when, below zero, and who: the first was heard last

    @property
    def highest(self) -> int:
        """The time that a report must have been heard before; later than any while there are too few."""
        return -self.heap[0][0] if len(self.heap) == self._count else 10**24

    def add(self, report: Report) -> None:
        """Look at a report."""
        heard = heard_of(report[1])
        if len(self.heap) < self._count:
            heappush(self.heap, (-heard, report[4]))
        elif heard < self.highest:
            heapreplace(self.heap, (-heard, report[4]))


def _suspects(store: Store, heard: Callable[[], int]) -> Iterator[list[Report]]:
    """Yield the reports that may have been heard at a time or before, a few at once."""
    # Let go of from its end, so this begins with who came first: there are most of those that were heard long ago.
    for reports in _let_go(list(reversed(store.reports.values())), LOOKED):
        most = heard() + _RANK_AFTER
        suspects = [report for report in reports if report[0] <= most]
        for begin in range(0, len(suspects), READ):
            yield suspects[begin : begin + READ]
        if not suspects:
            yield []


def _let_go(items: list[_Item], at_once: int) -> Iterator[list[_Item]]:
    """Yield parts of a list from its end, and let go of them, which takes longer than a slice for all at once."""
    while items:
        yield items[-at_once:]
        del items[-at_once:]
