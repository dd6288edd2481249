"""Where clients were lately: a reader of the feed that looks five times a second.

It records from the start of the gateway, since a trail is asked for after the fact. So it must be cheap: a tick
looks at some hundred changes and leaves out the others, which makes trails coarser, not late.

Measured: 1.2 ms a tick, 0.6% of a core, where there are more changes than it looks at; at rest nothing.
"""

import asyncio
from array import array
from collections import OrderedDict
from typing import NamedTuple

from herd.messages import SECOND
from herd.node import Node
from web.search.piles import place_of

TICKS_A_SECOND = 5
CHANGES_A_TICK = 500  # about 2 ms; a batch is not cut, so it may be 250 more
CLIENTS_MOST = 10_000  # those that changed last
POINTS_MOST = 100  # of one client: 24 bytes each

_COORDINATES = 3  # of a point


class Point(NamedTuple):
    """Where a client was: degrees east and north, and its own time in POSIX seconds."""

    longitude: float
    latitude: float
    time: float


class Trails:
    """The last points of the clients that moved last."""

    def __init__(self, node: Node, ticks_a_second: float = TICKS_A_SECOND) -> None:
        self._node = node
        self._store = node.store
        self._cursor = node.store.number
        self._interval = 1 / ticks_a_second
        self._points: OrderedDict[bytes, array[float]] = OrderedDict()  # flat; least recently changed first

    def __len__(self) -> int:
        """Return the count of clients."""
        return len(self._points)

    async def run(self) -> None:
        """Record until cancelled."""
        while True:
            with self._node.guard.contain("a tick of the trails"):
                self.tick()
            await asyncio.sleep(self._interval)

    def tick(self) -> None:
        """Note where clients are that changed since the last tick, or some of them under load."""
        store, cursor = self._store, self._cursor
        if cursor == store.number:
            return
        self._cursor = store.number  # whatever is not looked at is left out: a reader that lags sees only what
        if store.reaches(cursor):  # was not overtaken, which under load is next to nothing
            _, reports, gone = store.shown_since(cursor, CHANGES_A_TICK)
            for client in gone:
                self._points.pop(client, None)
            for report in reports:
                self._note(report[4], report[1])

    def of(self, client: bytes) -> list[Point]:
        """Return the points of a client, oldest first, to where it is now; none if nothing was recorded."""
        line = self._store.newest(client)
        if client not in self._points or line is None:
            return []
        self._note(client, line)
        points = [Point(*point) for point in zip(*[iter(self._points[client])] * _COORDINATES, strict=True)]
        forgotten = self._store.forgotten.get(client)  # perhaps in a tick that did not look at it
        return [point for point in points if forgotten is None or point.time > forgotten[0] / SECOND]

    def _note(self, client: bytes, line: bytes) -> None:
        latitude, longitude = place_of(line)
        points = self._points.get(client)
        if points is None:
            points = self._points[client] = array("d")
            if len(self._points) > CLIENTS_MOST:
                self._points.popitem(last=False)
        else:
            self._points.move_to_end(client)
            if points[-_COORDINATES] == longitude and points[1 - _COORDINATES] == latitude:
                return  # it stands still, which is no reason to forget where it came from
        points.extend((longitude, latitude, float(line[line.rindex(b" ") + 1 :])))
        if len(points) > _COORDINATES * POINTS_MOST:
            del points[:_COORDINATES]
