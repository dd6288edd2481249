"""The feed as one gateway tells it: five times a second what changed is written once, for all its viewers.

Nothing runs while nobody watches, and the path of a report never knows: a tick compares the store's number with
its own.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from herd.node import Node
from herd.sections.limits import VIEWERS
from web.box import Box
from web.feed.channel import FRAME_MOST, Channel, Form, Stretch, Teller
from web.feed.kept import Kept, Piece
from web.feed.outlet import Outlet
from web.feed.packed import Names
from web.feed.seats import Seats
from web.feed.snapshot import Snapshot
from web.feed.viewer import Viewer
from web.schema import to_text
from web.search.finder import Finder

FRAMES_A_SECOND = 5
# Where nothing changes an empty frame is told: it keeps proxies from hanging up, and a page that hears nothing for
# a minute knows that its server is gone (a browser's scripts see no pings).
HEARTBEAT = 20.0  # seconds
PATIENCE = 60.0  # seconds in which a viewer must have taken at least one byte of what waits for it
SNAPSHOT_AGE = 2.0  # seconds in which what was written serves others who come; what changed since is told after it
VIEWERS_A_SLICE = 20  # told between two pauses, about 1 ms


class Audience(NamedTuple):
    """Those who watch one channel."""

    channel: Channel
    viewers: set[Viewer]


class Feed:
    """The viewers of a server, by channel, and the ticks that tell them."""

    def __init__(
        self,
        node: Node,
        finder: Finder,
        frames_a_second: float = FRAMES_A_SECOND,
        heartbeat: float = HEARTBEAT,
        patience: float = PATIENCE,
        seats: int = VIEWERS,
    ) -> None:
        self.store = node.store
        self.patience = patience
        self.seats = Seats(seats)
        self.number = 0  # how far the ticks have come
        self.closing = False
        self.ticking = False
        self._node = node
        self._finder = finder
        self._interval = 1 / frames_a_second
        self._heartbeat = heartbeat
        self._told_at = 0.0
        self._names = Names()
        self._kept = Kept()
        self._audiences: dict[tuple[Form, Box | None], Audience] = {}
        self._snapshot: tuple[float, Snapshot] | None = None

    def viewers(self) -> list[Viewer]:
        """Return everyone who watches."""
        return [viewer for audience in self._audiences.values() for viewer in audience.viewers]

    @contextmanager
    def watch(self, outlet: Outlet, form: Form, box: Box | None, cursor: int | None) -> Iterator[Viewer]:
        """Count a viewer in inside the block; `cursor` is the number it came to in this life, if it has one."""
        audience = self._audience(form, box)
        viewer = Viewer(self, audience.channel, outlet, cursor)
        audience.viewers.add(viewer)
        if self.closing:  # during its handshake
            viewer.stop()
        if not self.ticking:
            self.ticking = True
            self.number = self.store.number
            self._node.spawn("the live feed", self._tick_on)
        try:
            yield viewer
        finally:
            audience.viewers.discard(viewer)
            if not audience.viewers:
                self._audiences.pop((form, box), None)

    def snapshot(self) -> Snapshot:
        """Return a snapshot of these seconds; the same to all who come together."""
        now = asyncio.get_running_loop().time()
        if self._snapshot:
            taken, snapshot = self._snapshot
            if now - taken < SNAPSHOT_AGE and self.store.reaches(snapshot.number):
                return snapshot
        snapshot = Snapshot(self.store, self._kept, self._finder.within)
        self._snapshot = now, snapshot
        return snapshot

    async def changes(self, channel: Channel, since: int) -> Piece:
        """Return what changed after `since` until the last tick, or the first part of it."""
        store, target = self.store, self.number

        async def write() -> Piece:
            if not store.reaches(since):  # any more, for it had to wait
                return Piece(since, b"")
            reached, reports, gone = store.shown_since(since, FRAME_MOST)
            after = max(since, min(reached, target))
            lines = [report[1] for report in reports]  # newer ones than `after`, too: they come twice
            stretch = Stretch("changes", since, after, lines, after < target, gone)
            return Piece(after, await channel.tell_again(stretch))

        # Not for long: a frame says what time it is.
        moment = asyncio.get_running_loop().time() // SNAPSHOT_AGE
        return await self._kept.get((channel, since, target, moment), write)

    def close(self) -> None:
        """Send every viewer away."""
        self.closing = True
        for viewer in self.viewers():
            viewer.stop()

    def _audience(self, form: Form, box: Box | None) -> Audience:
        audience = self._audiences.get((form, box))
        if audience is None:
            node = self._node
            teller = Teller(to_text(node.name.encode()), to_text(node.life), node.clock)
            channel = Channel(form, box, self._names, teller)
            audience = self._audiences[form, box] = Audience(channel, set())
        return audience

    async def _tick_on(self) -> None:
        """Tick until the last viewer has gone."""
        loop = asyncio.get_running_loop()
        self._told_at = loop.time()
        try:
            while self._audiences:
                due = loop.time() + self._interval
                with self._node.guard.contain("a tick of the live feed"):
                    await self._tick(loop.time())
                await asyncio.sleep(max(0, due - loop.time()))
        finally:
            self.ticking = False
            self._snapshot = None
            self._kept.clear()

    async def _tick(self, now: float) -> None:
        for viewer in self.viewers():
            if viewer.over:  # who leaves /events says nothing, and nothing may have changed for long
                viewer.stop()
        if self._snapshot and now - self._snapshot[0] >= SNAPSHOT_AGE:
            self._snapshot = None
        target = self.store.number  # what comes during the tick waits for the next
        if self.number == target and now - self._told_at >= self._heartbeat:
            await self._tell(Stretch("changes", target, target, [], more=False), now)
        while self.number < target:
            await self._tell(self._next_stretch(), now)

    def _next_stretch(self) -> Stretch:
        store, before = self.store, self.number
        if store.reaches(before):
            after, reports, gone = store.shown_since(before, FRAME_MOST)
        else:  # so much in one tick that the log has lost it: whoever came to `before` is behind, and told all
            before = after = store.number
            reports, gone = [], []
        # First of all: if the writing fails, the viewers find themselves behind at the next tick, not the tick.
        self.number = after
        newest = [report[1] for report in reports if report[2] <= after]  # the others are told at their number
        return Stretch("changes", before, after, newest, after < store.number, gone)

    async def _tell(self, stretch: Stretch, now: float) -> None:
        self._told_at = now
        for audience in list(self._audiences.values()):
            frame = await audience.channel.tell(stretch)
            for count, viewer in enumerate(list(audience.viewers), 1):
                viewer.take(stretch.before, stretch.after, frame)
                if count % VIEWERS_A_SLICE == 0:
                    await asyncio.sleep(0)
