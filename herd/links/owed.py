"""What a peer has not acknowledged yet, and for how long that is to be expected."""

from collections import deque

MOST = 256  # of a peer that never acknowledges anything, the last numbers are enough to know
LEAST, LONGEST = 6, 40  # looks: 0.3 seconds, and two


class Owed:
    """Numbers of our feed in order, each with the look at which it was seen first.

    Time is counted in looks, which a busy server takes less often: then all others wait longer, too. The patience
    is that of TCP (RFC 6298): it follows how long acknowledgements took, and begins anew with each one.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque(maxlen=MOST)
        self._look = 0
        self._progressed = 0  # the look that found a new acknowledgement last
        self._delay = self._deviation = 0.0  # of acknowledgements, smoothed, in looks

    def __bool__(self) -> bool:
        return bool(self._seen)

    def look(self, number: int, acknowledged: int) -> None:
        """Our feed has come to a number, and the peer acknowledges another."""
        self._look += 1
        if number > acknowledged and not (self._seen and self._seen[-1][0] >= number):
            self._seen.append((number, self._look))
        while self._seen and self._seen[0][0] <= acknowledged:
            delay = self._look - self._seen.popleft()[1]
            self._deviation += (abs(delay - self._delay) - self._deviation) / 4
            self._delay += (delay - self._delay) / 8
            self._progressed = self._look

    def wait(self) -> None:
        """Begin anew with all that is owed: the peer says that it is on its way."""
        self._seen = deque([(number, self._look) for number, _ in self._seen][-1:], maxlen=MOST)
        self._progressed = self._look

    def late(self) -> int:
        """Return up to which number the peer should have acknowledged by now; 0 where it is only slow."""
        patience = min(LONGEST, max(LEAST, self._delay + 4 * self._deviation))
        return self.before(patience if self._progressed < self._look - patience else LONGEST)

    def before(self, looks: float) -> int:
        """Return the newest number that is owed for so long or longer; 0 if none is."""
        return max((number for number, seen in self._seen if seen <= self._look - looks), default=0)
