"""How long to wait before the next attempt, when attempts fail: longer each time, up to a cap."""

from random import Random

# Doubled so often, any first wait has passed any cap; more would only make a float overflow one day.
DOUBLINGS = 30


class Backoff:
    """Exponential backoff with full jitter, in seconds.

    Full jitter (a uniform draw from zero to the bound) spreads many callers best:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    def __init__(self, first: float, cap: float, random: Random) -> None:
        self._first = first
        self._cap = cap
        self._random = random
        self._failures = 0

    def next(self) -> float:
        """Return the seconds to wait now: 0 to `first`, twice that at the next call, never above `cap`."""
        bound = min(self._cap, self._first * 2**self._failures)
        self._failures = min(self._failures + 1, DOUBLINGS)
        return self._random.uniform(0, bound)

    def reset(self) -> None:
        """Forget the failures: an attempt went well."""
        self._failures = 0
