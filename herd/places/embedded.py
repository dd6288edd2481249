"""Answers what is near from data that comes with Herd: cities, and a user's own places; no key, no network."""

import asyncio
import logging
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Protocol

from herd.places.cells import Cells
from herd.places.cities import ATTRIBUTION, Cities, Damaged, read_cities
from herd.places.cities import FILE as CITIES
from herd.places.layout import write_answer
from herd.places.provider import UNKNOWN_ERROR, Unavailable
from herd.places.userfile import PlacesFileError, UserPlaces, read_places_file
from herd.position import Position

# No WHATSAT may ask for more results; writing hundreds that are cut off again would take most of the time.
RESULTS_MOST = 20

log = logging.getLogger(__name__)


class Embedded:
    """A provider of the cities of GeoNames, and beside them the places of a user's file, nearest first.

    Both are read in a thread when first asked, so that a server listens at once. A file that cannot be read
    takes nobody the cities: it is logged, and every answer says so under info_messages.
    """

    def __init__(self, file: Path | None = None, cities: Path = CITIES) -> None:
        self._file = file
        self._cities = cities
        self._read: _Read | None = None
        self._turn = asyncio.Lock()
        self._lock = Lock()

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        """Return the nearest 20 cities and places within `radius` km; Unavailable where the cities are damaged."""
        if self._read is None:
            # In turn, so that many who wait take one thread, and the rest of the program has the others.
            async with self._turn:
                await asyncio.to_thread(self._read_once)
        assert self._read
        return self._read.answer(float(position.latitude), float(position.longitude), float(radius))

    def _read_once(self) -> None:
        # Who waited may be cancelled; the thread goes on, and what it read is not lost.
        with self._lock:
            if self._read is None:
                self._read = _read_all(self._file, self._cities)


class _Source(Protocol):
    """Points, and each as a result."""

    cells: Cells

    def result(self, number: int) -> dict[str, object]:
        """Return the point of that number as a Nearby Search has it."""


class _Read:
    """What was read: cities, and the user's places with what is to be said about them."""

    def __init__(self, cities: Cities, places: UserPlaces | None, info: tuple[str, ...]) -> None:
        # Of equally near ones a user's own place comes first.
        self._sources: list[_Source] = [places, cities] if places else [cities]
        self._info = info
        self._attributions = [ATTRIBUTION, *(places.attributions if places else ())]

    def answer(self, latitude: float, longitude: float, radius: float) -> bytes:
        """Return the text of the answer; the place in degrees, the radius in km."""
        near = sorted(
            (kilometres, rank, number)
            for rank, source in enumerate(self._sources)
            for kilometres, number in source.cells.within(latitude, longitude, radius, RESULTS_MOST)
        )
        results = [self._sources[rank].result(number) for _, rank, number in near[:RESULTS_MOST]]
        return write_answer(results, self._attributions, info=self._info)


def _read_all(file: Path | None, packed: Path) -> _Read:
    try:
        cities = read_cities(packed)
    except Damaged as problem:
        log.error("the packed cities cannot be read: %s", problem)  # noqa: TRY400
        raise Unavailable(UNKNOWN_ERROR, "the cities that come with Herd cannot be read") from None
    if file is None:
        return _Read(cities, None, ())
    try:
        places = read_places_file(file)
    except PlacesFileError as problem:
        log.error("places: %s", problem)  # noqa: TRY400
        # Not the path: clients read this.
        return _Read(cities, None, ("The server's own file of places cannot be read; these are cities alone.",))
    log.info("places: %d read from %s, %d skipped", len(places.cells), file, places.skipped_count)
    return _Read(cities, places, ())
