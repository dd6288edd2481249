"""The cities that come with Herd: all that is near, nearest first, held to a plain search of all of them."""

import asyncio
import gzip
import json
import logging
import subprocess
import sys
from bisect import bisect_left, bisect_right
from decimal import Decimal
from math import acos, atan2, cos, nextafter, pi, radians, sin, sqrt
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from herd.places.cells import EARTH_RADIUS, cell, distance, sorted_cells
from herd.places.cities import FILE, Cities, Damaged, read_cities
from herd.places.cut import cut
from herd.places.embedded import Embedded
from herd.places.make.pack_cities import from_dump, pack
from herd.places.provider import Unavailable
from herd.position import parse_location

ROOT = Path(__file__).parents[1]
Found = list[tuple[float, int]]
ALL = 200_000  # more than there are


@pytest.fixture(scope="module")
def cities() -> Cities:
    return read_cities()


@pytest.fixture(scope="module")
def plain(cities: Cities) -> "Plain":
    return Plain([cities.cells[number] for number in range(len(cities.cells))])


class Plain:
    """A search without a grid, by another formula: every point whose latitude may do is measured."""

    def __init__(self, points: list[tuple[float, float]]) -> None:
        self._by_latitude = sorted(
            (latitude, longitude, number) for number, (latitude, longitude) in enumerate(points)
        )
        self._latitudes = [point[0] for point in self._by_latitude]

    def within(self, latitude: float, longitude: float, radius: float) -> Found:
        """Return all within so many kilometres, nearest first."""
        height = radius / 111 + 0.01  # a degree is longer than 111 km
        begin = bisect_left(self._latitudes, latitude - height)
        end = bisect_right(self._latitudes, latitude + height)
        near = [
            (vincenty(latitude, longitude, north, east), number)
            for north, east, number in self._by_latitude[begin:end]
        ]
        return sorted(found for found in near if found[0] <= radius)


def vincenty(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Return the same distance on a sphere as the haversine, by Vincenty's formula."""
    here, there, turn = radians(latitude), radians(to_latitude), radians(to_longitude - longitude)
    across = cos(there) * sin(turn)
    along = cos(here) * sin(there) - sin(here) * cos(there) * cos(turn)
    down = sin(here) * sin(there) + cos(here) * cos(there) * cos(turn)
    return EARTH_RADIUS * atan2(sqrt(across * across + along * along), down)


def assert_same(found: Found, expected: Found) -> None:
    """Expect the same points at the same distances, in order; two formulas may differ by a millimetre."""
    assert {number for _, number in found} == {number for _, number in expected}
    away = {number: kilometres for kilometres, number in expected}
    assert all(abs(kilometres - away[number]) < 1e-6 for kilometres, number in found)
    assert found == sorted(found)


async def ask(location: str, radius: str, places: Embedded | None = None) -> Any:
    return json.loads(await (places or Embedded()).nearby(parse_location(location.encode()), Decimal(radius)))


async def names(location: str, radius: str) -> list[str]:
    return [place["name"] for place in (await ask(location, radius))["results"]]


def test_the_packed_file_has_every_city_and_says_where_each_is(cities: Cities) -> None:
    assert len(cities.cells) == 170_391
    places = [cities.result(number) for number in range(len(cities.cells))]
    assert len({place["place_id"] for place in places}) == 170_391
    assert all(place["name"] and place["vicinity"] for place in places)
    assert FILE.stat().st_size < 3_000_000


def test_a_thousand_searches_find_what_a_plain_search_finds(cities: Cities, plain: Plain) -> None:
    random = Random(4)
    for turn in range(1000):
        if turn % 2:  # around a city, where something is near
            latitude, longitude = cities.cells[random.randrange(len(cities.cells))]
            latitude += random.uniform(-0.3, 0.3)
            longitude = (longitude + random.uniform(-0.3, 0.3) + 540) % 360 - 180
        else:
            latitude, longitude = random.uniform(-90, 90), random.uniform(-180, 180)
        radius = random.choice((0.0, 1.0, 10.0, 50.0, random.uniform(0, 50)))
        assert_same(
            cities.cells.within(latitude, longitude, radius, ALL), plain.within(latitude, longitude, radius)
        )


CORNERS = [
    (latitude, longitude)
    for latitude in (-90.0, -89.75, -60.25, -0.25, 0.0, 0.25, 34.0, 66.25, 89.5, 89.75, 90.0)
    for longitude in (-180.0, -179.75, -118.5, -0.25, 0.0, 0.25, 179.75, 180.0)
]


def test_corners_of_cells_poles_and_the_antimeridian_hide_nothing() -> None:
    random = Random(5)
    points = list(CORNERS)
    for latitude, longitude in CORNERS:
        for _ in range(20):
            north = min(max(latitude + random.uniform(-0.4, 0.4), -90.0), 90.0)
            points.append((north, (longitude + random.uniform(-0.6, 0.6) + 540) % 360 - 180))
        points.append((latitude, random.uniform(-180, 180)))
    cells, order = sorted_cells(points)
    plain = Plain(points)
    for latitude, longitude in points:
        for radius in (0.0, 0.001, 5.0, 27.8, 50.0):
            found = [
                (kilometres, order[number]) for kilometres, number in cells.within(latitude, longitude, radius, ALL)
            ]
            expected = plain.within(latitude, longitude, radius + 1e-6)
            sure = {number for kilometres, number in expected if kilometres < radius - 1e-6}
            numbers = {number for _, number in found}
            assert sure <= numbers <= {number for _, number in expected}
            assert radius > 0 or (latitude, longitude) in [points[number] for number in numbers]


@given(
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=20),
    st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 20_100),
)  # fmt: skip
def test_any_points_are_found_from_anywhere_at_any_distance(
    points: list[tuple[float, float]], latitude: float, longitude: float, radius: float
) -> None:
    cells, order = sorted_cells(points)
    found = {order[number] for _, number in cells.within(latitude, longitude, radius, ALL)}
    for number, (north, east) in enumerate(points):
        away = vincenty(latitude, longitude, north, east)
        if abs(away - radius) > 1e-3:  # at the other end of Earth the haversine is good to half a metre only
            assert (number in found) == (away < radius)


