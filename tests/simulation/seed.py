"""One seed, one run: a phase in which everything fails, then one in which a healed core must come to agree."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from herd.links.links import DIAL_SECONDS, LAST_REDIAL, SILENCE
from herd.links.proving import SECONDS as PROVE_SECONDS
from tests.simulation.knobs import turned
from tests.simulation.world import World

LOOK = 0.5  # seconds between two looks at whether anything is broken
# After healing, a link finds out that it is dead, ends a dial and a handshake with nobody, waits, and dials.
HEAL_SECONDS = SILENCE + 2 + DIAL_SECONDS + PROVE_SECONDS + 2 * LAST_REDIAL
VISITS = 40  # of clients in a run, about
QUIET_SECONDS = 9.0  # in which an idle herd is watched: four heartbeats
MENDED, MENDED_MOST = 4, 5  # every so many seeds, in herds of at most so many servers
# A repair looks at what is older than a minute, with one neighbour at random, about every 30 s.
MEND_SECONDS = 1200.0
VIEWER_SECONDS = 10.0  # in which a viewer is told what it lacks


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run went."""

    seed: int
    violations: tuple[str, ...]
    trace: str  # hash of all events
    seconds: float  # of virtual time
    steps: int
    healed: float  # seconds until the core agreed
    reached: Counter[str]
    faults: tuple[str, ...]
    shape: str


class BrokenError(Exception):
    """A promise is broken; the run need not go on."""


def simulate(seed: int, without: tuple[str, ...] = (), story: list[str] | None = None) -> Outcome:
    """Run a seed; with a list for its story, every event is told there."""
    world = World(seed, without)
    world.watch.story = story
    run = Run(world)
    with turned(world.knobs):
        try:
            world.loop.run(run.run(), world.driver)
        except BrokenError:
            pass
        except (AssertionError, ExceptionGroup) as problem:
            world.watch.broken("S8", repr(problem))
    violations, trace = tuple(world.watch.violations), world.watch.digest()
    if violations:
        world.loop.wind_up()
    return Outcome(
        seed,
        violations,
        trace,
        world.loop.time(),
        world.loop.steps,
        run.healed,
        world.watch.reached,
        tuple(world.faults),
        f"{world.shape} of {len(world.servers)}",
    )


