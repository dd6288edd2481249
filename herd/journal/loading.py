"""Reads a journal into an empty store, in slices between which the loop lives."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

from herd.batch import DROPPED, LOADED, Batch
from herd.counts import Kept
from herd.fastlane import hear_peer
from herd.journal.disk import File
from herd.journal.sealing import Unsealing
from herd.position import Malformed
from herd.store import Store
from herd.sweep import evict

SLICE = 256 * 1024  # bytes read at once: 3 ms


class Loading:
    """A journal on its way into the store."""

    def __init__(self, file: File, store: Store, counts: Kept) -> None:
        self.size = file.size()
        self.at = 0  # how far it is read, in bytes
        self.end = 0  # of the last good batch
        self._file = file
        self._store = store
        self._counts = counts

    async def run(self, tell: Callable[["Loading"], None]) -> None:
        """Read it all, and `tell` after each slice. OSError where the disk does not give it."""
        store, counts = self._store, self._counts
        unsealing = Unsealing()
        while piece := self._file.read(self.at, SLICE):
            self.at += len(piece)
            for lines in unsealing.feed(piece):
                batch = store.batch(LOADED)
                counts.read += hear_peer(lines, batch, partial(self._take_other, batch))
            store.close()
            if store.acceptance.full:  # newer clients stand further on
                deque(evict(store, len(store.reports) - store.acceptance.most, self._dropped), maxlen=0)
                store.close()
            tell(self)
            await asyncio.sleep(0)
        store.close()  # nothing is fresh any more: it is not to be kept or told as news
        store.forget_log()
        self.end = unsealing.end
        counts.torn, counts.damaged = self.at - unsealing.end, unsealing.damaged

    def _dropped(self) -> Batch:
        return self._store.batch(DROPPED)

    def _take_other(self, batch: Batch, line: bytes) -> None:
        """Take a FORGET, or an AT that is not plain; what is no fact at all is counted and left out."""
        try:
            self._store.take(line, batch)
        except Malformed:
            self._counts.skipped += 1
