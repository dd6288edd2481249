"""What a peer has not acknowledged yet, and since when it could."""

from collections import deque

MOST = 256  # looks: of a peer that never acknowledges anything, the last ones are enough to know


class Owed:
    """Numbers of our feed with the moments at which they were seen, in order."""

    def __init__(self) -> None:
        self._since: deque[tuple[int, float]] = deque(maxlen=MOST)

    def __bool__(self) -> bool:
        return bool(self._since)

    def note(self, number: int, now: float, acknowledged: int) -> None:
        """Look: our feed has come to a number, and the peer acknowledges another."""
        if number > acknowledged and not (self._since and self._since[-1][0] >= number):
            self._since.append((number, now))
        while self._since and self._since[0][0] <= acknowledged:
            self._since.popleft()

    def before(self, moment: float) -> int:
        """Return the newest number that is owed since then or longer; 0 if none is."""
        return max((number for number, since in self._since if since <= moment), default=0)