class Run:
    """The phases of a run."""

    def __init__(self, world: World) -> None:
        self.healed = self._limit = 0.0
        self._world = world
        self._settled = asyncio.Event()

    async def run(self) -> None:
        """Go through the phases; BrokenError as soon as something is wrong."""
        world = self._world
        for server in world.servers.values():
            if server is not world.latecomer:
                server.start()
        watching = [world.loop.create_task(viewer.watch(self._settled)) for viewer in world.viewers]
        await self._storm()
        self._heal()
        await self._converge()
        await self._be_quiet()
        self._settled.set()
        await asyncio.gather(*watching)
        await self._see()
        await self._mend()
        await self._end()

    async def _storm(self) -> None:
        """Everything fails, and clients go on."""
        world = self._world
        rate = world.random.choice([0.5, 2, 6])
        end = min(world.random.choice([4, 10, 20]), VISITS / rate)
        storm = world.loop.create_task(self._rage(rate, world.joins * end))
        while world.loop.time() < end and not storm.done():
            await asyncio.sleep(LOOK)
            self._look()
        storm.cancel()
        with suppress(asyncio.CancelledError):
            await storm

    async def _rage(self, rate: float, joins: float) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._join_later(joins))
            tasks.create_task(self._world.clients.come_and_go(rate))
            self._world.fault_kinds.strike(tasks)

    async def _join_later(self, seconds: float) -> None:
        """Start the latecomer for the first time, into whatever is going on."""
        await asyncio.sleep(seconds)
        if (late := self._world.latecomer) is not None and self._world.joins < 1:
            late.start()
            self._world.watch.sometimes("a server added while things fail")

    def _heal(self) -> None:
        """Make the core whole, and leave all else as it is."""
        world, network = self._world, self._world.network
        network.silent = 0.0
        if world.random.random() < 0.5:
            world.core = list(world.servers)
        for name in world.core:
            server = world.servers[name]
            server.disk.mend()
            if not server.up:
                if server is world.latecomer and world.joins == 1:
                    world.watch.sometimes("a server added to a healed herd")
                server.start()
            server.resume()
            for other in world.core:
                network.mend(name, other)
        if len(world.core) < len(world.servers):
            world.watch.sometimes("a core healed, the rest left broken")

    async def _converge(self) -> None:
        """L1, L2: each server of the core hears one more report, and soon all of it keep the same, the newest."""
        world = self._world
        began = world.loop.time()
        knobs = world.knobs
        limit = self._limit = HEAL_SECONDS + len(world.core) * 40 * (knobs.floor + knobs.delay)
        await asyncio.sleep(0)
        for name in world.core:
            await self._tell(name)
        while not self._agree():
            self._look()
            if world.loop.time() - began > limit:
                world.watch.broken("L1", f"no agreement {limit:.1f} s after healing: {self._difference()}")
                raise BrokenError
            await asyncio.sleep(LOOK)
        self.healed = world.loop.time() - began

    async def _tell(self, name: str) -> None:
        """Report to a server until it takes it: one whose disk was in trouble needs a while to mend its journal."""
        clients, watch, owed = self._world.clients, self._world.watch, 1
        try:
            async with asyncio.timeout(30):
                while owed:
                    with suppress(OSError):  # it does not listen yet: its journal is being read
                        caller = await clients.call(self._world.servers[name])
                        caller.say(clients.report(b"after-" + name.encode()))
                        await caller.answered()
                        owed = caller.owed
                        caller.transport.close()
                    if owed:
                        watch.sometimes("a healed server not ready yet")
                        await asyncio.sleep(LOOK)
        except TimeoutError:
            watch.broken("L2", f"{name} is healed and answers nobody")

    def _agree(self) -> bool:
        if not all(self._world.servers[name].begun for name in self._world.core):
            return False
        stores = [self._world.servers[name].node.store for name in self._world.core]
        return len({frozenset(fact[1] for fact in store.snapshot()) for store in stores}) == 1

    def _difference(self) -> str:
        stores = {name: self._world.servers[name].node.store for name in self._world.core}
        clients = {client: None for store in stores.values() for client in store.reports}
        for client in clients:
            lines = {name: store.newest(client) for name, store in stores.items()}
            if len(set(lines.values())) > 1:
                return repr(lines)
        return repr({name: sorted(fact[1] for fact in store.forgotten.values()) for name, store in stores.items()})

    async def _be_quiet(self) -> None:
        """L4: once every link had its time to come back, nobody says anything new, and nothing is told."""
        watch = self._world.watch
        await asyncio.sleep(self._limit - self.healed)
        told = watch.told
        await asyncio.sleep(QUIET_SECONDS)
        if watch.told > told:
            watch.broken("L4", f"{watch.told - told} reports told in {QUIET_SECONDS} s of silence")
        if not self._agree():
            watch.broken("L1", f"agreed once, and not any more: {self._difference()}")
        for name in self._world.core:
            self._count_ends(name)
        self._look()

    def _count_ends(self, name: str) -> None:
        """S8: a server holds no connection that it has no use for."""
        server, core = self._world.servers[name], self._world.core
        links = server.witness.links
        used = len(links.tellings) + len(links.hearings) + len(server.node.admission)
        trying = 2 * len([peer for peer in server.peers if peer not in core])
        if (ends := len(self._world.network.ends(name))) > used + trying:
            self._world.watch.broken("S8", f"{name} has {ends} connections, and uses {used}")

    async def _see(self) -> None:
        """Every viewer of a healthy server shows what it keeps."""
        for viewer in self._world.viewers:
            if viewer.server.begun and not viewer.server.process.paused:
                try:
                    async with asyncio.timeout(VIEWER_SECONDS):
                        await until(viewer.sees_all)
                except TimeoutError:
                    self._world.watch.broken("L5", f"a viewer of {viewer.server.name} shows something else")
        self._look()

    async def _mend(self) -> None:
        """Let a healthy server lose what it knew of a client, as by a defect: digests find it."""
        world, core = self._world, [self._world.servers[name] for name in self._world.core]
        damaged = core[0]
        older = damaged.witness.older() if len(core) == len(world.servers) > 1 else None
        if world.seed % MENDED or older is None or {"skew", "jump"} & set(world.faults) or len(core) > MENDED_MOST:
            return
        damaged.witness.forget_newest(older)
        try:
            async with asyncio.timeout(MEND_SECONDS):
                await until(self._agree)
            world.watch.sometimes("a lost report found by digests")
        except TimeoutError:
            world.watch.broken("L6", f"no repair in {MEND_SECONDS} s: {self._difference()}")
        self._look()

    async def _end(self) -> None:
        """S8: all servers stop in order, and leave no task and no connection behind."""
        world = self._world
        for server in world.servers.values():
            await server.stop()
        await asyncio.sleep(60)
        ours = asyncio.current_task()
        for task in world.loop.tasks:
            if task is not ours and not task.done():
                world.watch.broken("S8", f"still runs: {task!r}")
            elif task.done() and task._log_traceback:
                world.watch.broken("S8", f"nobody took {task.exception()!r} of {task!r}")
        for end in [end for end in world.network.open if world.network.is_server(end.process)]:
            world.watch.broken("S8", f"a connection is still open at {end.process.name}")

    def _look(self) -> None:
        self._world.settle()
        if self._world.watch.violations:
            raise BrokenError


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, in virtual time."""
    while True:
        await asyncio.sleep(LOOK)
        if condition():
            return
