"""S9: whoever acknowledges a number of a life holds all that this life held at it, or what outranks that.

A number is acknowledged, and claimed onwards by SEEN, whoever told what stands behind it. What was forgotten or
dropped by rule need not be held, and a report that the client repeated may be.
"""

from bisect import bisect_right
from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING

from herd.links.links import Links
from herd.store import Store
from tests.simulation.oracle import Fact, read

if TYPE_CHECKING:
    from tests.simulation.watch import Watch


class Held:
    """What each life held, number by number."""

    def __init__(self, watch: "Watch") -> None:
        self._watch = watch
        self._changes: dict[bytes, list[tuple[int, Fact]]] = defaultdict(list)  # by life, in order
        self._roots: dict[bytes, bytes] = {}  # by life
        self._checked: dict[tuple[bytes, bytes], int] = {}  # by life that holds and life held: up to which number

    def change(self, life: bytes, number: int, line: bytes) -> None:
        """Note that a life holds a report from a number of its own on."""
        if fact := read(line):
            self._changes[life].append((number, fact))

    def look(self, who: str, store: Store, links: Links) -> None:
        """Check all that a server says to hold, and note what its links show of the tree."""
        for life, number in links.routing.seen.since({}).items():
            self.check(who, store, life, number)
        root = links.routing.place.way[0]
        if self._roots.setdefault(store.life, root) != root:
            self._roots[store.life] = root
            self._watch.sometimes("a tree that changed its root")
        for telling in links.tellings.values():
            if telling.stuck:
                self._watch.sometimes("a stuck peer left out of the tree")

    def check(self, who: str, store: Store, life: bytes, number: int) -> None:
        """Hold a server that is about to say that it has all of a life up to a number against what that held."""
        before = self._checked.get((store.life, life), 0)
        if number <= before:
            return
        self._checked[store.life, life] = number
        changes = self._changes.get(life, [])
        begin, end = (bisect_right(changes, at, key=itemgetter(0)) for at in (before, number))
        for at, fact in changes[begin:end]:
            if not self._holds(store, fact):
                known = store.newest(fact.client)
                self._watch.broken(
                    "S9", f"{who} has {life.decode()} up to {number}, not {fact.line!r} of {at}, but {known!r}"
                )
                return

    def _holds(self, store: Store, fact: Fact) -> bool:
        """Tell whether a report is held, or what outranks it, or is known not to count any more."""
        known = read(store.newest(fact.client) or b"")
        if known is not None and (known.rank >= fact.rank or known.said == fact.said):
            return True
        forgotten = store.forgotten.get(fact.client)
        if forgotten is not None and fact.rank[0] <= forgotten[0]:
            return True
        return not store.acceptance.accepts(fact.heard, known is not None)
