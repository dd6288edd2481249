"""The walkers of the demo: real positions, on smooth ways, told over real TCP."""

import asyncio
from itertools import pairwise
from math import cos, hypot, radians
from pathlib import Path
from random import Random

from herd.config import Address
from herd.demo import CITIES, DEGREE, FASTEST, PERIOD, ROAM, Walker, walk_all
from herd.position import parse_location
from tests.herding import HOST, running, until
from tests.test_server import ALONE


def test_a_walker_stays_around_its_city_and_never_jumps() -> None:
    for number in range(2 * len(CITIES)):
        walker = Walker(number, Random(number))
        ways = [parse_location(walker.step(PERIOD).encode()) for _ in range(5_000)]
        for one, next_ in pairwise(ways):
            north = float(next_.latitude - one.latitude) * DEGREE
            east = ((float(next_.longitude - one.longitude) + 180) % 360 - 180) * DEGREE
            assert hypot(north, east * cos(radians(float(one.latitude)))) < FASTEST * PERIOD + 1
        latitude, longitude = list(CITIES.values())[number % len(CITIES)]
        assert abs(float(ways[-1].latitude) - latitude) * DEGREE < 2 * ROAM
        away = (float(ways[-1].longitude) - longitude + 180) % 360 - 180
        assert abs(away) * DEGREE * cos(radians(latitude)) < 2 * ROAM


async def test_walkers_report_to_a_server_under_names_that_say_demo(tmp_path: Path) -> None:
    async with running(ALONE, "Home", tmp_path) as server:
        walking = asyncio.ensure_future(walk_all([Address(HOST, server.port)], 5, Random(1)))
        try:
            await until(lambda: len(server.node.store.reports) == 5, "five walkers")
        finally:
            walking.cancel()
        assert all(client.startswith(b"demo-") for client in server.node.store.reports)
