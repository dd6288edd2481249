"""Simulated walkers for a first look: they report over real TCP, as clients called demo-..., along smooth paths."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from math import cos, pi, radians, sin
from random import Random

from herd.backoff import Backoff
from herd.client import Client, ClientError
from herd.config import Address
from herd.tls import Tls

PERIOD = 2.0  # seconds between two reports of a walker
SLOWEST, FASTEST = 1.2, 15.0  # metres a second: walking, driving in town
TURN = pi / 8  # radians that a walker's heading changes by, at most, from one report to the next
ROAM = 20_000.0  # metres from its city's centre, where a walker turns back
DEGREE = 111_195.0  # metres of a degree of latitude, on a sphere of 6,371,009 m
FIRST_REDIAL, LAST_REDIAL = 0.5, 5.0

# Latitude and longitude of city centres, in degrees.
CITIES = {
    "los-angeles": (34.05, -118.24),
    "new-york": (40.71, -74.01),
    "sao-paulo": (-23.55, -46.63),
    "london": (51.51, -0.13),
    "lagos": (6.45, 3.39),
    "cairo": (30.04, 31.24),
    "mumbai": (19.08, 72.88),
    "tokyo": (35.68, 139.69),
    "sydney": (-33.87, 151.21),
    "suva": (-18.14, 178.44),
}


class Walker:
    """Someone on a smooth way around a city, at a speed of its own."""

    def __init__(self, number: int, random: Random) -> None:
        city = list(CITIES)[number % len(CITIES)]
        self.name = f"demo-{city}-{number:03d}"
        self._home = CITIES[city]
        self._random = random
        self._east = random.gauss(0, ROAM / 4)  # metres from the centre
        self._north = random.gauss(0, ROAM / 4)
        self._heading = random.uniform(0, 2 * pi)
        self._speed = random.uniform(SLOWEST, FASTEST)

    def step(self, seconds: float) -> str:
        """Walk on for some seconds; return the location, as ISO 6709 has it."""
        if abs(self._east) + abs(self._north) > ROAM and self._east * sin(self._heading) > -self._north * cos(
            self._heading
        ):
            self._heading += TURN  # outside and going further out: round, smoothly
        else:
            self._heading += self._random.uniform(-TURN, TURN)
        self._east += sin(self._heading) * self._speed * seconds
        self._north += cos(self._heading) * self._speed * seconds
        latitude = self._home[0] + self._north / DEGREE
        longitude = self._home[1] + self._east / (DEGREE * cos(radians(self._home[0])))
        return f"{latitude:+010.6f}{(longitude + 180) % 360 - 180:+011.6f}"


async def walk_all(
    servers: Sequence[Address],
    count: int,
    random: Random,
    tls: Tls | None = None,
    token: str | None = None,
) -> None:
    """Have so many walkers report, each to a server of its own, until cancelled."""
    walkers = [Walker(number, random) for number in range(count)]
    random.shuffle(walkers)  # those of one city report to several servers
    async with asyncio.TaskGroup() as group:
        for place, address in enumerate(servers):
            mine = walkers[place :: len(servers)]
            if mine:
                walking = _walk_for_ever(partial(_connect, address, tls, token), mine, random)
                group.create_task(walking, name=f"walkers at {address}")


def _connect(address: Address, tls: Tls | None, token: str | None) -> AbstractAsyncContextManager[Client]:
    return Client.connect(address.host, address.port, tls=tls, token=token)


async def _walk_for_ever(
    connect: Callable[[], AbstractAsyncContextManager[Client]], walkers: list[Walker], random: Random
) -> None:
    backoff = Backoff(FIRST_REDIAL, LAST_REDIAL, random)
    while True:
        try:
            async with connect() as client:
                await _walk(client, walkers, backoff.reset)
        except ClientError:  # the server is away; it comes back
            await asyncio.sleep(backoff.next())


async def _walk(client: Client, walkers: list[Walker], went_well: Callable[[], None]) -> None:
    pause = PERIOD / len(walkers)  # evenly over the time, not all at once
    while True:
        for walker in walkers:
            await client.iamat(walker.name, walker.step(PERIOD))
            await asyncio.sleep(pause)
        went_well()
