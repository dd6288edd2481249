"""Answers from OpenStreetMap, nearest first, out of what was learnt about a small cell of the Earth."""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from heapq import nsmallest
from typing import NamedTuple

from herd.places.cells import distance
from herd.places.layout import write_answer
from herd.places.tags import ATTRIBUTION
from herd.position import Position

# Whoever is in the same cell is answered from one question about its middle, so that a walker and a phone that
# does not quite know where it is cost a public server little. Distances are each client's own all the same.
CELL = Decimal("0.001")  # degrees: 111 m, and less from west to east
CORNER = 0.08  # km from the middle of a cell to its corner, and a little more
# A small circle mostly holds all that a WHATSAT may show. Only where it does not, a large one is asked for.
NEAR, FAR = Decimal("0.5"), Decimal(2)  # km
MOST = 20  # places that a WHATSAT may ask for
BOUNDED = f"places are sought within {FAR} km only, nearest first"
WEIGHT = 1000  # bytes that a place takes, about


class Place(NamedTuple):
    """A place: where, how far from what was asked about in km, and as a result of a Nearby Search."""

    latitude: float
    longitude: float
    away: float
    result: dict[str, object]


Around = Callable[[float, float, int], Awaitable[list[Place]]]


class Surroundings:
    """Learns what is in a cell and around it; a source for `Careful`."""

    def __init__(self, around: Around) -> None:
        self._around = around

    async def learn(self, middle: Position, radius: Decimal) -> tuple[Place, ...]:
        """Return what is needed to answer anyone in the cell: all within radius, or the MOST nearest of it."""
        where = float(middle.latitude), float(middle.longitude)
        found: list[Place] = []
        for reach in (NEAR, FAR):
            found = await self._around(*where, round((float(reach) + CORNER) * 1000))
            # Of those near the middle so many are also within reach of whoever stands in a corner.
            enough = len(found) >= MOST and found[MOST - 1].away <= float(reach) - CORNER
            if enough or reach >= radius:
                break
        return tuple(_needed(found))


def weight(places: Sequence[Place]) -> int:
    """Return about how many bytes they take."""
    return WEIGHT * len(places)


class NearestFirst:
    """A Provider out of cells."""

    def __init__(self, learn: Callable[[Position, Decimal], Awaitable[tuple[Place, ...]]]) -> None:
        self._learn = learn

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        """Return the places within radius, at most MOST, nearest first; a note says where that is FAR only."""
        middle = Position(*(degrees.quantize(CELL) for degrees in position))
        places = await self._learn(middle, NEAR if radius <= NEAR else FAR)
        here, reach = (float(position.latitude), float(position.longitude)), float(min(radius, FAR))
        away = ((distance(*here, place.latitude, place.longitude), place) for place in places)
        found = nsmallest(MOST, (each for each in away if each[0] <= reach), key=lambda each: each[0])
        info = [BOUNDED] if radius > FAR else []
        return write_answer([place.result for _, place in found], [ATTRIBUTION], info=info)


def _needed(places: list[Place]) -> list[Place]:
    """Return those of the places, nearest first, that are among the MOST nearest of any point of the cell.

    To such a point, every distance differs from that to the middle by at most CORNER.
    """
    if len(places) <= MOST:
        return places
    reach = places[MOST - 1].away + 2 * CORNER
    return [place for place in places if place.away <= reach]
