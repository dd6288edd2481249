"""What a reader that is behind is told: each client that changed, once, by its newest report.

It goes in rounds. A round is of all clients that changed up to some number; at its end, and not before, the reader
holds all that was held at that number. So a mark says then how far it has come, and who hears that may pass it on.
A client that changes again during a round is told by what it is when its turn comes, and not once more later.
"""

from herd.batch import Report
from herd.store import Store

ROUND = 20_000  # changes at most: to find out whose they are takes 1 ms


class Rounds:
    """A cursor into a store's feed that moves by rounds."""

    def __init__(self, store: Store, cursor: int) -> None:
        self.cursor = cursor
        self._store = store
        self._goal = cursor
        self._left: list[bytes] = []  # clients that are still to be told in this round
        self._early: dict[bytes, Report] = {}  # what was told of clients that have changed since their round began

    @property
    def idle(self) -> bool:
        """Whether nothing was told beyond the cursor, so that batches can be told as they are."""
        return not (self._left or self._early)

    def move(self, cursor: int) -> None:
        """Go on from another number: the reader holds all that was held there."""
        if not self.cursor <= cursor < self._goal:
            self._left.clear()
        self.cursor = cursor

    def slice(self, most: int, end: int) -> list[Report]:
        """Return about `most` facts to be told next, of what changed up to the number `end`, or none.

        Call it only where the store `reaches` the cursor.
        """
        store, early = self._store, self._early
        if not self._left:
            self._goal, self._left = store.changed(self.cursor, ROUND, end)
        part = self._left[:most]
        del self._left[:most]
        # A client may stand in the log at a later number than its fact, where two origins changed it in one turn.
        cursor, goal, known, told = self.cursor, self._goal, store.reports.get, early.get
        facts = [
            fact for client in part if (fact := known(client)) and fact[2] > cursor and told(client) is not fact
        ]
        early.update({fact[4]: fact for fact in facts if fact[2] > goal})
        if store.forgotten:
            known = store.forgotten.get
            facts += [fact for client in part if (fact := known(client)) and fact[2] > cursor]
        if not self._left:
            self.cursor = self._goal
            self._early = {client: fact for client, fact in early.items() if fact[2] > self._goal}
        return facts
