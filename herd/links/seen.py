"""How much of other servers' feeds is held here, whichever way it came.

Who hears a mark holds all that the teller's life held at that number. It says so behind its own marks, so the claim
travels the way of the facts and is true wherever it comes: hence a server can acknowledge a neighbour's feed that
others told it of. The precedents are the vectors of Bayou's anti-entropy and of Scuttlebutt.
"""

from herd.words import LIVES_MOST


class Seen:
    """For each life the number up to which its feed is held here."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}  # by life, the one that moved last at the end

    def number(self, life: bytes) -> int:
        """Return how far a life's feed is held here; 0 for one never heard of."""
        return self._numbers.get(life, 0)

    def take(self, life: bytes, number: int) -> bool:
        """Note that the feed of a life is held here up to a number; tell if that is news."""
        if number <= self.number(life):
            return False
        self._numbers.pop(life, None)
        if len(self._numbers) >= LIVES_MOST:  # the one that did not move for longest is most likely gone
            del self._numbers[next(iter(self._numbers))]
        self._numbers[life] = number
        return True

    def correct(self, life: bytes, number: int) -> None:
        """Believe a life itself more than what others say of it."""
        self._numbers[life] = number

    def since(self, said: dict[bytes, int]) -> dict[bytes, int]:
        """Return what was not said yet."""
        return {life: number for life, number in self._numbers.items() if said.get(life, 0) != number}


class PassingOn:
    """What one reader of our feed is told of it."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._said: dict[bytes, int] = {}
        self._next: tuple[int, dict[bytes, int]] | None = None  # what is said once the reader has come so far

    def __bool__(self) -> bool:
        return self._next is not None

    def take(self, number: int, cursor: int) -> dict[bytes, int]:
        """Return what is true of a reader that has our feed up to `cursor`, where all that we hold is `number`.

        What is held now is said when the reader has come to `number`, and what came meanwhile after that: a link
        that is always a little behind would otherwise never say anything.
        """
        if self._next is None and (news := self._seen.since(self._said)):
            self._next = number, news
        if self._next is None or self._next[0] > cursor:
            return {}
        news, self._next = self._next[1], None
        self._said.update(news)
        if len(self._said) > 2 * LIVES_MOST:  # most of them are left out by now
            self._said = {life: number for life, number in self._said.items() if self._seen.number(life)}
        return news
