"""Counts requests, so that no more than so many leave in any minute."""

from collections import deque
from collections.abc import Callable

MINUTE = 60.0  # seconds


class Cap:
    """At most `most` requests in any sixty seconds; it remembers when each of them left."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most = most
        self._clock = clock
        self._left: deque[float] = deque()

    def take(self) -> bool:
        """Tell whether one more may leave now, and if so count it."""
        now = self._clock()
        while self._left and self._left[0] <= now - MINUTE:
            self._left.popleft()
        if len(self._left) >= self._most:
            return False
        self._left.append(now)
        return True
