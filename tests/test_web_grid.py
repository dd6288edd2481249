"""The grid against brute force, the sphere against itself, and the reader that keeps the grid."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from math import isclose
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from herd.batch import OWN_CLIENTS
from herd.messages import At
from herd.node import Node
from herd.places.cells import EARTH_RADIUS
from herd.store import LOG_LEAST, Store
from tests.herding import running, small_herd, until
from web.box import Box
from web.search.finder import HINTS_LEAST, Finder
from web.search.globe import ROUNDING, Place
from web.search.grid import FULL, Grid
from web.search.piles import place_of
from web.search.squares import WORLD, bounds, deepest_square, quarters, touches

COUNT = 1_000
CORNERS = [(lat, lon) for lat in (-90.0, -45.0, 0.0, 45.0, 90.0) for lon in (-180.0, -90.0, 0.0, 90.0, 180.0)]
EVERYWHERE = 20_100.0
WHOLE = Box(-180, -90, 180, 90)

Where = tuple[float, float]

latitudes = st.floats(-90, 90) | st.sampled_from([-90.0, 0.0, 90.0])
longitudes = st.floats(-180, 180) | st.sampled_from([-180.0, 0.0, 180.0])


def say(store: Store, places: dict[bytes, Where]) -> None:
    """Hear where clients are, in one turn."""
    for client, (latitude, longitude) in places.items():
        time = b"%d.000000000" % (1_520_000_000 + store.number)
        location = f"{latitude:+.15f}{longitude:+.15f}".encode()
        store.put(At(b"Home", b"+0.500000000", client, location, time), store.batch(OWN_CLIENTS))
    store.close()


def somewhere(random: Random) -> Where:
    """Return a point: anywhere, in one of two towns, on a pole, at the antimeridian, or on a corner of squares."""
    kind = random.randrange(6)
    if kind == 0:
        return random.uniform(-90, 90), random.uniform(-180, 180)
    if kind == 1:
        return random.gauss(34, 0.1), random.gauss(-118, 0.1)
    if kind == 2:
        return random.gauss(-17, 0.1), (random.gauss(180, 0.1) + 180) % 360 - 180
    if kind == 3:
        return random.choice([-1, 1]) * (90 - random.expovariate(1) % 90), random.uniform(-180, 180)
    if kind == 4:
        return random.uniform(-90, 90), random.choice([-180.0, 180.0, 179.99999, -179.99999])
    return random.choice(CORNERS)


def crowd(random: Random) -> dict[bytes, Where]:
    return {b"client%d" % number: somewhere(random) for number in range(COUNT)}


def fill(grid: Grid) -> Grid:
    for _ in grid.fill():
        pass
    return grid


def known(store: Store) -> Iterator[tuple[bytes, Where]]:
    return ((client, place_of(report[1])) for client, report in store.reports.items())


async def assert_near(grid: Grid, store: Store, place: Place, radius: float, limit: int) -> None:
    """Compare with a look at everybody; those equally far may come in any order."""
    hits = await grid.near(place, radius, limit)
    distances = {client: place.distance(*where) for client, where in known(store)}
    inside = sorted(distance for distance in distances.values() if distance <= radius + ROUNDING)
    assert [hit.distance for hit in hits] == inside[:limit]
    assert len({hit.client for hit in hits}) == len(hits)
    assert all(distances[hit.client] == hit.distance for hit in hits)
    assert all(store.newest(hit.client) == hit.line for hit in hits)


async def within(grid: Grid, box: Box = WHOLE) -> list[bytes]:
    return [client for some in (await grid.within(box)).leave(10) for client in some]


async def assert_within(grid: Grid, store: Store, box: Box) -> None:
    found = await within(grid, box)
    assert len(found) == len(set(found))
    assert set(found) == {client for client, where in known(store) if box.holds(*where)}


async def assert_finds_all(grid: Grid, store: Store, random: Random) -> None:
    """Ask around: poles, antimeridian, corners, and wherever clients are."""
    places = [*CORNERS, *(somewhere(random) for _ in range(15))]
    for latitude, longitude in places:
        place = Place(latitude, longitude)
        radius = random.choice([0.0, 1.0, 50.0, 1_000.0, EVERYWHERE])
        await assert_near(grid, store, place, radius, random.choice([0, 1, 20, 10_000]))
    for _ in range(20):
        (south, west), (north, east) = random.choice(places), random.choice(places)
        await assert_within(grid, store, Box(west, min(south, north), east, max(south, north)))
    await assert_within(grid, store, WHOLE)


@pytest.mark.parametrize("seed", range(6))
async def test_the_grid_finds_whom_a_look_at_everybody_finds_before_and_after_they_moved(seed: int) -> None:
    random = Random(seed)
    store = Store(b"life")
    say(store, crowd(random))
    grid = fill(Grid(store))
    await assert_finds_all(grid, store, random)
    moved = {client: somewhere(random) for client in random.sample(sorted(store.reports), COUNT // 2)}
    newcomers = {b"new%d" % number: somewhere(random) for number in range(COUNT)}
    say(store, moved | newcomers)
    for client in moved | newcomers:
        grid.add(client, store.reports[client][1])
    await assert_finds_all(grid, store, random)


async def test_a_grid_that_began_empty_finds_the_same() -> None:
    random = Random(1)
    store = Store(b"life")
    grid = fill(Grid(store))
    assert await grid.near(Place(0, 0), EVERYWHERE, 10) == []
    assert await within(grid) == []
    say(store, crowd(random))
    for client, report in store.reports.items():
        grid.add(client, report[1])
    await assert_finds_all(grid, store, random)


async def test_any_number_of_clients_may_stand_in_one_place() -> None:
    store = Store(b"life")
    say(store, {b"%d" % number: (90.0, 180.0) for number in range(3 * FULL)})
    grid = fill(Grid(store))
    say(store, {b"more%d" % number: (90.0, -180.0) for number in range(3 * FULL)})
    for client, report in store.reports.items():
        grid.add(client, report[1])
    assert len(await grid.near(Place(90, 0), 0, 10_000)) == 6 * FULL


async def test_whoever_passes_through_a_square_leaves_no_more_than_a_squareful_of_hints() -> None:
    store = Store(b"life")
    say(store, {b"here%d" % number: (10.0, 10.0 + number / 1000) for number in range(FULL // 2)})
    grid = fill(Grid(store))
    for number in range(20 * FULL):
        for place in ((10.0, 20.0), (-80.0, -170.0 + number / 100)):
            say(store, {b"walker": place})
            grid.add(b"walker", store.reports[b"walker"][1])
    assert grid.hints < 30 * FULL
    assert len(await within(grid)) == FULL // 2 + 1


async def test_what_the_store_has_forgotten_is_not_found() -> None:
    store = Store(b"life")
    say(store, {b"a": (1.0, 1.0), b"b": (1.0, 1.0)})
    grid = fill(Grid(store))
    del store.reports[b"a"]
    assert [hit.client for hit in await grid.near(Place(1, 1), 1, 9)] == [b"b"]
    assert await within(grid, Box(0, 0, 2, 2)) == [b"b"]


async def test_whoever_moves_during_a_search_is_found_where_it_was_or_where_it_went() -> None:
    random = Random(7)
    store = Store(b"life")
    say(store, {b"%d" % number: (random.uniform(-80, 80), random.uniform(-170, 170)) for number in range(COUNT)})
    grid = fill(Grid(store))
    box = asyncio.create_task(within(grid))
    near = asyncio.create_task(grid.near(Place(0, 0), EVERYWHERE, COUNT))
    while not (box.done() and near.done()):
        await asyncio.sleep(0)
        moved = {client: (-where[0], -where[1]) for client, where in known(store)}
        say(store, moved)
        for client in moved:
            grid.add(client, store.reports[client][1])
    assert set(await box) == set(store.reports)
    assert {hit.client for hit in await near} == set(store.reports)
    assert not grid.searched
    await assert_finds_all(grid, store, random)


async def test_clearing_leaves_nothing() -> None:
    store = Store(b"life")
    say(store, crowd(Random(3)))
    grid = fill(Grid(store))
    for _ in grid.clear():
        pass
    assert await within(grid) == []


@given(latitudes, longitudes)
@example(90.0, 180.0)
def test_a_square_has_its_points_and_a_quarter_of_each_square_too(latitude: float, longitude: float) -> None:
    square = deepest_square(latitude, longitude)
    while square != WORLD:
        west, south, east, north = bounds(square)
        assert west - 1e-9 <= longitude <= east + 1e-9
        assert south - 1e-9 <= latitude <= north + 1e-9
        assert touches(Box(longitude, latitude, longitude, latitude), square)
        assert square in quarters(square >> 2)
        square >>= 2


@given(latitudes, longitudes, latitudes, longitudes)
@example(90.0, 0.0, 90.0, 77.0)
@example(0.0, 180.0, 0.0, -180.0)
@example(0.0, 0.0, 0.0, 180.0)
def test_a_square_is_no_farther_than_any_point_of_it(
    latitude: float, longitude: float, other: float, aside: float
) -> None:
    place = Place(latitude, longitude)
    distance = place.distance(other, aside)
    assert 0 <= distance <= EARTH_RADIUS * 3.1416
    assert isclose(distance, Place(other, aside).distance(latitude, longitude), abs_tol=1e-6)
    square = deepest_square(other, aside)
    nearest = 0.0
    while square != WORLD:
        square >>= 2
        nearest = place.distance_to(*bounds(square))
        assert nearest <= distance + 1e-6  # a millimetre: near the antipode the formula is as rough as that
    assert nearest == 0.0


@pytest.mark.parametrize(
    ("place", "box", "km"),
    [
        ((0, 0), (10, -5, 20, 5), 1111.95),  # due east
        ((0, 0), (-20, 10, 20, 20), 1111.95),  # due north
        ((80, 0), (170, 80, 180, 85), 1662.257),  # past the pole, to the corner at 85 N 170 E
        ((0, 179), (-180, -1, -170, 1), 111.195),  # over the antimeridian
        ((0, -179), (170, -1, 180, 1), 111.195),
        ((60, 0), (90, 0, 100, 90), 3335.85),  # 90 degrees aside the crest is the pole
    ],
)
def test_the_way_to_a_rectangle_may_lead_anywhere(
    place: Where, box: tuple[float, float, float, float], km: float
) -> None:
    assert isclose(Place(*place).distance_to(*box), km, rel_tol=1e-4)


def test_distances_are_those_of_the_mean_sphere() -> None:
    # Los Angeles to Paris, as any haversine calculator has it for 6,371.0088 km
    assert isclose(Place(34.05, -118.25).distance(48.8566, 2.3522), 9085.7, rel_tol=1e-3)
    assert Place(90, 10).distance(90, -170) < ROUNDING
    assert Place(5, 180).distance(5, -180) < ROUNDING


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    async with running(small_herd({"Home": ()}, {}), "Home", tmp_path) as server:
        yield server.node


async def test_the_grid_is_made_at_the_first_question_and_catches_up_at_the_next(node: Node) -> None:
    finder = Finder(node)
    say(node.store, {b"a": (1.0, 1.0)})
    assert not finder.made
    first, second = await asyncio.gather(finder.grid(), finder.grid())
    assert first is second
    say(node.store, {b"a": (50.0, 50.0), b"b": (50.0, 50.0)})
    grid = await finder.grid()
    assert grid is first
    assert {hit.client for hit in await grid.near(Place(50, 50), 1, 9)} == {b"a", b"b"}
    assert await grid.near(Place(1, 1), 1, 9) == []
    finder.stop()


async def test_a_grid_that_nobody_asks_is_thrown_away_and_made_anew_when_somebody_does(node: Node) -> None:
    finder = Finder(node, idle=0.001)
    say(node.store, crowd(Random(5)))
    await finder.grid()
    await until(lambda: not finder.made, "nobody asks")
    grid = await finder.grid()
    await assert_within(grid, node.store, Box(-10, -10, 10, 10))
    finder.stop()


async def test_a_grid_is_not_thrown_away_while_it_is_searched(node: Node) -> None:
    finder = Finder(node)
    say(node.store, crowd(Random(5)))
    grid = await finder.grid()
    searching = asyncio.create_task(within(grid))
    await asyncio.sleep(0)  # to its first pause
    assert grid.searched
    finder.close()
    assert finder.made
    assert len(await searching) == COUNT
    finder.close()
    assert not finder.made


async def test_where_the_log_has_lost_what_changed_the_grid_is_made_anew(node: Node) -> None:
    finder = Finder(node)
    say(node.store, {b"a": (1.0, 1.0)})
    first = await finder.grid()
    for number in range(2 * LOG_LEAST // COUNT + 1):
        say(node.store, {b"%d" % client: (2.0, number / 1000) for client in range(COUNT)})
    say(node.store, {b"a": (3.0, 3.0)})
    assert not node.store.reaches(1)
    grid = await finder.grid()
    assert grid is not first
    assert {hit.client for hit in await grid.near(Place(3, 3), 1, 9)} == {b"a"}
    finder.stop()


async def test_a_grid_full_of_old_hints_is_made_anew(node: Node) -> None:
    finder = Finder(node)
    say(node.store, {b"a": (1.0, 1.0)})
    first = await finder.grid()
    first.hints = HINTS_LEAST + 4
    assert await finder.grid() is not first
    finder.stop()
