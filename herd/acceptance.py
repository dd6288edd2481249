"""What a store does not take in, as numbers that the fast lane can compare: too old, forgotten, no room.

Times are nanoseconds since 1970. `herd.forgetting` sets them; a store that nobody sets takes everything.
"""

from herd.messages import FUTURE_LIMIT, SECOND
from herd.words import Span

CLIENTS = 2_000_000  # kept at most, unless the settings say otherwise: 0.8 GB (measured: 400 bytes each)
# A FORGET is remembered for so much longer than a report: then no report that it beats can come back, from a server
# with a slow clock either.
GRACE = 3_600 * SECOND

_NEVER = 10**24  # later than any time; below zero, before any


class Acceptance:
    """The numbers of one store.

    What was heard at `expired` or before is taken from nobody; at `floor` or before only of a client that is known,
    for others were evicted to make room. Beyond `bar` the time of a report is welcome without another look.
    """

    __slots__ = ("_stamped", "bar", "chooses", "expired", "floor", "full", "most", "slack")

    def __init__(self) -> None:
        self.most = CLIENTS  # clients kept
        self.slack = 0  # how much sooner digests leave a report out than it expires: clocks differ, and time passes
        self.expired = self.floor = self.bar = -_NEVER
        self.full = False  # so far beyond `most` that clients have to wait
        self.chooses = False  # there was no room for everybody at some time: what others told is not all held here
        self._stamped = -_NEVER  # of all that is forgotten, the latest

    def accepts(self, heard: int, known: bool) -> bool:
        """Tell whether a report that was heard elsewhere at a time may be taken in."""
        return heard > self.expired and (known or (heard > self.floor and not self.full))

    def expire(self, heard: int) -> None:
        """Take nothing more that was heard at this time or before."""
        self.expired = heard
        self._set_bar()

    def raise_floor(self, heard: int) -> None:
        """Take nothing of unknown clients that was heard at this time or before."""
        self.floor = max(self.floor, heard)
        self.chooses = True
        self._set_bar()

    def stamp(self, stamp: int) -> None:
        """Look twice at what was said up to here: somebody is forgotten."""
        self._stamped = max(self._stamped, stamp)
        self._set_bar()

    def count(self, clients: int) -> None:
        """Note how many clients are kept: an eighth more than allowed, and others have to wait for room."""
        full = clients > self.most + self.most // 8
        if full != self.full:
            self.full = full
            self.chooses = True
            self._set_bar()

    def remembers(self, stamp: int) -> bool:
        """Tell whether a FORGET of this stamp still counts."""
        return stamp > self.expired - GRACE

    def span(self, before: int) -> Span:
        """Return what a digest is to cover: what was heard before a time, and still counts for a while."""
        counts = max(0, self.expired + self.slack)
        return Span(before, max(counts, self.floor), counts)

    def covers(self, span: Span) -> bool:
        """Tell whether all that a digest covers counts here."""
        return span.above >= max(self.expired, self.floor) and self.remembers(span.stamped + 1)

    def _set_bar(self) -> None:
        # What was heard at a time may be dated FUTURE_LIMIT later and still rank by its own time.
        oldest = max(self.expired, self.floor) + FUTURE_LIMIT
        self.bar = _NEVER if self.full else max(oldest, self._stamped)
