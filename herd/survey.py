"""What `run.py places FILE` does: says what the herd understands of a file of places."""

from pathlib import Path
from typing import TextIO

from herd.places.userfile import PlacesFileError, UserPlaces, read_places_file
from herd.settings import shown

UNUSABLE = 1  # exit status: no server would find a place in the file
CATEGORIES_SHOWN = 12


def survey(path: Path, output: TextIO, errors: TextIO) -> int:
    """Print how many places the file has, where, of which kinds, and what was skipped; return the exit status."""
    try:
        places = read_places_file(path)
    except PlacesFileError as problem:
        print(shown(str(problem)), file=errors)
        return UNUSABLE
    for line in _lines(path, places):
        print(line, file=output)
    return 0


def _lines(path: Path, places: UserPlaces) -> list[str]:
    south, west, north, east = places.bounds
    kinds = [f"{count} {shown(kind)}" for kind, count in places.categories.most_common(CATEGORIES_SHOWN)]
    more = len(places.categories) - len(kinds)
    lines = [
        f"{shown(str(path))}: {len(places.cells)} places, {places.skipped_count} skipped",
        f"  latitude {south} to {north}, longitude {west} to {east}",
        f"  kinds: {', '.join(kinds)}{f', and {more} more' if more else ''}",
        *(f"  credit: {shown(credit)}" for credit in places.attributions),
    ]
    if places.remark:
        lines.append(f"  Overpass could not finish: {shown(places.remark)}")
    for reason, (count, example) in sorted(places.skipped.items(), key=lambda entry: -entry[1][0]):
        lines.append(f"  skipped {count}: {reason}; the first is {shown(example)}")
    return lines
