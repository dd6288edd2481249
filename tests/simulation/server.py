"""One simulated server: the production node behind a simulated port; it is started, paused, stopped and killed."""

import asyncio
from contextlib import AsyncExitStack
from random import Random
from typing import TYPE_CHECKING

from herd.config import Address
from herd.conversation import Conversation
from herd.door import TCP, Door
from herd.forgetting import Forgetting
from herd.going import Going
from herd.journal.recovery import keeping, read_journal
from herd.links.links import Links
from herd.node import Node
from herd.sections.journal import ALWAYS, EVERYSEC, NEVER
from herd.sections.limits import LimitsSettings
from herd.starting import CannotStartError
from tests.simulation.disk import Platter, SimulatedDisk
from tests.simulation.loop import Process
from tests.simulation.places import Places
from tests.simulation.promises import Promises
from tests.simulation.witness import Witness
from web.feed.feed import Feed
from web.search.finder import Finder

if TYPE_CHECKING:
    from tests.simulation.world import World

EPOCH = 1_795_000_000 * 10**9  # when a run begins, in nanoseconds since 1970
SECOND = 10**9
PORT = 12_101
RESTART_SECONDS = 2.0  # after which who could not start is started again, as systemd does


class Clock:
    """A server's clock, in nanoseconds since 1970: off by some, running too fast or slow, set now and then."""

    def __init__(self, world: "World") -> None:
        self.skew = 0  # nanoseconds
        self.drift = 0  # millionths by which it runs too fast
        self._loop = world.loop

    def __call__(self) -> int:
        """Tell the time."""
        run = round(self._loop.time() * SECOND)
        return EPOCH + run + run * self.drift // 10**6 + self.skew


class Server:
    """A machine with its place in the herd, through all its lives."""

    def __init__(self, world: "World", name: str, host: str, peers: dict[str, str]) -> None:
        self.name = name
        self.host = host
        self.clock = Clock(world)
        self.up = False
        self.process = Process(name)
        self.witness: Witness
        self.feed: Feed
        self.forgetting: Forgetting
        self.peers = {peer: Address(other, PORT) for peer, other in peers.items()}
        self._world = world
        self._random = Random(f"{world.seed} {name}")
        dice = Random(f"{world.seed} {name} disk")
        self.disk = Platter(dice, world.watch)
        self.fsync = dice.choice([EVERYSEC, EVERYSEC, ALWAYS, NEVER]) if world.journals else None
        self.promises = Promises(name, self.fsync, not world.disks_fail, world.watch)
        self._wanted = False  # whether it is to be started again where it cannot start
        self._main: asyncio.Task[None]
        self._stopping: asyncio.Event

    @property
    def node(self) -> Node:
        """Of the present life."""
        return self.witness.node

    @property
    def begun(self) -> bool:
        """Whether it runs, and has read its journal."""
        return self.up and hasattr(self.witness, "node")

    def start(self) -> None:
        """Begin a new life."""
        if self.process.alive and not self.up and hasattr(self, "_main"):  # it was still stopping
            self._bury()
            self._main.cancel()
        self.up = self._wanted = True
        self.process = Process(self.name)
        self._stopping = asyncio.Event()
        self.witness = Witness(self._world.watch, self.name, self.clock, self.promises)
        self._world.network.power(self.name)
        self._main = self._world.loop.create_task(self._live(self.witness), context=self.process.context)

    def kill(self, power: bool) -> None:
        """End at once; with the power cut nobody is told."""
        if self.up:
            self.up = self.process.alive = self.witness.alive = False
            self._world.network.die(self.process, power)
            if power:
                self.disk.lose_power()
                self.promises.lose_power()
            self.resume()
            self._main.cancel()  # nobody sees what it does from now on

    async def stop(self) -> None:
        """End as SIGTERM has it."""
        self._wanted = False
        if self.up:
            self.resume()
            self.up = False
            self._stopping.set()
            await asyncio.wait((self._main,))
            self._bury()

    def _bury(self) -> None:
        self.process.alive = self.witness.alive = False
        self._world.network.die(self.process, power=False)

    def pause(self) -> None:
        """Stand still, as under SIGSTOP."""
        if self.up:
            self.process.paused = self.witness.disturbed = True

    def resume(self) -> None:
        """Go on."""
        if self.process.paused:
            self._world.loop.resume(self.process)

    def jump(self, seconds: float) -> None:
        """Set the clock."""
        self.clock.skew += round(seconds * SECOND)
        if hasattr(self, "witness"):  # it has begun some life
            self.witness.disturbed = True

    async def _live(self, witness: Witness) -> None:
        process = self.process
        try:
            await self._run(witness)
        except* CannotStartError:
            if process.alive:
                self._world.watch.sometimes("a server that cannot start")
                self.up = process.alive = witness.alive = False
                self._world.network.die(process, power=False)
                again = self._world.driver.context
                self._world.loop.call_later(RESTART_SECONDS, self._start_again, context=again)

    def _start_again(self) -> None:
        if self._wanted and not self.up:
            self.start()

    async def _run(self, witness: Witness) -> None:
        """Do as `herd.server.run_server` does."""
        world, random = self._world, self._random
        node: Node
        links: Links

        def accept() -> Door:
            return Door(node, TCP, lambda: Conversation(node, links.meet))

        disk = SimulatedDisk(self.disk, self.process)
        async with asyncio.TaskGroup() as tasks, AsyncExitStack() as stack:
            life = b"%016x" % random.getrandbits(64)
            limits = LimitsSettings(link_buffered=world.knobs.in_flight)
            node = Node(self.name, Places(world), witness, tasks, self.clock, life, limits=limits)
            links = Links(node, world.secret, self.peers, random, lambda: b"%032x" % random.getrandbits(128))
            self.forgetting = Forgetting(node, limits, links.clocks_ahead)
            if self.fsync is not None:
                journal = await stack.enter_async_context(keeping(node, disk, self.fsync))
                await read_journal(node, journal)
            witness.join(node, links)
            self.feed = Feed(node, Finder(node))
            world.watch.lives[self.name] = witness
            listener = await world.loop.create_server(accept, self.host, PORT)
            work = (links.run, self.forgetting.run, node.admission.watch)
            running = [tasks.create_task(lasting()) for lasting in work]
            try:
                await self._stopping.wait()
            finally:
                self.feed.close()
                listener.close()
                await Going(node, links, listener.close).finish()
                for task in running:
                    task.cancel()
                node.stop()
