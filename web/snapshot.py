"""All that a server knew at one moment, told to every viewer that comes at about that time."""

import asyncio
from collections import OrderedDict

from herd.store import Store
from web.channel import FRAME_MOST, Channel, Stretch

# Frames kept for the next viewer, the last used: 13 MB of JSON at most. When a server comes back, all its viewers
# come at once, and each would cost it 60 ms at 10,000 clients.
FRAMES_KEPT = 4


class Snapshot:
    """The reports of a store, by the frame, and the number from which a viewer goes on after the last of them."""

    def __init__(self, store: Store) -> None:
        self.number = store.number  # before the reports are taken: what comes meanwhile is told twice, not lost
        self._reports = store.snapshot()
        self._kept: OrderedDict[tuple[Channel, int], bytes] = OrderedDict()
        self._writing = asyncio.Lock()

    def __len__(self) -> int:
        """Return the count of frames, at least one."""
        return max(1, -(-len(self._reports) // FRAME_MOST))

    async def frame(self, channel: Channel, place: int) -> bytes:
        """Return the frame at a place, as the channel tells it."""
        async with self._writing:  # whoever comes while it is being written finds it written
            key = channel, place
            frame = self._kept.get(key)
            if frame is None:
                stretch = self._stretch(place)
                frame = self._kept[key] = b"".join([part async for part in channel.tell_again(stretch)])
                if len(self._kept) > FRAMES_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return frame

    def _stretch(self, place: int) -> Stretch:
        reports = self._reports[place * FRAME_MOST : (place + 1) * FRAME_MOST]
        last = place == len(self) - 1
        return Stretch("snapshot", 0, self.number if last else 0, [report[1] for report in reports], not last)
