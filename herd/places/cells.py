"""Finds the points within some kilometres of a place, nearest first, by a grid of cells of a quarter degree."""

# array[int] is subscripted at run time from 3.12 on only.
from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from math import asin, cos, degrees, floor, isfinite, pi, radians, sin, sqrt

EARTH_RADIUS = 6371.0088  # km, the mean radius R1 of WGS 84
PER_DEGREE = 4  # cells; cells of one degree were 3 times slower at 1 km
COLUMNS = 360 * PER_DEGREE
ROWS = 180 * PER_DEGREE
# Looked at around what is wanted, so that rounding leaves nothing out: 1e-9 degrees are 0.1 mm.
MARGIN = 1e-9


def cell(latitude: float, longitude: float) -> int:
    """Return the number of the cell at degrees: rows from the south, in each its columns from -180 to the east.

    >>> cell(-90, -180), cell(-89.8, 180), cell(90, 179.9)
    (0, 0, 1036799)
    """
    row = min(floor((latitude + 90) * PER_DEGREE), ROWS - 1)  # the pole belongs to the row below
    return row * COLUMNS + floor((longitude + 180) * PER_DEGREE) % COLUMNS


def distance(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Return kilometres along the surface of a sphere, by the haversine."""
    return _kilometres(_haversine(latitude, longitude, to_latitude, to_longitude))


class Cells:
    """Points sorted by cell: the number of each one's cell, and its latitude and longitude in degrees."""

    def __init__(self, cells: array[int], latitudes: array[float], longitudes: array[float]) -> None:
        self._cells = cells
        self._latitudes = latitudes
        self._longitudes = longitudes

    def __len__(self) -> int:
        return len(self._cells)

    def __getitem__(self, number: int) -> tuple[float, float]:
        """Return a point's latitude and longitude in degrees."""
        return self._latitudes[number], self._longitudes[number]

    def within(self, latitude: float, longitude: float, radius: float, most: int) -> list[tuple[float, int]]:
        """Return the nearest, at most so many, as kilometres and number; of equally near ones the lower number.

        A point exactly `radius` km away is within.
        """
        cosine = cos(radians(latitude))
        # Compared before square root and arc sine; those decide, so the bound is a hair wider.
        bound = sin(min(radius / EARTH_RADIUS, pi) / 2) ** 2 * (1 + MARGIN)
        near = []
        for begin, end in self._ranges(latitude, longitude, radius):
            # The haversine, written out: a call for each of hundreds of points would double the time.
            for number, north, east in zip(
                range(begin, end), self._latitudes[begin:end], self._longitudes[begin:end], strict=True
            ):
                x, y = sin((north - latitude) * _HALF), sin((east - longitude) * _HALF)
                haversine = x * x + cosine * cos(north * _WHOLE) * y * y
                if haversine <= bound:
                    near.append((_kilometres(haversine), number))
        near.sort()
        return [found for found in near[:most] if found[0] <= radius]

    def _ranges(self, latitude: float, longitude: float, radius: float) -> Iterator[tuple[int, int]]:
        """Yield from where to where points lie that may be near: cells side by side are one range."""
        angle = radius / EARTH_RADIUS
        height = degrees(angle) + MARGIN
        lowest = max(floor((latitude - height + 90) * PER_DEGREE), 0)
        highest = min(floor((latitude + height + 90) * PER_DEGREE), ROWS - 1)
        columns = list(_columns(longitude, _width(latitude, angle)))
        for row in range(lowest, highest + 1):
            for first, last in columns:
                begin = bisect_left(self._cells, row * COLUMNS + first)
                yield begin, bisect_right(self._cells, row * COLUMNS + last, begin)


def sorted_cells(places: Sequence[tuple[float, float]]) -> tuple[Cells, list[int]]:
    """Return these points, latitude and longitude in degrees, as Cells, and which of them each number is."""
    order = sorted(range(len(places)), key=lambda number: cell(*places[number]))
    latitudes = array("d", (places[number][0] for number in order))
    longitudes = array("d", (places[number][1] for number in order))
    return Cells(array("I", map(cell, latitudes, longitudes)), latitudes, longitudes), order


def _width(latitude: float, angle: float) -> float:
    """Return how many degrees of longitude a circle of this angle (radians) reaches to either side."""
    widest = sin(angle) / cos(radians(latitude)) if abs(latitude) + degrees(angle) < 90 - MARGIN else 1.0
    # A circle that holds a pole has all longitudes; the widest point of another lies a little towards its pole.
    return degrees(asin(widest)) + MARGIN if widest < 1 and isfinite(widest) else 180.0


def _columns(longitude: float, width: float) -> Iterator[tuple[int, int]]:
    """Yield first and last column of the cells within `width` degrees: two pairs across the antimeridian."""
    first = floor((longitude - width + 180) * PER_DEGREE)
    last = floor((longitude + width + 180) * PER_DEGREE)
    if last - first >= COLUMNS - 1:
        yield 0, COLUMNS - 1
    elif first // COLUMNS == last // COLUMNS:
        yield first % COLUMNS, last % COLUMNS
    else:
        yield first % COLUMNS, COLUMNS - 1
        yield 0, last % COLUMNS


def _haversine(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    x, y = sin((to_latitude - latitude) * _HALF), sin((to_longitude - longitude) * _HALF)
    return x * x + cos(radians(latitude)) * cos(to_latitude * _WHOLE) * y * y


def _kilometres(haversine: float) -> float:
    return 2 * EARTH_RADIUS * asin(min(sqrt(haversine), 1.0))  # rounding may take the other end of Earth beyond 1


_WHOLE = pi / 180  # radians of a degree
_HALF = pi / 360
