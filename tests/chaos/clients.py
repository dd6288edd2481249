"""Twenty clients that move between servers, say where they are, and record what is answered."""

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from random import Random

from aiohttp import ClientError

from tests.chaos.record import Record
from tests.chaos.servers import BROWSERS, CLIENTS, Servers
from tests.chaos.speaking import NoAnswer, Voice, speak
from tests.herding import PEERS
from tests.simulation.oracle import Said

# How each of them speaks, and how many reports it says at once at most.
CAST = [("tcp", 1)] * 6 + [("tcp", 50)] * 6 + [("form", 1)] * 2 + [("lines", 30), ("json", 30)] + [("ws", 10)] * 4
PATIENCE = 4.0  # seconds that a client waits for an answer before it goes elsewhere
LONGEST_PAUSE = 0.25  # seconds between two rounds of reports
FRESH = 0.15  # the share of reports by IDs that report once only: nothing newer may hide that one was lost
AGAIN = 20  # unanswered reports that a client remembers, to say them once more
SECOND = 10**9  # nanoseconds


class Client:
    """One of them: the single writer of its IDs, with a clock of its own."""

    def __init__(self, number: int, servers: Servers, record: Record, random: Random) -> None:
        self.how, self.most = CAST[number]
        self._servers = servers
        self._record = record
        self._random = random
        self._name = b"c%02d" % number
        self._ids = [self._name + tail for tail in (b"", b"/\xff\xfe", "-☃".encode(), b"\xc2\xa0\x1f", b"x" * 1000)]
        if self.how == "json":
            self._ids.pop(1)  # JSON is text; that bytes survive it is shown elsewhere
        # The last of the clients have clocks that are set at will; the others' go on as the world's does.
        self._wild = number in (5, 11)
        self._clock = 0
        self._fresh = 0
        self._again: list[Said] = []

    async def run(self, met: Counter[str]) -> None:
        """Visit servers until cancelled; note in `met` how visits end."""
        while True:
            server = self._random.choice(list(PEERS))
            try:
                await self._visit(server)
                met["left"] += 1
            except TimeoutError:
                met["no answer in time"] += 1
            except (OSError, ClientError, NoAnswer):
                met["connection lost or refused"] += 1
            await asyncio.sleep(self._random.uniform(0, 2 * LONGEST_PAUSE))

    async def _visit(self, server: str) -> None:
        who = CLIENTS if self.how == "tcp" else BROWSERS
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(PATIENCE):
                way = speak(self.how, self._servers.entrances[who, server])
                voice = await stack.enter_async_context(way)
            for _ in range(self._random.randint(1, 40)):
                async with asyncio.timeout(PATIENCE):
                    await self._report(server, voice)
                await asyncio.sleep(self._random.uniform(0, LONGEST_PAUSE))

    async def _report(self, server: str, voice: Voice) -> None:
        """Say some reports and record those that are answered; now and then ask for one of them."""
        said = self._choose()
        lines = [self._record.say(one) for one in said]
        waiting = list(said)
        try:
            async for answer in voice.say(said, lines):
                self._record.hear(self.how, server, waiting.pop(0), answer)
        finally:
            if not self._wild:
                self._again = [*self._again, *waiting][-AGAIN:]
        if self._random.random() < 0.2:
            client = self._random.choice(said)[0]
            line = await voice.ask(client)
            if line is not None:
                self._record.hear_around(server, client, line)

    def _choose(self) -> list[Said]:
        said = [self._new() for _ in range(self._random.randint(1, self.most))]
        if self._again and self._random.random() < 0.5:
            said.insert(self._random.randrange(len(said) + 1), self._again.pop())
        return said

    def _new(self) -> Said:
        random = self._random
        client = random.choice(self._ids)
        if random.random() < FRESH:
            self._fresh += 1
            client = self._name + b"-%d" % self._fresh
        location = b"%+09.5f%+010.5f" % (random.uniform(-89, 89), random.uniform(-179, 179))
        return client, location, b"%d.%09d" % divmod(self._now(), SECOND)

    def _now(self) -> int:
        """Return a time, in ns since 1970, that this client has not said before."""
        self._clock = max(self._clock + 1, time.time_ns())
        if self._wild:
            return self._clock + self._random.choice([-3600, -30, 0, 0, 30, 3600]) * SECOND
        return self._clock


class Clients:
    """All of them."""

    def __init__(self, servers: Servers, record: Record, seed: int) -> None:
        self.met: Counter[str] = Counter()
        self._clients = [Client(n, servers, record, Random(f"{seed} client {n}")) for n in range(len(CAST))]

    async def run(self) -> None:
        """Report until cancelled."""
        async with asyncio.TaskGroup() as group:
            for client in self._clients:
                group.create_task(client.run(self.met))
