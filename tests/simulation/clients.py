"""Simulated clients: honest and odd ones that move between servers, repeat themselves, and leave without a word."""

import asyncio
from random import Random
from typing import TYPE_CHECKING

from tests.simulation.caller import ODD, Caller
from tests.simulation.server import EPOCH, PORT, SECOND

if TYPE_CHECKING:
    from tests.simulation.server import Server
    from tests.simulation.world import World

FLOOD = 15  # writes of 30,000 bytes
PATIENCE = 12.0  # seconds that a client waits for its answers
IDS = [b"kiwi.cs.ucla.edu", "Zürich-☃".encode(), b"\xff\xfe\x80bin", b"a", b"\xc2\xa0\x1f", b"AT", b"IAMAT"]

CHUNK_LINES = 60  # that a client says in one turn at most


class Clients:
    """All clients of a run; they share a few IDs, so that they meet in the store."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._random = random = Random(f"{world.seed} clients")
        self.ids = random.sample(IDS, random.randint(1, len(IDS)))
        if random.random() < 0.3:
            self.ids += [
                b"%d-" % number + b"long" * random.randint(1, 240) for number in range(random.choice([2, 60]))
            ]
        self._strangers = random.choice([0.0, 0.0, 0.6])  # the share of reports by clients that come once only
        self._new = 0
        self._last: list[bytes] = []  # what was said last, to be said again

    async def come_and_go(self, rate: float) -> None:
        """Visit servers, so many a second, until cancelled."""
        async with asyncio.TaskGroup() as visits:
            while True:
                await asyncio.sleep(self._random.expovariate(rate))
                visits.create_task(self.visit(self._random.choice(self._world.up_servers())))

    async def visit(self, server: "Server") -> None:
        """Say something to a server."""
        random, watch = self._random, self._world.watch
        caller: Caller | None = None
        try:
            async with asyncio.timeout(PATIENCE):
                caller = await self.call(server)
                if "slow-readers" in self._world.faults and random.random() < 0.1:
                    await self._flood(caller)
                for _ in range(random.randint(1, 3)):
                    caller.say(*[self._line() for _ in range(random.choice([1, 1, 1, 3, CHUNK_LINES // 3]))])
                    if "slow-readers" in self._world.faults and random.random() < 0.3:
                        caller.transport.pause_reading()
                        watch.sometimes("a client that does not read")
                        await asyncio.sleep(random.uniform(0, 5))
                        caller.transport.resume_reading()
                    if random.random() < 0.7:
                        await caller.answered()
                    await asyncio.sleep(random.choice([0, 0, 0.1, 1]))
                await self._leave(caller)
        except (TimeoutError, OSError):
            watch.sometimes("a client not served")
        finally:
            if caller:
                caller.transport.abort()

    async def _flood(self, caller: Caller) -> None:
        """Say much and read nothing."""
        caller.transport.pause_reading()
        for _ in range(FLOOD):
            caller.say(*[ODD[-1]] * 10)
        self._world.watch.sometimes("a client that floods and does not read")
        await asyncio.sleep(5)

    async def call(self, server: "Server") -> Caller:
        """Connect to a server."""
        loop, watch = self._world.loop, self._world.watch
        _, caller = await loop.create_connection(lambda: Caller(watch, server.name), server.host, PORT)
        assert isinstance(caller, Caller)
        return caller

    async def twins(self) -> None:
        """Let one client be at two servers in one instant, with one stamp."""
        random, servers = self._random, self._world.up_servers()
        try:
            async with asyncio.timeout(PATIENCE):
                callers = [await self.call(random.choice(servers)) for _ in range(2)]
                client, time = random.choice(self.ids), self._time()
                for caller in callers:
                    caller.say(b"IAMAT %b %b %b" % (client, self._location(), time))
                for caller in callers:
                    await caller.answered()
                    caller.transport.close()
                if callers[0].heard and callers[1].heard:
                    self._world.watch.sometimes("one client at two servers in one instant")
        except (TimeoutError, OSError):
            self._world.watch.sometimes("a client not served")

    def report(self, client: bytes) -> bytes:
        """Return a plain IAMAT."""
        return b"IAMAT %b %b %b" % (client, self._location(), self._time())

    async def _leave(self, caller: Caller) -> None:
        kind = self._random.choice(["close", "close", "abort", "half", "mid-line"])
        if kind == "half":
            caller.transport.write_eof()
            await caller.answered()
            await caller.ended()
        elif kind == "mid-line" and not caller.transport.is_closing():
            caller.transport.write(self.report(b"torn")[:-9])  # nobody may ever see this one
            self._world.watch.sometimes("a client reset in the middle of a line")
            await asyncio.sleep(self._random.choice([0, 1]))
            caller.transport.abort()
        elif kind == "abort":
            caller.transport.abort()
        caller.transport.close()

    def _line(self) -> bytes:
        random = self._random
        kind = random.random()
        if kind < 0.06:
            return random.choice(ODD)
        if kind < 0.10:
            return b"WHATSAT %b %d %d" % (random.choice(self.ids), random.randint(0, 50), random.randint(0, 20))
        if kind < 0.2 and self._last:  # again, or late
            self._world.watch.sometimes("a report said again")
            return random.choice(self._last)
        client, location, time = random.choice(self.ids), self._location(), self._time()
        if random.random() < self._strangers:
            self._new += 1
            client = b"once-%d" % self._new
        if kind < 0.3 and self._last:  # an old stamp, another place
            time = random.choice(self._last).split()[3]
        line = b"IAMAT %b %b %b" % (client, location, time)
        self._last = [*self._last[-20:], line]
        return line

    def _location(self) -> bytes:
        random = self._random
        if random.random() < 0.2:  # what the fast lane leaves
            return random.choice([b"+1-1", b"-90+180", b"+5.5+005.5", b"+90.000-180.0", b"-0.0+0.0"])
        return b"%+09.5f%+010.5f" % (random.uniform(-89, 89), random.uniform(-179, 179))

    def _time(self) -> bytes:
        random = self._random
        now = EPOCH + round(self._world.loop.time() * SECOND)
        if "future-stamps" in self._world.faults and random.random() < 0.1:
            now += random.choice([1, 59, 61, 3600, 10**8]) * SECOND
        elif random.random() < 0.15:
            now -= random.randint(0, 100 * SECOND)
        seconds, nanos = divmod(now, SECOND)
        kind = random.random()
        if kind < 0.1:
            return b"%d" % seconds
        return b"%d.%09d" % (seconds, nanos) + (b"7" if kind < 0.15 else b"")
