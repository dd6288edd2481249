"""All that a server knew at one moment, told to every viewer that comes at about that time."""

from herd.store import Store
from web.feed.channel import FRAME_MOST, Channel, Stretch
from web.feed.kept import Kept, Piece


class Snapshot:
    """The reports of a store, by the frame, and the number from which a viewer goes on after the last of them."""

    def __init__(self, store: Store, kept: Kept) -> None:
        self.number = store.number  # before the reports are taken: what comes meanwhile is told twice, not lost
        self._reports = store.snapshot()
        self._kept = kept
        self._mark = object()  # not the snapshot itself: what is kept must not keep all the reports

    def __len__(self) -> int:
        """Return the count of frames, at least one."""
        return max(1, -(-len(self._reports) // FRAME_MOST))

    async def frame(self, channel: Channel, place: int) -> Piece:
        """Return the frame at a place, as the channel tells it."""

        async def write() -> Piece:
            reports = self._reports[place * FRAME_MOST : (place + 1) * FRAME_MOST]
            last = place == len(self) - 1
            number = self.number if last else 0
            stretch = Stretch("snapshot", 0, number, [report[1] for report in reports], not last)
            return Piece(number, await channel.tell_again(stretch))

        return await self._kept.get((self._mark, channel, place), write)
