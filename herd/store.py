"""The newest report of every client, and who is forgotten; also the feed: its own log of numbered changes.

Changes are made in batches: all that one origin (the clients of this server, or one life of one peer) brought in
one turn of the event loop shares one number. A reader keeps a cursor, the number it has come to, and asks for what
changed since; it gets the newest report of each changed client, so what was overtaken is never sent. Readers that
are up to date share the batch as it was closed, encoded once.

The precedents: CouchDB's `_changes` feed, and Redis' partial resynchronisation from a bounded backlog.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain

from herd.acceptance import Acceptance
from herd.batch import BATCH_MOST, OWN_CLIENTS, Batch, Report
from herd.facts import FORGET, Forget, parse_forget
from herd.messages import At, parse_at

# The log remembers at least this many changes, a third of a second of the most that came in, or a quarter as many
# as there are clients: a reader further behind compares digests. 16 bytes a change, for the IDs are the keys' own.
LOG_LEAST = 131_072
LOG_SHARE = 4
OVERTAKEN_MOST = 16  # pieces of the log walked for one slice: 1 ms


class ChangedError(Exception):
    """A client came or went while all were looked at."""


class Store:
    """Facts by client ID, and the numbered log of what changed. It never waits, so it needs no locks."""

    def __init__(self, life: bytes) -> None:
        self.life = life  # the random name of this run: a number means nothing without it
        self.reports: dict[bytes, Report] = {}
        self.forgotten: dict[bytes, Report] = {}  # the FORGET of every client that has one
        self.acceptance = Acceptance()
        self.number = 0  # of the newest closed batch
        self.removed = 0  # facts that are there no more, however that came
        self.fresh: list[Batch] = []  # the batches closed by the last close(): what up-to-date readers share
        self.before_fresh = 0  # the number that an up-to-date reader had come to before them
        self._last_opened = 0
        self._open: dict[bytes, Batch] = {}  # by origin
        self._opened: list[Batch] = []  # in this turn, in order
        self._log_clients: list[bytes] = []
        self._log_numbers = array("Q")
        self._log_floor = 0  # changes up to this number have left the log

    def batch(self, origin: bytes) -> Batch:
        """Return the batch that collects the changes of `origin` in this turn."""
        batch = self._open.get(origin)
        if batch is None or len(batch.clients) >= BATCH_MOST:
            self._last_opened += 1
            batch = self._open[origin] = Batch(
                origin, self._last_opened, self.reports, self.forgotten, self.acceptance
            )
            self._opened.append(batch)
        return batch

    def take(self, line: bytes, batch: Batch) -> bool:
        """Take in an AT or FORGET line from elsewhere, and tell whether it was news; Malformed if it is neither."""
        if line.startswith(FORGET):
            return self.forget(parse_forget(line), batch)
        return self.put(parse_at(line), batch)

    def put(self, report: At, batch: Batch) -> bool:
        """Keep a report if it is newer than what is known of its client and admitted, and tell whether it was.

        A client's repetition of the stored report (same location and time) changes nothing: `old.repeats`. Between
        servers the rank alone decides, so that all decide alike.
        """
        rank = report.rank
        line = rank[3]
        known = self.reports.get(report.client)
        if known is not None:
            old = parse_at(known[1])
            if old.rank >= rank or (batch.origin == OWN_CLIENTS and old.repeats(report)):
                return False
        forgotten = self.forgotten.get(report.client)
        if forgotten is not None and rank[0] <= forgotten[0]:
            return False
        # What this server hears, it hears now, whatever its clock says.
        if batch.origin != OWN_CLIENTS and not self.acceptance.accepts(rank[2], known is not None):
            return False
        client = known[4] if known else report.client
        self.reports[client] = (rank[0], line, batch.number, batch.origin, client)
        batch.clients.append(client)
        batch.lines.append(line)
        return True

    def forget(self, forget: Forget, batch: Batch) -> bool:
        """Forget what a client said up to a stamp, if that still counts, and tell whether it was news."""
        stamp, line = forget.stamp, bytes(forget)
        before, report = self.forgotten.get(forget.client), self.reports.get(forget.client)
        if (before is not None and before[:2] >= (stamp, line)) or not self.acceptance.remembers(stamp):
            return False
        client = report[4] if report else forget.client
        if report is not None and report[0] <= stamp:
            del self.reports[client]
            self.removed += 1
        self.forgotten[client] = (stamp, line, batch.number, batch.origin, client)
        self.acceptance.stamp(stamp)
        batch.clients.append(client)
        batch.lines.append(line)
        return True

    def drop(self, report: Report, batch: Batch) -> bool:
        """Let go of a report, if it still is its client's newest, without a fact; tell whether it was."""
        if self.reports.get(report[4]) is not report:
            return False
        del self.reports[report[4]]
        self.removed += 1
        batch.clients.append(report[4])
        return True

    def newest(self, client: bytes) -> bytes | None:
        """Return the newest AT line of a client, or None if the herd does not know it."""
        known = self.reports.get(client)
        return None if known is None else known[1]

    def close(self) -> list[Batch]:
        """End the turn: number what changed, move it to the log, and return its batches in order."""
        self.before_fresh = self.number
        self.fresh = [batch for batch in self._opened if batch.clients]
        self._open.clear()
        self._opened.clear()
        for batch in self.fresh:
            self._log_clients += batch.clients
            self._log_numbers.extend(array("Q", [batch.number]) * len(batch.clients))
            self.number = batch.number
        if len(self._log_clients) > 2 * max(LOG_LEAST, len(self.reports) // LOG_SHARE):
            self._trim()
        self.acceptance.count(len(self.reports))
        return self.fresh

    @property
    def coming(self) -> int:
        """The number of all that is known at this moment, once the turn has ended."""
        return max((batch.number for batch in self._opened if batch.clients), default=self.number)

    def reaches(self, cursor: int) -> bool:
        """Tell whether the log still goes back to `cursor`, and not beyond what this store has counted."""
        return self._log_floor <= cursor <= self.number

    def since(self, cursor: int, most: int) -> tuple[int, list[Report]]:
        """Return about `most` of the oldest facts after `cursor`, and the number they bring a reader to.

        Only the newest report of each client is among them; one that was overtaken stands at its later number, so
        who was told what is after the cursor may lack it until then.
        Call it only where `reaches(cursor)`.
        """
        kinds = (self.forgotten, self.reports) if self.forgotten else (self.reports,)
        facts: list[Report] = []
        # What was overtaken costs a tenth of what is told, and must not use up the slice: on a busy server the log
        # would grow faster than a reader that is behind walks it.
        for _ in range(OVERTAKEN_MOST):
            cursor, changes = self._changes(cursor, most)
            for kind in kinds:
                known = kind.get
                facts += [fact for client, number in changes if (fact := known(client)) and fact[2] == number]
            if len(facts) >= most or not changes:
                break
        return cursor, facts

    def changed(self, cursor: int, most: int, goal: int) -> tuple[int, list[bytes]]:
        """Return the number reached with about `most` changes after `cursor`, up to `goal`, and whose they were."""
        reached, piece = self._piece(cursor, most, goal)
        return reached, list(dict.fromkeys(self._log_clients[piece]))

    def shown_since(self, cursor: int, most: int) -> tuple[int, list[Report], list[bytes]]:
        """Return for those who show where clients are who changed, with its newest report, and who is gone.

        What was overtaken is among them at once in its newest form: a viewer that came to a number must know every
        client that changed up to it, for from then on it shares the frames of all who did, and those say a client's
        name only once.
        """
        reached, changes = self._changes(cursor, most)
        clients, reports = dict.fromkeys(client for client, _ in changes), self.reports
        shown = [reports[client] for client in clients if client in reports]
        gone = [client for client in clients if client not in reports] if len(shown) < len(clients) else []
        return reached, shown, gone

    def unmark(self, client: bytes) -> None:
        """Forget that a client was forgotten."""
        del self.forgotten[client]
        self.removed += 1

    def facts(self) -> Iterator[Report]:
        """Yield every fact, FORGETs first, else as clients came; what changes meanwhile as it was or as it is.

        ChangedError as soon as a client came or went since the first was yielded: then a snapshot is needed.
        """
        removed = self.removed
        try:
            for fact in chain(self.forgotten.values(), self.reports.values()):
                if self.removed != removed:
                    raise ChangedError
                yield fact
        except RuntimeError as reason:  # how a dictionary says that it has grown
            raise ChangedError from reason

    def snapshot(self) -> list[Report]:
        """Return every fact as of now, in the order of `facts`: 12 ms at a million clients."""
        return [*self.forgotten.values(), *self.reports.values()]

    def forget_log(self) -> None:
        """Forget how it came to all this: a reader that starts at 0 compares digests, and is spared the rest."""
        self._log_floor = self.number
        self._log_clients.clear()
        del self._log_numbers[:]

    def _changes(self, cursor: int, most: int) -> tuple[int, list[tuple[bytes, int]]]:
        """Return about `most` clients with the numbers of their changes, and the number reached with them."""
        reached, piece = self._piece(cursor, most, self.number)
        # Once each: a client may have changed twice in one batch, or by turns in the batches of two origins.
        return reached, list(dict.fromkeys(zip(self._log_clients[piece], self._log_numbers[piece], strict=True)))

    def _piece(self, cursor: int, most: int, goal: int) -> tuple[int, slice]:
        """Return the number reached with about `most` changes after `cursor`, up to `goal`, and their places."""
        numbers = self._log_numbers
        start = bisect_right(numbers, cursor)
        stop = min(start + most, bisect_right(numbers, goal))
        if stop == start:
            return goal, slice(0)
        reached = numbers[stop - 1]
        return reached, slice(start, bisect_right(numbers, reached))  # a number is reached when its whole batch is

    def _trim(self) -> None:
        """Forget the older half of the log, at the end of a batch."""
        middle = bisect_right(self._log_numbers, self._log_numbers[len(self._log_numbers) // 2])
        self._log_floor = self._log_numbers[middle - 1]
        del self._log_clients[:middle]
        del self._log_numbers[:middle]
