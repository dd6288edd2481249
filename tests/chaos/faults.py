"""Does what the schedule says to servers, lanes and whoever else is there, and takes it back."""

import asyncio
import time
from collections import Counter
from random import Random

from tests.chaos.proxy import Carried, Lane
from tests.chaos.schedule import Strike
from tests.chaos.servers import Servers
from tests.chaos.strangers import babble, crowd, watch_and_never_read
from tests.herding import PEERS

SPLITS = (5, 40, 1000)  # bytes
RATES = (2_000, 50_000)  # bytes a second
LEFT_HALF_OPEN = 4  # links, of 14
TEARS_AFTER = 400  # bytes that may still pass


class Faults:
    """Every kind of fault, as a method that ends when it is taken back."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self.struck: Counter[str] = Counter()

    async def strike(self, strikes: list[Strike]) -> None:
        """Do all of it, each at its time; return when the last one is taken back."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for one in strikes:
                await asyncio.sleep(max(0.0, began + one.at - time.monotonic()))
                self._servers.check()
                self.struck[one.kind] += 1
                group.create_task(getattr(self, "_" + one.kind.replace("-", "_"))(one, Random(one.dice)))

    def leave_half_open(self, random: Random) -> None:
        """Let some links fall silent, and nobody be told: part of healing is that servers find out."""
        links = [lane for (who, _), lane in self._servers.lanes.items() if who in PEERS]
        for lane in random.sample(links, LEFT_HALF_OPEN):
            lane.each(lambda carried: carried.half_open(near_learns=None))

    async def heal(self) -> None:
        """Take back whatever is left, and have all servers run. What is half open stays so."""
        _mend([*self._servers.lanes.values()])
        for name in PEERS:
            self._servers.resume(name)
            self._servers.limit_files(name, None)
            self._servers.start(name)
        await self._servers.until_all_listen()

    async def _kill(self, one: Strike, random: Random) -> None:
        self._servers.kill(one.server)
        await asyncio.sleep(one.seconds)
        self._servers.start(one.server)

    async def _kill_loop(self, one: Strike, random: Random) -> None:
        end = time.monotonic() + one.seconds
        while time.monotonic() < end:
            self._servers.kill(one.server)
            self._servers.start(one.server)
            await asyncio.sleep(random.choice([0, 0.05, 0.2, 0.5]))

    async def _stop(self, one: Strike, random: Random) -> None:
        await self._servers.stop(one.server)
        await asyncio.sleep(one.seconds)
        self._servers.start(one.server)

    async def _blackout(self, one: Strike, random: Random) -> None:
        for name in PEERS:
            self._servers.kill(name)
        await asyncio.sleep(one.seconds)
        for name in random.sample(list(PEERS), len(PEERS)):
            self._servers.start(name)

    async def _pause(self, one: Strike, random: Random) -> None:
        self._servers.pause(one.server)
        await asyncio.sleep(one.seconds)
        self._servers.resume(one.server)

    async def _full_disk(self, one: Strike, random: Random) -> None:
        self._fill_disk(one.server, random)
        await asyncio.sleep(one.seconds)
        self._servers.limit_files(one.server, None)

    async def _last_words(self, one: Strike, random: Random) -> None:
        lanes = self._links_of(one.server)
        for lane in lanes:
            lane.cut()
        await asyncio.sleep(one.seconds / 2)
        if random.random() < 0.5:
            self._fill_disk(one.server, random)
            await asyncio.sleep(one.seconds / 2)
        self._servers.kill(one.server)
        _mend(lanes)
        await asyncio.sleep(random.choice([0, 1, 4]))
        self._servers.start(one.server)

    async def _cut(self, one: Strike, random: Random) -> None:
        lane = self._lane(one)
        lane.cut()
        await asyncio.sleep(one.seconds)
        lane.mend()

    async def _isolation(self, one: Strike, random: Random) -> None:
        lanes = self._links_of(one.server)
        for lane in lanes:
            lane.cut()
        await asyncio.sleep(one.seconds)
        for lane in random.sample(lanes, len(lanes)):
            lane.mend()
            await asyncio.sleep(random.uniform(0, 0.3))

    async def _stall(self, one: Strike, random: Random) -> None:
        lane = self._lane(one)
        lane.there.going.clear()
        lane.back.going.clear()
        await asyncio.sleep(one.seconds)
        lane.mend()

    async def _one_way_stall(self, one: Strike, random: Random) -> None:
        lane = self._lane(one)
        random.choice([lane.there, lane.back]).going.clear()
        await asyncio.sleep(one.seconds)
        lane.mend()

    async def _half_open(self, one: Strike, random: Random) -> None:
        lane, near_learns = self._lane(one), random.choice([None, None, True, False])
        lane.each(lambda carried: carried.half_open(near_learns=near_learns))
        if random.random() < 0.5:
            lane.deafen()
        await asyncio.sleep(one.seconds)
        lane.mend()

    async def _tear(self, one: Strike, random: Random) -> None:
        def tear(carried: Carried) -> None:
            carried.tear(random.randrange(TEARS_AFTER))

        self._lane(one).each(tear)

    async def _slow(self, one: Strike, random: Random) -> None:
        rate, lanes = random.choice(RATES), self._lanes_to(one.server)
        for lane in lanes:
            lane.there.rate = lane.back.rate = rate
        await asyncio.sleep(one.seconds)
        _mend(lanes)

    async def _split(self, one: Strike, random: Random) -> None:
        most, lanes = random.choice(SPLITS), self._lanes_to(one.server)
        for lane in lanes:
            lane.there.split = lane.back.split = most
        await asyncio.sleep(one.seconds)
        _mend(lanes)

    async def _storm(self, one: Strike, random: Random) -> None:
        for way, lane in self._servers.lanes.items():
            if one.server in way:
                lane.reset()

    async def _garbage(self, one: Strike, random: Random) -> None:
        await babble(self._servers, one.server, one.seconds, random)

    async def _crowd(self, one: Strike, random: Random) -> None:
        await crowd(self._servers, one.server, one.seconds, random)

    async def _deaf_viewers(self, one: Strike, random: Random) -> None:
        await watch_and_never_read(self._servers, one.server, one.seconds, random)

    def _fill_disk(self, server: str, random: Random) -> None:
        """Let no file grow, or the largest a few bytes more, so that a write is cut short."""
        sizes = [file.stat().st_size for file in self._servers.data.glob(f"{server}.journal*")]
        room = random.choice([0, 1, 37, 500])
        self._servers.limit_files(server, max(sizes) + room if sizes and random.random() < 0.8 else 0)

    def _lane(self, one: Strike) -> Lane:
        return self._servers.lanes[one.way]

    def _lanes_to(self, server: str) -> list[Lane]:
        """Return the lanes that lead to a server, its clients' too."""
        return [lane for (_, name), lane in self._servers.lanes.items() if name == server]

    def _links_of(self, server: str) -> list[Lane]:
        return [lane for way, lane in self._servers.lanes.items() if server in way and set(way) <= set(PEERS)]


def _mend(lanes: list[Lane]) -> None:
    for lane in lanes:
        lane.mend()