def test_a_place_exactly_at_the_radius_is_within_and_a_hair_less_is_not(cities: Cities) -> None:
    here = (34.0689, -118.4452)
    for kilometres, number in cities.cells.within(*here, 50, ALL)[::10]:
        assert kilometres == distance(*here, *cities.cells[number])
        assert (kilometres, number) in cities.cells.within(*here, kilometres, ALL)
        assert (kilometres, number) not in cities.cells.within(*here, nextafter(kilometres, 0), ALL)


def test_a_radius_of_zero_finds_what_is_exactly_there(cities: Cities) -> None:
    for number in range(0, len(cities.cells), 997):
        latitude, longitude = cities.cells[number]
        found = cities.cells.within(latitude, longitude, 0, ALL)
        assert (0.0, number) in found
        assert all(cities.cells[other] == (latitude, longitude) for _, other in found)


def test_equally_near_places_come_in_a_fixed_order() -> None:
    cells, _ = sorted_cells([(1.0, 1.0)] * 5 + [(1.0, -1.0)] * 5)
    assert [number for _, number in cells.within(1.0, 0.0, 500, 7)] == list(range(7))


@pytest.mark.parametrize("spread", [0.0, 1e-7, 0.001, 0.05, 0.5])
def test_the_nearest_of_many_are_found_in_a_part_of_the_radius(spread: float) -> None:
    random = Random(6)
    points = [(random.gauss(34, spread), random.gauss(-118, spread)) for _ in range(3000)]
    for per_degree in (4, 128):
        cells, order = sorted_cells(points, per_degree)
        for radius in (0.0, 0.5, 50.0):
            found = cells.within(34.0, -118.0, radius, 20)
            expected = sorted((distance(34.0, -118.0, *points[number]), at) for at, number in enumerate(order))
            assert found == [near for near in expected if near[0] <= radius][:20]


def test_a_cell_is_numbered_from_the_south_west() -> None:
    assert cell(-90, -180) == cell(-90, 180) == 0
    assert cell(90, 179.999) == 720 * 1440 - 1
    assert cell(0, 0) == 360 * 1440 + 720


