"""One viewer of the live feed: a cursor, moved along its connection as fast as it reads, and no faster."""

import asyncio
from typing import Protocol

from herd.store import Store
from web.feed.channel import Channel
from web.feed.kept import Piece
from web.feed.outlet import Outlet
from web.feed.snapshot import Snapshot


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

    async def changes(self, channel: Channel, since: int) -> Piece:
        """Return what changed after `since` until the last tick, or the first part of it."""


class Viewer:
    """Takes the frame of each tick while it is up to date, and else what changed since its own last frame."""

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
        await self._tell_on(self.cursor)  # the first frame comes even where nothing changed
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
        """Tell what changed while its last frame was under way.

        Where it came to is rounded: those that are about as far behind share frames, a fourth longer at most than
        they need to be. Else many that read slowly would each have its own written, and none be in time.
        """
        await self._outlet.drained()
        while not self.over and self.cursor < self._source.number:
            number = self._source.number
            await self._tell_on(max(0, number - _round_up(number - self.cursor)))

    async def _tell_on(self, since: int) -> None:
        """Tell what changed, newest reports only: all that fits a frame."""
        if not self._knows or not self._store.reaches(self.cursor):
            await self._tell_all()
            return
        piece = await self._source.changes(self._channel, since)
        if piece.after <= self.cursor and since < self.cursor:  # rounded so far back that it does not reach here
            piece = await self._source.changes(self._channel, self.cursor)
        await self._send(piece)

    async def _tell_all(self) -> None:
        snapshot = self._source.snapshot()
        for place in range(await snapshot.frames(self._channel)):
            if self.over:
                return
            await self._send(await snapshot.frame(self._channel, place))
        self._knows = True

    async def _send(self, piece: Piece) -> None:
        self._outlet.write(piece.frames)
        self.cursor = piece.after
        await self._outlet.drained()


def _round_up(lag: int) -> int:
    """Return the least number of at most three binary digits and zeros that is not below `lag`."""
    step = max(0, lag.bit_length() - 3)
    return -(-lag >> step) << step
