"""What a server has promised its clients through all its lives, and what of that its disk may forget (S7).

An answered report, or what outranks it, survives the death of its process under any policy, and a power cut where
answers wait for the sync. Otherwise a power cut takes what was answered since a while before the last second.
"""

from herd.journal.syncing import SYNC_SECONDS
from herd.sections.journal import ALWAYS, EVERYSEC
from herd.store import Store
from tests.simulation.oracle import Fact, read
from tests.simulation.watch import Watch

SLACK = 0.2  # seconds that a sync takes at most, on a disk that is well


class Promises:
    """Of one server; `policy` is its fsync, None where it keeps no journal, `steady`: its disk never fails."""

    def __init__(self, name: str, policy: str | None, steady: bool, watch: Watch) -> None:
        self._name, self._policy, self._steady, self._watch = name, policy, steady, watch
        self._newest: dict[bytes, list[tuple[float, Fact]]] = {}  # when it was promised, in order

    def promise(self, fact: Fact) -> None:
        """Note that a client was told that a report counts."""
        known = self._newest.setdefault(fact.client, [])
        if not known or known[-1][1].rank < fact.rank:
            known.append((self._watch.loop.time(), fact))
            del known[:-5]

    def lose_power(self) -> None:
        """Forget what may be lost."""
        if self._policy == ALWAYS:
            return
        if self._policy != EVERYSEC or not self._steady:
            self._newest.clear()
            return
        safe = self._watch.loop.time() - SYNC_SECONDS - SLACK
        for client, promised in self._newest.items():
            self._newest[client] = [(when, fact) for when, fact in promised if when <= safe]

    def check(self, store: Store) -> None:
        """Hold what a new life read from the disk against what the old ones promised."""
        if self._policy is None:
            self._newest.clear()
        for client, promised in self._newest.items():
            if not promised:
                continue
            fact = promised[-1][1]
            known = read(store.newest(client) or b"")
            forgotten = store.forgotten.get(client)
            if forgotten is not None and fact.rank[0] <= forgotten[0]:
                continue
            if known is None or (known.rank < fact.rank and known.said != fact.said):
                self._watch.broken(
                    "S7", f"{self._name} promised {fact.line!r}, and starts with {known and known.line!r}"
                )
            else:
                self._watch.sometimes("a promise found in a journal")