async def test_around_los_angeles() -> None:
    answer = await ask("+34.0689-118.4452", "10")
    near = [(place["name"], place["vicinity"]) for place in answer["results"]]
    region = "California, United States"
    expected = ["Bel Air", "Westwood", "Century City", "Brentwood", "Sawtelle"]
    assert near[:5] == [(name, region) for name in expected]
    away = [distance(34.0689, -118.4452, *_location(place)) for place in answer["results"]]
    assert [round(kilometres, 1) for kilometres in away[:5]] == [1.6, 2.0, 2.9, 3.3, 3.6]
    assert away == sorted(away)
    assert answer["status"] == "OK"


@pytest.mark.parametrize(
    ("location", "radius", "name", "vicinity"),
    [
        ("+64.1466-21.9426", "5", "Reykjavík", "Capital Region, Iceland"),
        ("-18.1416+178.4419", "5", "Suva", "Central, Fiji"),
        ("+66.32+179.95", "50", "Egvekinot", "Chukotka, Russia"),
        ("+66.32-179.95", "50", "Egvekinot", "Chukotka, Russia"),
    ],
)
async def test_around_real_places(location: str, radius: str, name: str, vicinity: str) -> None:
    answer = await ask(location, radius)
    assert (name, vicinity) in [(place["name"], place["vicinity"]) for place in answer["results"]]


@pytest.mark.parametrize("location", ["+90+0", "+90.0-180", "-90+0", "-90+179.999999999999999", "+0-160"])
async def test_nothing_is_near_the_poles_and_in_the_middle_of_an_ocean(location: str) -> None:
    answer = await ask(location, "50")
    assert (answer["status"], answer["results"]) == ("ZERO_RESULTS", [])


EGVEKINOT = """{
   "html_attributions" : [
      "Cities: <a href=\\"https://www.geonames.org/\\">GeoNames</a>, <a href=\\"https://creativecommons.org/licenses/by/4.0/\\">CC BY 4.0</a>"
   ],
   "results" : [
      {
         "geometry" : {
            "location" : {
               "lat" : 66.32321,
               "lng" : -179.11838
            }
         },
         "name" : "Egvekinot",
         "place_id" : "geonames:4031742",
         "reference" : "geonames:4031742",
         "scope" : "GEONAMES",
         "types" : [ "locality", "political" ],
         "vicinity" : "Chukotka, Russia"
      }
   ],
   "status" : "OK"
}"""  # noqa: E501


async def test_an_answer_is_laid_out_as_google_lays_out_its_own_and_can_be_cut() -> None:
    text = await Embedded().nearby(parse_location(b"+66.32+179.95"), Decimal(50))
    assert text.decode() == EGVEKINOT
    assert cut(text, 20) == text
    assert json.loads(cut(text, 0))["results"] == []


async def test_no_more_than_twenty_are_written_however_many_are_near() -> None:
    assert len((await ask("+51.5-0.12", "50"))["results"]) == 20


@pytest.mark.parametrize("radius", ["49." + "9" * 60_000, "0" * 60_000 + "50", "50." + "0" * 60_000])
async def test_a_radius_of_60000_digits_is_a_number_like_any_other(radius: str) -> None:
    assert await names("+66.32+179.95", radius) == ["Egvekinot"]


async def test_many_who_ask_at_first_wait_for_one_reading(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    places = Embedded(user_file(tmp_path))
    with caplog.at_level(logging.INFO):
        answers = await asyncio.gather(*(ask("+1+1", "1", places) for _ in range(50)))
    assert len({str(answer) for answer in answers}) == 1
    assert sum("places: 1 read" in record.message for record in caplog.records) == 1


async def test_who_gives_up_waiting_takes_nobody_the_places() -> None:
    places = Embedded()
    first = asyncio.ensure_future(ask("+66.32+179.95", "50", places))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(ask("+66.32+179.95", "50", places))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)["results"][0]["name"] == "Egvekinot"
    assert first.cancelled()


async def test_the_loop_turns_while_the_cities_are_read() -> None:
    places, turns = Embedded(), 0
    asking = asyncio.ensure_future(ask("+1+1", "1", places))
    while not asking.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10


async def test_own_places_and_cities_stand_in_one_list_by_distance(tmp_path: Path) -> None:
    answer = await ask("+34.0689-118.4452", "10", Embedded(user_file(tmp_path, latitude=34.06, longitude=-118.44)))
    near = [(place["name"], place["scope"]) for place in answer["results"][:3]]
    assert near == [("Kaffi", "FILE"), ("Bel Air", "GEONAMES"), ("Westwood", "GEONAMES")]
    assert answer["html_attributions"][-1] == "© Anna"
    assert "GeoNames" in answer["html_attributions"][0]


