"""All that a server knew at one moment, told to every viewer that comes at about that time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from herd.batch import Report
from herd.store import Store
from web.box import Box
from web.feed.channel import FRAME_MOST, Channel, Stretch
from web.feed.kept import Kept, Piece
from web.search.flock import Flock

LOOKED_UP = 2_000  # reports of found clients, between two pauses: about 1 ms
# Found for one box; a fuller one is told as part of the world, whose list all share. A viewer that reads nothing
# keeps its list for as long as it is borne with: 8 bytes a report.
FOUND_MOST = 5 * FRAME_MOST


Within = Callable[[Box], Awaitable[Flock]]  # finds the clients in a box


class Snapshot:
    """The reports of a store, by the frame, and the number from which a viewer goes on after the last of them.

    Those of a box are found by the grid that /clients asks, too. Measured at a million clients: 1 ms of CPU for a
    box with ten in it, and 5 to 7 s to make the grid once, where to look at every report would take 2.4 s for each
    box and send 100 frames with next to nothing in them.
    """

    def __init__(self, store: Store, kept: Kept, within: Within) -> None:
        self.number = store.number  # before reports are taken: what comes meanwhile is told twice, not lost
        self._store = store
        self._kept = kept
        self._within = within
        self._mark = object()  # not the snapshot itself: what is kept must not keep all the reports
        self._reports: dict[Box | None, Sequence[Report]] = {}
        self._taking = asyncio.Lock()  # who comes while reports are being found finds them found

    async def frames(self, channel: Channel) -> int:
        """Return the count of frames for a channel, at least one."""
        return max(1, -(-len(await self._take(channel.box)) // FRAME_MOST))

    async def frame(self, channel: Channel, place: int) -> Piece:
        """Return the frame at a place, as the channel tells it."""
        reports = await self._take(channel.box)

        async def write() -> Piece:
            some = reports[place * FRAME_MOST : (place + 1) * FRAME_MOST]
            last = (place + 1) * FRAME_MOST >= len(reports)
            number = self.number if last else 0
            stretch = Stretch("snapshot", 0, number, [report[1] for report in some], not last)
            return Piece(number, await channel.tell_again(stretch))

        return await self._kept.get((self._mark, channel, place), write)

    async def _take(self, box: Box | None) -> Sequence[Report]:
        async with self._taking:
            if box is not None and box not in self._reports:
                self._reports[box] = await self._find(box)
            return self._reports[box] if box is not None else self._everyone()

    def _everyone(self) -> Sequence[Report]:
        if None not in self._reports:
            self._reports[None] = list(self._store.reports.values())
        return self._reports[None]

    async def _find(self, box: Box) -> Sequence[Report]:
        found: list[Report] = []
        known = self._store.reports
        for clients in (await self._within(box)).leave(LOOKED_UP):
            if len(found) > FOUND_MOST:
                return self._everyone()
            found += [known[client] for client in clients if client in known]
            await asyncio.sleep(0)
        return found
