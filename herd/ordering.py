"""The answers of one connection in the order of its commands, also where one of them has to be waited for."""

from dataclasses import dataclass

WAITING_LIMIT = 8  # unanswered WHATSATs
HELD_LIMIT = 1024 * 1024  # bytes of answers that wait behind them


@dataclass(slots=True, eq=False)
class Wait:
    """A place in the order for an answer that is on its way, and the answers that leave before it."""

    before: list[bytes]
    text: bytes | None = None


class Answers:
    """Answers that have not left yet; `newest` takes the next ones, without their newlines."""

    __slots__ = ("_held", "_waits", "newest")

    def __init__(self) -> None:
        self.newest: list[bytes] = []
        # WAITING_LIMIT at most. An empty tuple costs nothing, where an empty deque costs each connection 600 bytes.
        self._waits: tuple[Wait, ...] = ()
        self._held = 0

    @property
    def waiting(self) -> bool:
        """Whether any answer is on its way."""
        return bool(self._waits)

    @property
    def full(self) -> bool:
        """Whether so much waits that no further command may be carried out."""
        return bool(self._waits) and (len(self._waits) >= WAITING_LIMIT or self._held > HELD_LIMIT)

    def wait(self) -> Wait:
        """Keep a place for an answer that comes later; `newest` is a new list behind it."""
        wait = Wait(before=self.newest)
        self._waits = (*self._waits, wait)
        self.newest = []
        return wait

    def hold(self, answers: list[bytes], start: int) -> None:
        """Count the answers that were added to a list from a place on, if they have to wait."""
        if self._waits:
            self._held += sum(map(len, answers[start:]))

    def take_ready(self) -> list[bytes]:
        """Take the answers whose turn has come: all up to the first that is still on its way."""
        if not self._waits:  # as nearly always
            ready, self.newest = self.newest, []
            return ready
        ready = []
        while self._waits:
            wait = self._waits[0]
            ready += wait.before
            wait.before = []
            if wait.text is None:
                self._held = sum(len(answer) for wait in self._waits for answer in wait.before)
                self._held += sum(map(len, self.newest))
                return ready
            ready.append(wait.text)
            self._waits = self._waits[1:]
        ready += self.newest
        self.newest, self._held = [], 0
        return ready
