"""Remembers answers for a while, as many as have room."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

ROOM = 16 * 1024 * 1024  # bytes, about; 500 answers of Google's
OVERHEAD = 500  # bytes that an entry takes beside its answer


class Memory(Generic[T]):
    """Answers by what was asked; the oldest go first, `weigh` says about how many bytes one takes."""

    def __init__(
        self, seconds: float, clock: Callable[[], float], weigh: Callable[[T], int], room: int = ROOM
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._weigh = weigh
        self._room = room
        self._weight = 0
        # In the order of their ends, for all are kept equally long: until when, how heavy, what.
        self._kept: dict[Hashable, tuple[float, int, T]] = {}

    def get(self, asked: Hashable) -> T | None:
        """Return the answer, if it is still remembered."""
        self._forget_old()
        found = self._kept.get(asked)
        return None if found is None else found[2]

    def put(self, asked: Hashable, answer: T) -> None:
        """Remember an answer; one that is larger than all the room is not."""
        weight = self._weigh(answer) + OVERHEAD
        if self._seconds <= 0 or weight > self._room:
            return
        self._forget(asked)
        while self._weight + weight > self._room:
            self._forget(next(iter(self._kept)))
        self._kept[asked] = (self._clock() + self._seconds, weight, answer)
        self._weight += weight

    def _forget_old(self) -> None:
        now = self._clock()
        while self._kept:
            asked, (until, _, _) = next(iter(self._kept.items()))
            if now < until:
                break
            self._forget(asked)

    def _forget(self, asked: Hashable) -> None:
        found = self._kept.pop(asked, None)
        if found is not None:
            self._weight -= found[1]
