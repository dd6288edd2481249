"""One run: the herd, its clients and its faults for a while, then healing, and the judgement."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.chaos.check import Disagree, until_all_agree, until_all_is_calm, until_silence_is_noticed
from tests.chaos.clients import Clients
from tests.chaos.faults import Faults
from tests.chaos.record import Record, Wrong
from tests.chaos.schedule import draw
from tests.chaos.servers import Died, Servers
from tests.herding import PEERS

GRACE_SECONDS = 120.0  # that a server may take to read its journal, when it has nobody else to learn from
SPOILT = 10  # places of a journal that are overwritten


@dataclass
class Outcome:
    """What happened."""

    seed: int
    seconds: float  # of faults
    struck: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)  # how clients' visits ended
    said: int = 0
    clients: int = 0  # IDs
    starts: int = 0
    connections: int = 0  # through the lanes
    healed: float | None = None  # seconds
    alone: float | None = None  # seconds, of the servers that had only their disks
    mended: float | None = None  # seconds, of the one whose disk was spoilt
    failures: list[str] = field(default_factory=list)


Tell = Callable[[str], None]


async def run(
    folder: Path, seed: int, seconds: float, without: tuple[str, ...] = (), tell: Tell = lambda _: None
) -> Outcome:
    """Run one seed, keeping everything in the folder. What broke stands in the outcome's failures."""
    servers = Servers(folder, Random(f"{seed} lanes"))
    trial = _Trial(servers, seed, seconds, without, tell)
    try:
        async with asyncio.TaskGroup() as group:
            try:
                await servers.open(group)
                await trial.run()
            finally:
                trial.sum_up()
                servers.close()
    except* (Died, Disagree, Wrong) as broken:
        trial.outcome.failures += [f"{type(one).__name__}: {one}" for one in _leaves(broken)]
    trial.outcome.failures += servers.complaints()
    return trial.outcome


class _Trial:
    def __init__(self, servers: Servers, seed: int, seconds: float, without: tuple[str, ...], tell: Tell) -> None:
        self.outcome = Outcome(seed, seconds)
        self._servers = servers
        self._without = without
        self._tell = tell
        self._record = Record()
        self._clients = Clients(servers, self._record, seed)
        self._faults = Faults(servers)

    async def run(self) -> None:
        """Let everything fail, heal it, judge; then once more with nothing but the servers' disks."""
        strikes = draw(self.outcome.seed, self.outcome.seconds, list(self._servers.lanes), self._without)
        async with asyncio.TaskGroup() as group:
            reporting = group.create_task(self._clients.run())
            telling = group.create_task(self._tell_on())
            striking = group.create_task(self._faults.strike(strikes))
            await asyncio.sleep(self.outcome.seconds)
            await striking
            reporting.cancel()
            telling.cancel()
        self._say("healing")
        began = time.monotonic()
        self._faults.leave_half_open(Random(f"{self.outcome.seed} healing"))
        await self._faults.heal()
        await until_all_agree(self._servers, self._record)
        self.outcome.healed = time.monotonic() - began
        await until_silence_is_noticed(self._servers)
        for lane in self._servers.lanes.values():
            lane.reset()  # who never said a word, and was half open then, may be a client that has nothing to say
        await until_all_is_calm(self._servers)
        if "blackout" not in self._without:
            await self._ask_disks()
            await self._spoil_a_disk()

    def sum_up(self) -> None:
        """Fill in what is counted elsewhere."""
        outcome = self.outcome
        outcome.struck, outcome.met = self._faults.struck, self._clients.met
        outcome.answered, outcome.said = self._record.answered, self._record.said
        outcome.clients, outcome.starts = len(self._record.clients), self._servers.starts
        outcome.connections = sum(lane.connections for lane in self._servers.lanes.values())

    async def _ask_disks(self) -> None:
        """Kill all servers, cut all links, and start them: each must know everything from its own disk."""
        self._say("from disk alone")
        for name in PEERS:
            self._servers.kill(name)
        for (who, _), lane in self._servers.lanes.items():
            if who in PEERS:
                lane.cut()
        began = time.monotonic()
        for name in PEERS:
            self._servers.start(name)
        await self._servers.until_all_listen()
        await until_all_agree(self._servers, self._record, GRACE_SECONDS)
        self.outcome.alone = time.monotonic() - began

    async def _spoil_a_disk(self) -> None:
        """Kill a server, change bytes of its journal, and start it: the others make up for what is lost."""
        self._say("one disk spoilt")
        for lane in self._servers.lanes.values():
            lane.mend()
        random = Random(f"{self.outcome.seed} disk")
        name = random.choice(list(PEERS))
        self._servers.kill(name)
        began = time.monotonic()
        with (self._servers.data / f"{name}.journal").open("r+b") as journal:
            size = journal.seek(0, os.SEEK_END)
            for _ in range(SPOILT):
                journal.seek(random.randrange(size))
                journal.write(random.randbytes(random.choice([1, 100])))
            journal.truncate(random.randrange(size // 2, size))
        self._servers.start(name)
        await self._servers.until_all_listen()
        await until_all_agree(self._servers, self._record)
        self.outcome.mended = time.monotonic() - began
        await until_all_is_calm(self._servers)

    async def _tell_on(self) -> None:
        while True:
            self._say(f"{self.outcome.seconds:.0f} s of faults")
            await asyncio.sleep(1)

    def _say(self, stage: str) -> None:
        self._tell(
            f"seed {self.outcome.seed}, {stage}: {sum(self._faults.struck.values())} faults, "
            f"{self._servers.starts} starts, {sum(self._record.answered.values()):,} reports answered"
        )


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found = []
    for one in group.exceptions:
        found += _leaves(one) if isinstance(one, BaseExceptionGroup) else [one]
    return found
