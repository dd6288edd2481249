"""Tells whether a server's clock can be trusted to say for how long a client was silent.

It can not while it is off its neighbours' median by more than a minute, nor from when it starts or jumps until the
neighbours confirm it, or where there are none, it has run evenly for a while.
"""

from collections.abc import Callable, Sequence
from statistics import median

from herd.messages import SECOND

OFF = 60 * SECOND  # nanoseconds off the neighbours' median, beyond which a clock is wrong
CONFIRM = 10.0  # seconds after a jump in which neighbours' clocks may have been compared with ours before it
QUIET = 3_600.0  # seconds that a clock must run evenly where no neighbour confirms it
# Of the time that silent clients are kept: a clock that is watched for so long cannot mislead by more.
_SHARE = 8


class ClockWatch:
    """Holds a clock (ns since 1970) against one that nobody sets (in seconds), and against the neighbours'."""

    def __init__(self, clock: Callable[[], int], steady: Callable[[], float], keep: int) -> None:
        self._clock = clock
        self._steady = steady
        self._quiet = min(QUIET, keep / _SHARE)
        self._jump = min(OFF, keep * SECOND // _SHARE)
        self._doubted = steady()  # since when
        self._difference = self._compare()

    def trusts(self, ahead: Sequence[int]) -> bool:
        """Look at the clock, as often as every second; `ahead`: ns by which the clocks of neighbours are ahead."""
        difference = self._compare()
        if abs(difference - self._difference) > self._jump:
            self._doubted = self._steady()
        self._difference = difference
        if ahead and abs(median(ahead)) > OFF:
            return False
        return self._steady() - self._doubted >= (min(CONFIRM, self._quiet) if ahead else self._quiet)

    def _compare(self) -> int:
        return self._clock() - round(self._steady() * SECOND)