async def test_a_broken_file_takes_nobody_the_cities_and_its_path_stays_here(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "hidden.json"
    file.write_text("{")
    text = await Embedded(file).nearby(parse_location(b"+66.32+179.95"), Decimal(50))
    assert b"Egvekinot" in text
    assert b"cannot be read" in text
    assert b"hidden" not in text
    assert "hidden.json: not JSON of places" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        gzip.compress(b""),
        gzip.compress(b"herd cities 2\n" + bytes(12)),
        gzip.compress(b"herd cities 1\n" + b"\1\0\0\0" * 3),
        gzip.compress(b"herd cities 1\n" + b"\xff\xff\xff\xff" * 3),
        FILE.read_bytes()[:100_000],
        FILE.read_bytes()[:-8] + bytes(8),
    ],
)
async def test_damaged_cities_are_a_failure_that_says_so(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "cities.gz"
    file.write_bytes(content)
    with pytest.raises(Damaged):
        read_cities(file)
    with pytest.raises(Unavailable, match="UNKNOWN_ERROR: the cities that come with Herd cannot be read"):
        await ask("+1+1", "1", Embedded(None, file))
    assert "packed cities cannot be read" in caplog.text


def test_missing_cities_are_damaged_ones(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="No such file"):
        read_cities(tmp_path / "none.gz")


def test_naming_the_source_reads_nothing() -> None:
    program = (
        "import sys; from herd.places.embedded import Embedded; Embedded(); print('aiohttp' in sys.modules);"
        "import gc; print(any(type(one).__name__ == 'Cities' for one in gc.get_objects()))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout == "False\nFalse\n"


def test_the_packing_reads_geonames_own_files(tmp_path: Path) -> None:
    fields = [""] * 19
    rows = []
    for number, name, latitude, longitude, country, division in (
        ("3", "Ærø", "54.9", "10.33333", "DK", "21"),
        ("1", "Nowhere", "-90", "180", "XX", "00"),
        ("2", "Singapore", "1.28967", "-0.00001", "SG", "01"),
    ):
        fields[0], fields[1], fields[4], fields[5], fields[8], fields[10] = (
            number, name, latitude, longitude, country, division
        )  # fmt: skip
        rows.append("\t".join(fields))
    (tmp_path / "cities1000.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "admin1CodesASCII.txt").write_text("DK.21\tSyddanmark\tS\t1\nSG.01\tSingapore\tS\t2\n")
    (tmp_path / "countryInfo.txt").write_text("#ISO\nDK\tDNK\t208\tDA\tDenmark\nSG\tSGP\t702\tSN\tSingapore\n")
    source = from_dump(*(tmp_path / name for name in ("cities1000.txt", "admin1CodesASCII.txt", "countryInfo.txt")))
    packed = Cities(pack(source))
    found = [packed.result(number) for number in range(3)]
    assert [(place["name"], place["vicinity"], place["place_id"], _location(place)) for place in found] == [
        ("Nowhere", "", "geonames:1", (-90.0, 180.0)),
        ("Singapore", "Singapore", "geonames:2", (1.28967, -0.00001)),
        ("Ærø", "Syddanmark, Denmark", "geonames:3", (54.9, 10.33333)),
    ]
    assert pack(source) == pack(source)


def test_the_formulas_agree() -> None:
    assert distance(0, 0, 0, 180) == pytest.approx(pi * EARTH_RADIUS)
    assert vincenty(10, 20, 30, 40) == pytest.approx(distance(10, 20, 30, 40))
    assert acos(0) * EARTH_RADIUS == pytest.approx(distance(90, 7, 0, -3))


def user_file(folder: Path, latitude: float = 1.0, longitude: float = 1.0) -> Path:
    """Write a file with one place."""
    file = folder / "own.geojson"
    geometry = {"type": "Point", "coordinates": [longitude, latitude]}
    feature = {"type": "Feature", "id": 7, "properties": {"name": "Kaffi"}, "geometry": geometry}
    file.write_text(json.dumps({"type": "FeatureCollection", "attribution": "© Anna", "features": [feature]}))
    return file


def _location(place: dict[str, Any]) -> tuple[float, float]:
    location = place["geometry"]["location"]
    return location["lat"], location["lng"]
