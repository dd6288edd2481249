"""Where clients are, roughly: squares of degrees that are divided where there are many, as in a quadtree.

What stands in a square are hints. The truth is in the store: a client counts where its newest report says, and if
it is gone from a square, its hint is thrown out when the square is full. So a move within a square costs a look
into a dict, nothing needs to be kept of where a client was before, and what is forgotten needs no telling.

Measured at a million clients: 45 bytes each, and a search for the 20 nearest opens a few hundred of them. Hints are
dicts, for the garbage collector does not look into dicts of atoms.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from typing import NamedTuple

from herd.store import Store
from web.box import Box
from web.search.flock import Flock, let_go
from web.search.globe import ROUNDING, Place
from web.search.piles import SLICE, Pile, place_of
from web.search.squares import DEEPEST, WORLD, bounds, deepest_square, quarters, touches

FULL = 128  # clients in a square, beyond which it is divided; the deepest ones hold any number
_DROPPED = 20  # squares thrown away between two pauses: about as long

Hints = dict[bytes, None]
_DIVIDED = None  # stands for a square that has quarters
_NOBODY: Hints = {}

# (distance in km, square or 0 for a client, client, its AT line)
Entry = tuple[float, int, bytes, bytes]


class Hit(NamedTuple):
    """A client's newest AT line, and how many km away it is."""

    distance: float
    client: bytes
    line: bytes


class Grid:
    """Clients by squares. Its searches find every client that it was told of, where it is now, in slices."""

    def __init__(self, store: Store) -> None:
        self.hints = 0
        self._store = store
        self._squares: dict[int, Hints | None] = {}
        self._searches = 0  # that are under way: meanwhile hints are only added, so that nobody slips past them

    @property
    def searched(self) -> bool:
        """Whether a search is under way."""
        return self._searches > 0

    def fill(self) -> Iterator[None]:
        """Take in all that the store knows, with pauses; to be done first."""
        pile = Pile()
        for clients in let_go(
            list(self._store.reports), SLICE
        ):  # 10 ms for a million, which a dict cannot do in parts
            pile.look_up(clients, self._store)
            yield
        self.hints = len(pile)
        yield from self._sort_in(WORLD, pile)

    def add(self, client: bytes, line: bytes) -> None:
        """Note where a client is."""
        deepest = deepest_square(*place_of(line))
        shift = 2 * DEEPEST
        while (hints := self._squares.get(deepest >> shift, _NOBODY)) is _DIVIDED:
            shift -= 2
        if client in hints:
            return
        if hints is _NOBODY:
            hints = self._squares[deepest >> shift] = {}
        hints[client] = None
        self.hints += 1
        if len(hints) > FULL and shift and not self._searches:
            self._make_room(deepest >> shift, shift, hints)

    def clear(self) -> Iterator[None]:
        """Throw everything away, with pauses."""
        while self._squares:
            for _ in range(min(_DROPPED, len(self._squares))):
                self._squares.popitem()
            yield

    async def near(self, here: Place, radius: float, limit: int) -> list[Hit]:
        """Return the nearest clients within `radius` km, nearest first.

        Squares and clients wait in one heap by their distance, so a square is opened only when nothing nearer is
        left (Hjaltason and Samet, "Distance browsing in spatial databases", 1999).
        """
        found: dict[bytes, Hit] = {}
        heap: list[Entry] = [(0.0, WORLD, b"", b"")]
        looked = 0
        with self._search():
            while heap and len(found) < limit:
                distance, square, client, line = heappop(heap)
                if not square:
                    found[client] = Hit(distance, client, line)
                    continue
                for entry in self._open(here, square):
                    looked += 1
                    if entry[0] <= radius + ROUNDING:
                        heappush(heap, entry)
                if looked >= SLICE:
                    looked = 0
                    await asyncio.sleep(0)
        return sorted(found.values())  # who moved meanwhile may have come out of turn

    async def within(self, box: Box) -> Flock:
        """Return the clients in a box."""
        found = Flock()
        todo, looked = [WORLD], 0
        with self._search():
            while todo:
                square = todo.pop()
                hints = self._squares.get(square, _NOBODY)
                if hints is _DIVIDED:
                    todo += [quarter for quarter in quarters(square) if touches(box, quarter)]
                else:
                    found.update(self._only_in(box, hints))
                    looked += len(hints)
                looked += 1
                if looked >= SLICE:
                    looked = 0
                    await asyncio.sleep(0)
        return found

    def _open(self, here: Place, square: int) -> Iterator[Entry]:
        """Yield what is in a square: quarters, or clients."""
        hints = self._squares.get(square, _NOBODY)
        if hints is _DIVIDED:
            for quarter in quarters(square):
                if quarter in self._squares:
                    yield here.distance_to(*bounds(quarter)), quarter, b"", b""
            return
        for client in hints:
            line = self._store.newest(client)
            if line is not None:
                yield here.distance(*place_of(line)), 0, client, line

    def _only_in(self, box: Box, hints: Hints) -> Iterator[bytes]:
        for client in hints:
            line = self._store.newest(client)
            if line is not None and box.holds(*place_of(line)):
                yield client

    def _make_room(self, square: int, shift: int, hints: Hints) -> None:
        """Throw those out of a full square who have left it; if half are still there, divide it."""
        found = Pile()
        found.look_up(hints, self._store)
        parts: dict[int, Pile] = {}
        for _ in found.distribute(shift, parts):
            pass
        there = parts.get(square, Pile())
        self.hints += len(there) - len(hints)
        if len(there) <= FULL // 2:
            self._squares[square] = dict.fromkeys(there.clients)
        else:
            for _ in self._sort_in(square, there):
                pass

    def _sort_in(self, square: int, pile: Pile) -> Iterator[None]:
        """Give a pile of clients the squares that it needs, with pauses; the pile is used up."""
        todo = [(square, pile)]
        while todo:
            square, pile = todo.pop()
            left = DEEPEST - (square.bit_length() - 1) // 2
            steps = min(_steps(len(pile)), left)
            if not steps:
                self._squares[square] = dict.fromkeys(pile.clients)
                yield
                continue
            parts: dict[int, Pile] = {}
            yield from pile.distribute(2 * (left - steps), parts)
            for part in parts:
                for up in range(2, 2 * steps + 2, 2):
                    self._squares[part >> up] = _DIVIDED
            todo += parts.items()

    @contextmanager
    def _search(self) -> Iterator[None]:
        self._searches += 1
        try:
            yield
        finally:
            self._searches -= 1


def _steps(clients: int) -> int:
    """Return how many times a pile is divided at once: so often that few of its parts need another time."""
    return 0 if clients <= FULL else max(1, (clients // FULL).bit_length() // 2)
