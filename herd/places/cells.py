"""Finds the points within some kilometres of a place, nearest first, by a grid of cells."""

# array[int] is subscripted at run time from 3.12 on only.
from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from math import asin, cos, degrees, floor, isfinite, pi, radians, sin, sqrt

EARTH_RADIUS = 6371.0088  # km, the mean radius R1 of WGS 84
PER_DEGREE = 4  # cells, for towns; cells of one degree were 3 times slower at 1 km
# Where more may be near than this, a part of the radius is searched first, and often has enough: in a city with
# 10,000 cafés within 50 km, the nearest 20 are round the corner.
MANY = 500
PART = 0.25
PARTS_MOST = 8  # as 65,536 points in one place are not told apart by any radius
# Looked at around what is wanted, so that rounding leaves nothing out: 1e-9 degrees are 0.1 mm.
MARGIN = 1e-9

_Ranges = list[tuple[int, int]]


def cell(latitude: float, longitude: float, per_degree: int = PER_DEGREE) -> int:
    """Return the number of the cell at degrees: rows from the south, in each its columns from -180 to the east.

    >>> cell(-90, -180), cell(-89.8, 180), cell(90, 179.9)
    (0, 0, 1036799)
    """
    row = min(floor((latitude + 90) * per_degree), 180 * per_degree - 1)  # the pole belongs to the row below
    columns = 360 * per_degree
    return row * columns + floor((longitude + 180) * per_degree) % columns


def distance(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Return kilometres along the surface of a sphere, by the haversine."""
    return _kilometres(_haversine(latitude, longitude, to_latitude, to_longitude))


class Cells:
    """Points sorted by cell: the number of each one's cell, and its latitude and longitude in degrees."""

    def __init__(
        self,
        cells: array[int],
        latitudes: array[float],
        longitudes: array[float],
        per_degree: int = PER_DEGREE,
    ) -> None:
        self._per_degree = per_degree
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
        near: list[tuple[float, int]] = []
        for reach, ranges in self._reaches(latitude, longitude, radius):
            near = self._search(latitude, longitude, reach, ranges)
            if len(near) >= most:
                break
        near.sort()
        return near[:most]

    def _reaches(self, latitude: float, longitude: float, radius: float) -> list[tuple[float, _Ranges]]:
        """Return the radius, and before it the parts that are worth a try, each with where its points may be."""
        reaches = [(radius, list(self._ranges(latitude, longitude, radius)))]
        while len(reaches) < PARTS_MOST and sum(end - begin for begin, end in reaches[-1][1]) > MANY:
            part = reaches[-1][0] * PART
            reaches.append((part, list(self._ranges(latitude, longitude, part))))
        return reaches[::-1]

    def _search(self, latitude: float, longitude: float, radius: float, ranges: _Ranges) -> list[tuple[float, int]]:
        """Return all in these ranges that are within the radius, in no order."""
        cosine = cos(radians(latitude))
        # Compared before square root and arc sine; those decide, so the bound is a hair wider.
        bound = sin(min(radius / EARTH_RADIUS, pi) / 2) ** 2 * (1 + MARGIN)
        near = []
        for begin, end in ranges:
            # The haversine, written out: a call for each of hundreds of points would double the time.
            for number, north, east in zip(
                range(begin, end), self._latitudes[begin:end], self._longitudes[begin:end], strict=True
            ):
                x, y = sin((north - latitude) * _HALF), sin((east - longitude) * _HALF)
                haversine = x * x + cosine * cos(north * _WHOLE) * y * y
                if haversine <= bound and (kilometres := _kilometres(haversine)) <= radius:
                    near.append((kilometres, number))
        return near

    def _ranges(self, latitude: float, longitude: float, radius: float) -> Iterator[tuple[int, int]]:
        """Yield from where to where points lie that may be near: cells side by side are one range."""
        angle, per_degree = radius / EARTH_RADIUS, self._per_degree
        height = degrees(angle) + MARGIN
        lowest = max(floor((latitude - height + 90) * per_degree), 0)
        highest = min(floor((latitude + height + 90) * per_degree), 180 * per_degree - 1)
        columns = list(_columns(longitude, _width(latitude, angle), per_degree))
        for row in range(lowest, highest + 1):
            before = row * 360 * per_degree
            for first, last in columns:
                begin = bisect_left(self._cells, before + first)
                yield begin, bisect_right(self._cells, before + last, begin)


def sorted_cells(places: Sequence[tuple[float, float]], per_degree: int = PER_DEGREE) -> tuple[Cells, list[int]]:
    """Return these points, latitude and longitude in degrees, as Cells, and which of them each number is."""
    numbers = [cell(latitude, longitude, per_degree) for latitude, longitude in places]
    order = sorted(range(len(places)), key=numbers.__getitem__)
    cells = array("I", (numbers[number] for number in order))
    latitudes = array("d", (places[number][0] for number in order))
    longitudes = array("d", (places[number][1] for number in order))
    return Cells(cells, latitudes, longitudes, per_degree), order


def _width(latitude: float, angle: float) -> float:
    """Return how many degrees of longitude a circle of this angle (radians) reaches to either side."""
    widest = sin(angle) / cos(radians(latitude)) if abs(latitude) + degrees(angle) < 90 - MARGIN else 1.0
    # A circle that holds a pole has all longitudes; the widest point of another lies a little towards its pole.
    return degrees(asin(widest)) + MARGIN if widest < 1 and isfinite(widest) else 180.0


def _columns(longitude: float, width: float, per_degree: int) -> Iterator[tuple[int, int]]:
    """Yield first and last column of the cells within `width` degrees: two pairs across the antimeridian."""
    columns = 360 * per_degree
    first = floor((longitude - width + 180) * per_degree)
    last = floor((longitude + width + 180) * per_degree)
    if last - first >= columns - 1:
        yield 0, columns - 1
    elif first // columns == last // columns:
        yield first % columns, last % columns
    else:
        yield first % columns, columns - 1
        yield 0, last % columns


def _haversine(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    x, y = sin((to_latitude - latitude) * _HALF), sin((to_longitude - longitude) * _HALF)
    return x * x + cos(radians(latitude)) * cos(to_latitude * _WHOLE) * y * y


def _kilometres(haversine: float) -> float:
    return 2 * EARTH_RADIUS * asin(min(sqrt(haversine), 1.0))  # rounding may take the other end of Earth beyond 1


_WHOLE = pi / 180  # radians of a degree
_HALF = pi / 360
