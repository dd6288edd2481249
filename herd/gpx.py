"""Reads a recorded GPX track as places, each with the time at which it was reached."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from herd.position import Malformed, parse_location

# GPX writes xsd:decimal, some recorders an exponent. What else Decimal takes ("1_0", "NaN") is no number here.
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,100})?|\.[0-9]{1,100})(?:[eE][+-]?[0-9]{1,2})?")
_FINEST = Decimal("1E-15")  # the line protocol has 15 digits after the point
STEP = 1.0  # seconds from one point to the next where a track has no times


class TrackError(Exception):
    """A file is no track; its text says which file, and why."""


class TrackPoint(NamedTuple):
    """A place as ISO 6709 writes it, and the seconds from the track's first point to this one."""

    location: bytes
    offset: float


class Track(NamedTuple):
    """The points in order of time, and how many were left out because they had no position."""

    points: list[TrackPoint]
    skipped: int


def read_track(path: Path) -> Track:
    """Read all track points of a GPX file (1.0, 1.1 or without a namespace); TrackError if it has none.

    A point without a time is reached together with the one before it; where no point has a time, they are
    a second apart. Points are sorted by time, those of the same time stay as they are in the file.
    """
    try:
        # The user's own file; and expat bounds the expansion of entities since 2.4.1.
        root = ET.parse(path).getroot()  # noqa: S314
    except OSError as problem:
        raise TrackError(f"{path}: {problem.strerror or problem}") from None
    except (ET.ParseError, ValueError, LookupError) as problem:  # XML with an unknown encoding is a LookupError
        raise TrackError(f"{path}: not a GPX file: {problem}") from None
    if root.tag.rpartition("}")[2] != "gpx":
        raise TrackError(f"{path}: not a GPX file: its root is <{root.tag.rpartition('}')[2]}>")
    found = root.findall(".//{*}trkpt")
    placed = [(location, _time(point)) for point in found if (location := _location(point))]
    if not placed:
        raise TrackError(f"{path}: no track points with a position, of {len(found)} in all")
    locations, times = zip(*placed, strict=True)
    points = sorted(map(TrackPoint, locations, _offsets(list(times))), key=lambda point: point.offset)
    return Track(points, len(found) - len(placed))


def _location(point: ET.Element) -> bytes:
    """Return the digits of the file with both signs, or nothing where they are not a place on Earth."""
    location = b"".join(_signed(point.get(name, "").strip()) for name in ("lat", "lon"))
    try:
        parse_location(location)
    except Malformed:
        return b""
    return location


def _signed(number: str) -> bytes:
    if not _NUMBER.fullmatch(number):
        return b""
    degrees = Decimal(number)
    if degrees.copy_abs() > 180:  # decided before rounding, which fails on giants
        return b""
    exponent = degrees.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -15:
        degrees = degrees.quantize(_FINEST, ROUND_HALF_EVEN)
    return f"{degrees:+f}".encode()


def _time(point: ET.Element) -> datetime | None:
    try:
        time = datetime.fromisoformat(point.findtext("{*}time", "").strip())
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)  # GPX says that times are UTC


def _offsets(times: list[datetime | None]) -> Iterator[float]:
    """Yield the seconds of each from the earliest."""
    known = [time for time in times if time]
    if not known:
        yield from (STEP * i for i in range(len(times)))
        return
    first = min(known)
    offset = (known[0] - first).total_seconds()
    for time in times:
        if time:
            offset = (time - first).total_seconds()
        yield offset
