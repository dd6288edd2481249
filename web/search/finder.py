"""The reader of the feed that keeps a grid of the clients, from when somebody asks until nobody has for minutes."""

import asyncio

from herd.node import Node
from web.box import Box
from web.search.flock import Flock
from web.search.grid import Grid
from web.search.piles import SLICE

IDLE = 300.0  # seconds without a question, after which the grid is thrown away

# A client that moves far leaves hints behind wherever it has been. When there are so many for each client, which
# takes days, the grid is made anew; the number is for a herd with few.
HINTS_EACH, HINTS_LEAST = 3, 10_000


class Finder:
    """Knows where clients were at the last question; a change costs nothing before the next."""

    def __init__(self, node: Node, idle: float = IDLE) -> None:
        self._node = node
        self._store = node.store
        self._idle = idle
        self._grid: Grid | None = None
        self._cursor = 0
        self._reading = asyncio.Lock()  # who comes while the grid is being made finds it made
        self._timer: asyncio.TimerHandle | None = None

    @property
    def made(self) -> bool:
        """Whether there is a grid."""
        return self._grid is not None

    async def grid(self) -> Grid:
        """Return the grid with all that is known now: brought up to date, or made if there is none."""
        async with self._reading:
            target = self._store.number  # and no further: under load there is always more
            while True:
                grid = self._grid
                if grid is None or not self._store.reaches(self._cursor) or self._worn(grid):
                    grid = await self._make()
                if await self._catch_up(grid, target):
                    self._look_again_later()
                    return grid

    async def within(self, box: Box) -> Flock:
        """Return the clients that are in a box now."""
        return await (await self.grid()).within(box)

    def close(self) -> None:
        """Throw the grid away, if nobody is searching it."""
        self._look_again_later()
        grid = self._grid
        if grid is None or not (self._reading.locked() or grid.searched):
            self.stop()
            self._grid = None
            if grid is not None:
                self._node.spawn("clearing the grid", lambda: _clear(grid))

    def stop(self) -> None:
        """Leave everything as it is at the end of the application."""
        if self._timer:
            self._timer.cancel()

    async def _make(self) -> Grid:
        self._grid = None
        cursor = self._store.number  # what comes meanwhile is read later
        grid = Grid(self._store)
        for _ in grid.fill():
            await asyncio.sleep(0)
        self._grid, self._cursor = grid, cursor
        return grid

    async def _catch_up(self, grid: Grid, target: int) -> bool:
        """Tell the grid what changed up to a number; False where the log has lost a part of it."""
        while self._cursor < target:
            if not self._store.reaches(self._cursor):
                return False
            reached, reports, _ = self._store.shown_since(self._cursor, SLICE)  # who is gone leaves a hint behind
            for report in reports:
                grid.add(report[4], report[1])
            self._cursor = reached
            await asyncio.sleep(0)
        return True

    def _worn(self, grid: Grid) -> bool:
        return grid.hints > HINTS_EACH * len(self._store.reports) + HINTS_LEAST

    def _look_again_later(self) -> None:
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(self._idle, self.close)


async def _clear(grid: Grid) -> None:
    for _ in grid.clear():
        await asyncio.sleep(0)
