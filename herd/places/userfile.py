"""Reads a user's own places out of a file: GeoJSON, or the JSON of Overpass."""

import json
import os
import stat
from collections import Counter
from collections.abc import Mapping
from json import JSONDecodeError
from pathlib import Path

from herd.places import tags
from herd.places.cells import Cells, sorted_cells
from herd.places.geojson import read_feature
from herd.places.items import members
from herd.places.tags import NotAPlace, first_text, read_element

FILE_LIMIT = 64 * 1024 * 1024  # bytes; a city's places are about 10 million, and five servers each read the file
READERS = {"features": read_feature, "elements": read_element}
PER_DEGREE = 128  # cells, under 1 km high: a city has more cafés than a country has cities
EXAMPLE_LENGTH = 60  # characters of one that was skipped
Bounds = tuple[float, float, float, float]


class PlacesFileError(Exception):
    """A file of places cannot be used; its text says which file, and why."""


class UserPlaces:
    """A file's places: where they are, and each as a result of a Nearby Search."""

    def __init__(self) -> None:
        """Begin with none; `read_places_file` fills it."""
        self.cells: Cells = sorted_cells([])[0]
        self.attributions: tuple[str, ...] = ()
        self.remark = ""  # Overpass' own, where it could not finish
        self.categories: Counter[str] = Counter()  # of the first type of each
        self.skipped: dict[str, tuple[int, str]] = {}  # reason: how many, and the first of them
        # As JSON: a third of what the same takes as dicts.
        self._results: list[str] = []
        self._ids: set[object] = set()
        self._where: list[tuple[float, float]] = []

    @property
    def skipped_count(self) -> int:
        """How many features or elements are no places."""
        return sum(count for count, _ in self.skipped.values())

    @property
    def bounds(self) -> Bounds:
        """South, west, north and east in degrees; there must be a place."""
        places = [self.cells[number] for number in range(len(self.cells))]
        latitudes, longitudes = [place[0] for place in places], [place[1] for place in places]
        return min(latitudes), min(longitudes), max(latitudes), max(longitudes)

    def result(self, number: int) -> dict[str, object]:
        """Return a place as a Nearby Search has it."""
        place: dict[str, object] = json.loads(self._results[number])
        return place

    def take(self, key: str, item: object) -> None:
        """Take one item of a list, or another member of the file's object."""
        if key in READERS:
            if key == "elements":
                self.attributions = (tags.ATTRIBUTION,)
            try:
                self._keep(READERS[key](item))
            except NotAPlace as reason:
                count, example = self.skipped.get(str(reason), (0, ""))
                number = len(self._where) + self.skipped_count + 1
                self.skipped[str(reason)] = count + 1, example or f"number {number}, {_example(item)}"
        elif key == "remark":
            self.remark = first_text({key: item}, key) or self.remark
        elif key in ("attribution", "copyright") and (credit := first_text({key: item}, key)):
            self.attributions = (credit,)

    def finish(self) -> None:
        """Sort what was taken."""
        self.cells, order = sorted_cells(self._where, PER_DEGREE)
        self._results = [self._results[number] for number in order]
        self._ids, self._where = set(), []

    def _keep(self, place: dict[str, object]) -> None:
        if place["place_id"] in self._ids:
            raise NotAPlace("the same ID as another")
        self._ids.add(place["place_id"])
        match place:
            case {"geometry": {"location": {"lat": float(latitude), "lng": float(longitude)}}, "types": [kind, *_]}:
                self._where.append((latitude, longitude))
                self._results.append(json.dumps(place))
                self.categories[str(kind)] += 1


def read_places_file(path: Path) -> UserPlaces:
    """Read a file of at most 64 MiB; PlacesFileError where it cannot be read or has no place in it."""
    text = _text(path)
    places = UserPlaces()
    try:
        for key, item in members(text, tuple(READERS)):
            places.take(key, item)
    except JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise PlacesFileError(f"{path}: not JSON of places: {problem.msg}, at {where}") from None
    except RecursionError:
        raise PlacesFileError(f"{path}: not JSON of places: brackets nested too deep") from None
    places.finish()
    if not len(places.cells) and not places.skipped:
        raise PlacesFileError(f"{path}: no features, as GeoJSON has them, and no elements, as Overpass has them")
    if not len(places.cells):
        reasons = ", ".join(f"{reason} ({count})" for reason, (count, _) in places.skipped.items())
        raise PlacesFileError(f"{path}: no place among {places.skipped_count}: {reasons}")
    return places


def _text(path: Path) -> str:
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise PlacesFileError(f"{path}: not a file")
            content = file.read(FILE_LIMIT + 1)
    except OSError as problem:
        raise PlacesFileError(f"{path}: cannot be read: {problem.strerror or problem}") from None
    except ValueError as problem:  # a NUL in the path
        raise PlacesFileError(f"{path}: cannot be read: {problem}") from None
    if len(content) > FILE_LIMIT:
        raise PlacesFileError(f"{path}: larger than {FILE_LIMIT >> 20} MiB; take out fewer places")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise PlacesFileError(f"{path}: expected UTF-8, found another byte at {problem.start}") from None


def _without_waiting(path: str, flags: int) -> int:
    """Open a file, or a pipe, which nobody may ever write to."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # Windows has none


def _example(item: object) -> str:
    """Return what a person knows the item by: its ID or name, else its beginning."""
    if isinstance(item, Mapping):
        properties = item.get("properties")
        names = properties if isinstance(properties, Mapping) else item.get("tags")
        name = first_text(names, "name", "title") if isinstance(names, Mapping) else ""
        known = " ".join(str(part)[:EXAMPLE_LENGTH] for part in (item.get("type"), item.get("id"), name) if part)
        if known:
            return known[:EXAMPLE_LENGTH]
    return json.dumps(item)[:EXAMPLE_LENGTH]
