"""Nearest first out of a cell: the same as asking for everything and sorting it."""

import json
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from herd.places.cells import EARTH_RADIUS, distance
from herd.places.nearest import CORNER, FAR, MOST, NEAR, NearestFirst, Place, Surroundings
from herd.places.tags import ATTRIBUTION
from herd.position import Position

MIDDLE = (48.137, 11.575)


class World:
    """Places at some points of the Earth, and what it was asked for."""

    def __init__(self, points: list[tuple[float, float]]) -> None:
        self.points = points
        self.asked: list[int] = []

    async def around(self, latitude: float, longitude: float, metres: int) -> list[Place]:
        """Be Overpass."""
        self.asked.append(metres)
        places = [
            Place(*point, distance(latitude, longitude, *point), {"number": number})
            for number, point in enumerate(self.points)
        ]
        return sorted((each for each in places if each.away * 1000 <= metres), key=lambda place: place.away)

    async def nearest(self, latitude: float, longitude: float, radius: float) -> list[int]:
        """Return the numbers of the nearest as they are answered."""
        source = NearestFirst(Surroundings(self.around).learn)
        text = await source.nearby(Position(Decimal(str(latitude)), Decimal(str(longitude))), Decimal(str(radius)))
        return [each["number"] for each in json.loads(text)["results"]]


def by_hand(points: list[tuple[float, float]], latitude: float, longitude: float, radius: float) -> list[float]:
    """Return how far the nearest are."""
    away = sorted(distance(latitude, longitude, *point) for point in points)
    return [each for each in away if each <= min(radius, float(FAR))][:MOST]


# Coordinates in 1e-6 degrees around the middle: up to 5 km, many of them very near to each other.
OFFSETS = st.one_of(st.integers(-600, 600), st.integers(-8000, 8000), st.integers(-45_000, 45_000))
POINTS = st.lists(st.tuples(OFFSETS, OFFSETS), max_size=120)


@settings(deadline=None)
@given(POINTS, st.integers(-500, 500), st.integers(-500, 500), st.sampled_from([0.05, 0.3, 0.5, 0.51, 1.9, 2, 50]))
@example([(0, 0)] * 50, 500, -500, 2)
# Twenty on one side, within reach of the middle; one on the other, which is nearer to who stands there.
@example([(-4407, 0)] * 20 + [(5306, 0)], 499, 0, 2)
async def test_anywhere_in_a_cell_the_answer_is_what_a_question_of_ones_own_would_bring(
    offsets: list[tuple[int, int]], north: int, east: int, radius: float
) -> None:
    points = [(MIDDLE[0] + each[0] / 1e6, MIDDLE[1] + each[1] / 1e6) for each in offsets]
    here = round(MIDDLE[0] + north / 1e6, 6), round(MIDDLE[1] + east / 1e6, 6)
    found = [distance(*here, *points[number]) for number in await World(points).nearest(*here, radius)]
    assert found == by_hand(points, *here, radius)


async def test_where_the_small_circle_holds_enough_the_large_one_is_not_asked_for() -> None:
    world = World([(MIDDLE[0] + number / 1e5, MIDDLE[1]) for number in range(MOST)])
    assert await world.nearest(*MIDDLE, 50) == list(range(MOST))
    assert world.asked == [580]


async def test_where_it_does_not_the_large_one_is_unless_nobody_wants_it() -> None:
    world = World([(MIDDLE[0] + 0.01, MIDDLE[1])])
    assert await world.nearest(*MIDDLE, 0.5) == []
    assert await world.nearest(*MIDDLE, 0.500001) == []
    assert await world.nearest(*MIDDLE, 1.2) == [0]
    assert world.asked == [580, 580, 2080, 580, 2080]


async def test_a_cell_remembers_no_more_than_its_answers_need() -> None:
    points = [(MIDDLE[0] + number / 1e5, MIDDLE[1]) for number in range(1000)]
    middle = Position(Decimal("48.137"), Decimal("11.575"))
    needed = await Surroundings(World(points).around).learn(middle, NEAR)
    assert [place.result["number"] for place in needed] == list(range(len(needed)))
    assert needed[MOST - 1].away + 2 * CORNER == pytest.approx(needed[-1].away, abs=0.002)


async def test_all_in_a_cell_ask_the_same_question() -> None:
    asked = set()

    async def learn(position: Position, radius: Decimal) -> tuple[Place, ...]:
        asked.add((position, radius))
        return ()

    source = NearestFirst(learn)
    for latitude, longitude, radius in [
        ("48.1366", "11.5754", 3),
        ("48.13749", "11.57459", 50),
        ("48.137", "11.575", 1),
    ]:
        await source.nearby(Position(Decimal(latitude), Decimal(longitude)), Decimal(radius))
    assert asked == {(Position(Decimal("48.137"), Decimal("11.575")), FAR)}


@pytest.mark.parametrize(("radius", "noted"), [("2", False), ("2.000001", True), ("50", True)])
async def test_a_radius_that_is_not_searched_to_its_end_is_noted(radius: str, noted: bool) -> None:
    source = NearestFirst(Surroundings(World([]).around).learn)
    answer = json.loads(await source.nearby(Position(Decimal(0), Decimal(0)), Decimal(radius)))
    assert answer.get("info_messages") == (["places are sought within 2 km only, nearest first"] if noted else None)
    assert answer["html_attributions"] == [ATTRIBUTION]
    assert answer["status"] == "ZERO_RESULTS"


@pytest.mark.parametrize("latitude", ["90", "-90", "89.9999", "0"])
@pytest.mark.parametrize("longitude", ["180", "-180", "179.9999", "0"])
async def test_at_the_poles_and_where_the_day_changes_places_are_near(latitude: str, longitude: str) -> None:
    across = -float(longitude) if float(longitude) else 0.0
    world = World([(float(latitude), across)])
    assert await world.nearest(float(latitude), float(longitude), 0.1) == [0]


def test_distances_are_those_of_a_sphere() -> None:
    quarter = EARTH_RADIUS * 3.141592653589793 / 2
    assert distance(0, 0, 90, 0) == pytest.approx(quarter)
    assert distance(0, -180, 0, 180) == pytest.approx(0, abs=1e-6)
    assert distance(0, 0, 0, 180) == pytest.approx(2 * quarter)
    assert distance(34.0689, -118.4452, 34.0522, -118.2437) == pytest.approx(18.65, abs=0.05)
