"""One viewer of the live feed: a cursor, moved along its connection as fast as it reads, and no faster."""

import asyncio
from typing import Protocol

from herd.store import Store
from web.channel import FRAME_MOST, Channel, Stretch
from web.outlet import Outlet
from web.snapshot import Snapshot


class Source(Protocol):
    """What a viewer needs of the live feed."""

    @property
    def store(self) -> Store:
        """Where it reads what it missed."""

    @property
    def number(self) -> int:
        """How far the ticks have come."""

    def snapshot(self) -> Snapshot:
        """Return all that is known."""


class Viewer:
    """Takes the shared frame of each tick while it is up to date, and else has its own, merged one written."""

    def __init__(self, source: Source, channel: Channel, outlet: Outlet, cursor: int | None) -> None:
        self.cursor = cursor if cursor is not None else 0
        self._knows = cursor is not None  # where it came to; else it is told everything
        self._source = source
        self._store = source.store
        self._channel = channel
        self._outlet = outlet
        self._following = False
        self._stopped = False
        self._behind = asyncio.Event()  # or at its end

    @property
    def over(self) -> bool:
        """Whether it is to be told nothing more."""
        return self._stopped or self._outlet.lost

    async def run(self) -> None:
        """Tell the feed until the viewer is gone, or stopped."""
        await self._tell_on()  # the first frame comes even where nothing changed
        while not self.over:
            await self._catch_up()
            self._behind.clear()
            if self.over:
                return
            self._following = True
            await self._behind.wait()

    def take(self, before: int, after: int, frame: bytes) -> None:
        """Take a frame that brings whoever came to `before` to `after`, or fall behind."""
        if not self._following or self.cursor > after:
            return
        if self.cursor < before or self._outlet.blocked or self._outlet.lost:
            self._following = False
            self._behind.set()
            return
        self._outlet.write(frame)
        self.cursor = after

    def stop(self) -> None:
        """End it; what a blocked viewer has not taken is lost."""
        self._stopped = True
        self._following = False
        self._behind.set()
        if self._outlet.blocked:
            self._outlet.abort()

    async def _catch_up(self) -> None:
        await self._outlet.drained()
        while not self.over and self.cursor < self._source.number:
            await self._tell_on()

    async def _tell_on(self) -> None:
        """Tell what changed since the cursor, newest reports only: all that fits a frame."""
        if not self._knows or not self._store.reaches(self.cursor):
            await self._tell_all()
            return
        after, reports = self._store.since(self.cursor, FRAME_MOST)
        lines = [report[1] for report in reports]
        stretch = Stretch("changes", self.cursor, after, lines, after < self._store.number)
        async for frame in self._channel.tell_again(stretch):
            await self._send(frame)
        self.cursor = after

    async def _tell_all(self) -> None:
        snapshot = self._source.snapshot()
        for place in range(len(snapshot)):
            if self.over:
                return
            await self._send(await snapshot.frame(self._channel, place))
        self.cursor = snapshot.number
        self._knows = True

    async def _send(self, frame: bytes) -> None:
        self._outlet.write(frame)
        await self._outlet.drained()
