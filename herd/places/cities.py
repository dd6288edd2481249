"""The 170,391 populated places of GeoNames' cities1000, out of the one packed file beside this one.

The file, gzipped, all numbers with the lowest byte first, cities sorted by cell, then ID: a head (magic, how many
cities, bytes of names, bytes of regions); of every city the cell, latitude and longitude in 1e-5 degree, ID,
number of its region, length of its name; all names without anything between; the regions, a line each.
`make/pack_cities.py` makes it.
"""

# array[int] is subscripted at run time from 3.12 on only.
from __future__ import annotations

import gzip
import struct
import sys
import zlib
from array import array
from itertools import accumulate
from pathlib import Path

from herd.places.cells import Cells

FILE = Path(__file__).with_name("cities1000.gz")
HEAD = struct.Struct("<14s3I")
MAGIC = b"herd cities 1\n"
UNITS = 100_000  # of a degree
ATTRIBUTION = (
    'Cities: <a href="https://www.geonames.org/">GeoNames</a>,'
    ' <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>'
)
TYPES = ("locality", "political")


class Damaged(Exception):
    """The packed file cannot be read; its text says why."""


class Cities:
    """All cities: where they are, and each as a result of a Nearby Search."""

    def __init__(self, packed: bytes) -> None:
        """Take the file's bytes, unpacked; ValueError or struct.error where they are something else."""
        magic, count, names_size, regions_size = HEAD.unpack_from(packed)
        if magic != MAGIC:
            raise ValueError("not a file of cities")
        at = HEAD.size

        def numbers(kind: str) -> array[int]:
            nonlocal at
            values = array(kind)
            size = count * values.itemsize
            values.frombytes(packed[at : at + size])
            at += size
            if sys.byteorder == "big":
                values.byteswap()
            return values

        cells, latitudes, longitudes = numbers("I"), numbers("i"), numbers("i")
        self._ids, self._regions, lengths = numbers("I"), numbers("H"), numbers("B")
        self._ends = array("I", accumulate(lengths))
        self._names = packed[at : at + names_size]
        self._region_names = packed[at + names_size :].decode().split("\n")
        if at + names_size + regions_size != len(packed) or (count and self._ends[-1] != names_size):
            raise ValueError("too long or too short")
        self.cells = Cells(
            cells,
            array("d", [latitude / UNITS for latitude in latitudes]),
            array("d", [longitude / UNITS for longitude in longitudes]),
        )

    def result(self, number: int) -> dict[str, object]:
        """Return a city as a Nearby Search has it, with the region, "California, United States", as vicinity."""
        latitude, longitude = self.cells[number]
        begin = self._ends[number - 1] if number else 0
        identity = f"geonames:{self._ids[number]}"
        return {
            "geometry": {"location": {"lat": latitude, "lng": longitude}},
            "name": self._names[begin : self._ends[number]].decode(),
            "place_id": identity,
            "reference": identity,
            "scope": "GEONAMES",
            "types": TYPES,
            "vicinity": self._region_names[self._regions[number]],
        }


def read_cities(file: Path = FILE) -> Cities:
    """Read the packed file, about 0.1 s of work; Damaged where it is missing or broken."""
    try:
        return Cities(gzip.decompress(file.read_bytes()))
    except OSError as problem:  # a wrong CRC, too
        raise Damaged(problem.strerror or str(problem)) from None
    except (ValueError, EOFError, struct.error, zlib.error) as problem:
        raise Damaged(str(problem)) from None
