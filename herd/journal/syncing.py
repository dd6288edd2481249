"""Has the disk take what was written, and lets answers that ask for that wait for it together: the group commit."""

import asyncio
from collections.abc import Awaitable, Callable

from herd.counts import Kept
from herd.sections.journal import ALWAYS, EVERYSEC, NEVER
from herd.turn import Step

SYNC_SECONDS = 1.0  # between two syncs where they are made every second


class Syncing:
    """Syncs after writes as the policy says. `sync` is awaited, `failed` is told if it breaks off."""

    def __init__(
        self, policy: str, counts: Kept, sync: Callable[[], Awaitable[None]], failed: Callable[[OSError], None]
    ) -> None:
        self.waits = policy == ALWAYS  # whether answers do
        self.lock = asyncio.Lock()  # held while the file is synced, or replaced by another
        self._policy = policy
        self._counts = counts
        self._sync = sync
        self._failed = failed
        self._wanted = asyncio.Event()
        self._waiting: list[Step] = []  # for the next sync
        self._under_way = False  # whether some wait for the present one

    @property
    def busy(self) -> bool:
        """Whether any answer waits."""
        return self._under_way or bool(self._waiting)

    def written(self) -> None:
        """Take note that there is something to sync."""
        if self._policy != NEVER:
            self._wanted.set()

    def wait(self, then: Step) -> None:
        """Do something when all that is written by now is synced, in the order of these calls."""
        self._waiting.append(then)
        self._wanted.set()

    async def run(self) -> None:
        """Sync until cancelled."""
        while True:
            await self._wanted.wait()
            if self._policy == EVERYSEC:
                await asyncio.sleep(SYNC_SECONDS)
            await self.sync()

    async def sync(self) -> None:
        """Sync now; who waits by now is told how that went."""
        async with self.lock:
            self._wanted.clear()
            group, self._waiting = self._waiting, []
            self._under_way = bool(group)
            loop = asyncio.get_running_loop()
            began, synced = loop.time(), True
            try:
                await self._sync()
            except OSError as error:
                # What the kernel had not written it may have thrown away, and says so only once: nobody who waits
                # can be told yes any more.
                synced = False
                group, self._waiting = group + self._waiting, []
                self._failed(error)
            self._under_way = False
            self._counts.syncs += synced
            self._counts.sync_seconds += loop.time() - began
        for then in group:
            then(synced)
