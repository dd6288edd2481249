"""Leaves a source that fails alone for a while, and says at once what it said last."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil

from herd.places.provider import INVALID_REQUEST, OVER_QUERY_LIMIT, REQUEST_DENIED, UNKNOWN_ERROR, Unavailable

FAILURES = 3  # in a row, of a source that is down or too slow: one may be chance
# A refusal is no chance. Overpass asks for 30 s after its 429 (https://github.com/drolbr/Overpass-API/issues/791),
# and who puts a denied key in order at its provider wants to see that soon.
REFUSALS = (OVER_QUERY_LIMIT, REQUEST_DENIED)
FIRST_PAUSE = 5.0  # seconds; doubled each time that the source fails when it is tried again
LONGEST_PAUSE = 60.0
REFUSED_PAUSE = 30.0


class Breaker:
    """Watches requests to one source. While it is open, none passes; then one does, to see."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0  # in a row
        self._pause = FIRST_PAUSE  # the next one of a source that is down
        self._open_until: float | None = None  # None: closed
        self._trying = False  # whether the one that passes to see is under way
        self._last = Unavailable(UNKNOWN_ERROR, "")

    def refusal(self) -> Unavailable | None:
        """Return what is to be answered at once, or None where the source may be asked."""
        if self._open_until is None:
            return None
        left = self._open_until - self._clock()
        if left <= 0 and not self._trying:
            return None
        when = f"in {ceil(left)} s" if left > 0 else "just now"
        return Unavailable(self._last.status, f"{self._last.reason}; the source is asked again {when}")

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Learn how the request went that is made inside; one that is given up tells nothing."""
        self._trying = trying = self._open_until is not None
        try:
            yield
        except Unavailable as failure:
            self._failed(failure)
            raise
        else:
            self._well()
        finally:
            if trying:
                self._trying = False

    def _failed(self, failure: Unavailable) -> None:
        if failure.status == INVALID_REQUEST:  # the request was at fault; the source is well
            self._well()
            return
        self._failures += 1
        tried = self._open_until is not None and self._open_until <= self._clock()
        if failure.status in REFUSALS:
            self._open(failure, REFUSED_PAUSE)
        # Those that left together fail together: once it is open, they change nothing.
        elif tried or (self._open_until is None and self._failures >= FAILURES):
            self._open(failure, self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _well(self) -> None:
        self._failures, self._pause, self._open_until = 0, FIRST_PAUSE, None

    def _open(self, failure: Unavailable, seconds: float) -> None:
        self._last = failure
        self._open_until = self._clock() + seconds
