"""Those who watch a server's live feed: they read, stop reading, leave, and come back where they were."""

import asyncio
from random import Random
from typing import TYPE_CHECKING

from tests.watching import Picture, known, split
from web.feed.channel import BINARY, JSON
from web.feed.outlet import Outlet

if TYPE_CHECKING:
    from tests.simulation.server import Server
    from tests.simulation.world import World


class Screen(Outlet):
    """The way to a viewer that the simulation plays."""

    def __init__(self) -> None:  # no connection
        self.picture = Picture()
        self.left = False
        self._reads = asyncio.Event()
        self._reads.set()
        self._unread: list[bytes] = []

    @property
    def blocked(self) -> bool:
        """Whether it has not read its last frame."""
        return bool(self._unread)

    @property
    def lost(self) -> bool:
        """Whether it is gone."""
        return self.left

    def read(self, on: bool) -> None:
        """Stop reading, or read on."""
        if on:
            self._reads.set()
            self._show()
        else:
            self._reads.clear()

    def write(self, frame: bytes) -> None:
        """Take a frame."""
        if not self.left:
            assert not self._unread, "written to a viewer that had not read its last frame"
            self._unread.append(frame)
            if self._reads.is_set():
                self._show()

    async def drained(self) -> None:
        """Wait until all is read."""
        await self._reads.wait()
        self._show()

    def abort(self) -> None:
        """Lose what is unread."""
        self.left = True
        self._unread.clear()
        self._reads.set()

    def _show(self) -> None:
        for messages in self._unread:
            for frame in split(messages):
                self.picture.apply(frame)
        self._unread.clear()


class Viewer:
    """One who watches a server through its lives."""

    def __init__(self, world: "World", server: "Server") -> None:
        self.server = server
        self.screen = Screen()
        self._world = world
        self._random = Random(f"{world.seed} viewer of {server.name}")
        self._form = self._random.choice([JSON, BINARY])
        self._life = b""

    async def watch(self, settled: asyncio.Event) -> None:
        """Watch with whims, until things settle; then just watch."""
        while not settled.is_set():
            if self.server.begun and not self.server.process.paused:
                if self.screen.left or self._life != self.server.node.life:
                    self.come()
                self.screen.read(on=self._random.random() < 0.7)
                if self._random.random() < 0.15:
                    self.screen.abort()
            await asyncio.sleep(self._random.expovariate(1))
        self.screen.read(on=True)
        if self.server.begun and (self.screen.left or self._life != self.server.node.life):
            self.come()

    def come(self) -> None:
        """Begin to watch; at the same life from where it was."""
        server, old = self.server, self.screen.picture
        self.screen.abort()
        self.screen = Screen()
        cursor = None
        if self._life == server.node.life and old.frames and server.node.store.reaches(old.number):
            self.screen.picture, cursor = old, old.number
            self._world.watch.sometimes("a viewer that goes on where it was")
        self._life = server.node.life
        screen, form, feed = self.screen, self._form, server.feed

        async def stay() -> None:
            with feed.watch(screen, form, None, cursor) as viewer:
                await viewer.run()

        server.process.context.run(server.node.spawn, "a viewer", stay)

    def sees_all(self) -> bool:
        """Whether it shows what its server keeps."""
        return self.screen.picture.clients == known(self.server.node.store)
