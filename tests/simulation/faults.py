"""What goes wrong: each kind strikes now and then, by its own dice; a seed switches on some kinds only."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

from herd.turn import NotKeptError

if TYPE_CHECKING:
    from tests.simulation.server import Server
    from tests.simulation.world import World

# Kinds that other parts of the simulation look at.
ELSEWHERE = ("future-stamps", "slow-readers", "places", "skew", "viewers", "silent-accepts")
DISK_STEPS = ["write", "truncate", "sync", "sync the folder", "rename", "read", "open"]


class Faults:
    """The kinds that are on, and how they strike."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._random = Random(f"{world.seed} faults")
        self.pace = self._random.choice([1.0, 3.0, 8.0])  # seconds between two strikes of a kind, on average

    def kinds(self) -> dict[str, Callable[[], None]]:
        """Return every kind that strikes."""
        return {
            "crash": lambda: self._down(power=False),
            "power": lambda: self._down(power=True),
            "stop": self._stop,
            "rebirth": self._rebirth,
            "pause": self._pause,
            "cut": lambda: self._cut(both=True),
            "one-way-cut": lambda: self._cut(both=False),
            "isolation": self._isolate,
            "swizzle": self._swizzle,
            "reset": self._reset,
            "half-open": self._half_open,
            "stuck": self._stick,
            "storm": self._storm,
            "jump": self._jump,
            "twins": lambda: self._spawn(self._world.clients.twins()),
            "strangers": lambda: self._spawn(self._world.strangers.bother()),
            "forget": self._forget,
            "disk-full": self._fill,
            "disk-errors": self._fail_disk,
            "disk-slow": self._slow_disk,
            "nonsense": lambda: self._spawn(self._world.strangers.impersonate()),
        }

    def strike(self, tasks: asyncio.TaskGroup) -> None:
        """Let every kind that is on strike until cancelled."""
        self._tasks = tasks
        for name, hit in self.kinds().items():
            if name in self._world.faults:
                tasks.create_task(self._again_and_again(hit, Random(f"{self._world.seed} {name}")))

    async def _again_and_again(self, hit: Callable[[], None], random: Random) -> None:
        while True:
            await asyncio.sleep(random.expovariate(1 / self.pace))
            hit()

    def _spawn(self, work: object) -> None:
        self._tasks.create_task(work)  # type: ignore[arg-type]

    def _later(self, seconds: float, undo: Callable[[], None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(self._random.expovariate(1 / seconds))
            undo()

        self._spawn(wait())

    def _server(self) -> "Server":
        return self._random.choice(list(self._world.servers.values()))

    def _down(self, *, power: bool) -> None:
        server = self._server()
        if server.up and not self._world.last_one(server):
            server.kill(power)
            self._world.watch.sometimes("a server lost its power" if power else "a server crashed")
            self._later(4, lambda: None if server.up else server.start())

    def _rebirth(self) -> None:
        """Start a server anew at once, with clients that come back sooner than its links do."""
        world, server = self._world, self._server()
        if server.up and not world.last_one(server):
            server.kill(power=False)
            server.start()
            self._cut_for([way for n in server.peers for way in ((n, server.name), (server.name, n))], 3)
            for _ in range(4):
                self._spawn(world.clients.visit(server))
            world.watch.sometimes("a server reborn without its links")

    def _stop(self) -> None:
        server = self._server()

        async def stop() -> None:
            if server.up and not self._world.last_one(server):
                await server.stop()
                self._world.watch.sometimes("a server stopped in order")
                await asyncio.sleep(self._random.uniform(0, 2))
                if not server.up:
                    server.start()

        self._spawn(stop())

    def _pause(self) -> None:
        server = self._server()
        if not server.process.paused and not self._world.last_one(server):
            server.pause()
            self._world.watch.sometimes("a server paused")
            self._later(self._random.choice([0.5, 9]), server.resume)

    def _cut(self, *, both: bool) -> None:
        if self._world.edges:
            a, b = self._random.sample(self._random.choice(self._world.edges), 2)
            ways = [(a, b), (b, a)] if both else [(a, b)]
            self._cut_for(ways, self._random.choice([1, 12]))
            self._world.watch.sometimes("a link cut" if both else "a link cut one way")

    def _isolate(self) -> None:
        """Part the herd in two: at times one server from all."""
        names = list(self._world.servers)
        some = self._random.sample(names, self._random.choice([1, (len(names) + 1) // 2]))
        ways = [(a, b) for a in names for b in names if (a in some) != (b in some)]
        self._cut_for(ways, 10)
        self._world.watch.sometimes("the herd in two parts")

    def _swizzle(self) -> None:
        """Cut the links of some servers one by one, and mend them in another order."""
        links = self._random.sample(self._world.edges, self._random.randint(0, len(self._world.edges)))
        back = self._random.sample(links, len(links))

        async def swizzle() -> None:
            for step, edges in ((self._world.network.cut, links), (self._world.network.mend, back)):
                for a, b in edges:
                    await asyncio.sleep(self._random.uniform(0, 1))
                    step(a, b)
                    step(b, a)
            self._world.watch.sometimes("links cut one by one, mended in another order")

        self._spawn(swizzle())

    def _cut_for(self, ways: list[tuple[str, str]], seconds: float) -> None:
        network = self._world.network
        for way in ways:
            network.cut(*way)

        def mend() -> None:
            for way in ways:
                network.mend(*way)

        self._later(seconds, mend)

    def _reset(self) -> None:
        if self._world.network.open:
            end = self._random.choice(list(self._world.network.open))
            self._world.watch.sometimes("a connection reset")
            for one in (end, end.other):
                self._world.network.later(one.process, one.reset)

    def _half_open(self) -> None:
        """Let one end learn that the connection is no more, the other not."""
        if self._world.network.open:
            end = self._random.choice(list(self._world.network.open))
            end.other.stuck = end.stuck = True
            self._world.network.later(end.process, end.reset)
            self._world.watch.sometimes("a connection half open")

    def _stick(self) -> None:
        """Let nothing arrive any more in one way of a connection, and nobody know."""
        if self._world.network.open:
            self._random.choice(list(self._world.network.open)).stuck = True
            self._world.watch.sometimes("a connection stuck in one way")

    def _storm(self) -> None:
        """Reset all connections of a server at once: all come back at once."""
        for end in self._world.network.ends(self._server().name):
            for one in (end, end.other):
                self._world.network.later(one.process, one.reset)
        self._world.watch.sometimes("all reconnect at once")

    def _forget(self) -> None:
        """Have a server forget some client."""
        server = self._server()
        if server.begun and not server.process.paused:
            client = self._random.choice(self._world.clients.ids)
            with suppress(NotKeptError):
                server.process.context.run(server.forgetting.forget, client)

    def _fill(self) -> None:
        """Leave a disk little room for a while."""
        disk = self._server().disk
        disk.room = self._random.randrange(400)
        self._later(4, disk.mend)

    def _fail_disk(self) -> None:
        """Let some of what a disk is asked to do fail for a while."""
        disk = self._server().disk
        disk.failing.update(self._random.sample(DISK_STEPS, self._random.choice([1, 1, 2, len(DISK_STEPS)])))
        self._later(4, disk.mend)

    def _slow_disk(self) -> None:
        disk = self._server().disk
        disk.slow = self._random.choice([0.3, 3.0])
        self._world.watch.sometimes("a disk slow to sync")
        self._later(6, disk.mend)

    def _jump(self) -> None:
        server = self._server()
        server.jump(self._random.choice([-3600, -30, -0.5, 0.5, 30, 3600]))
        self._world.watch.sometimes("a clock set")
