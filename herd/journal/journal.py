"""Keeps what changes: one write per turn, before its answers leave; synced as the settings say.

A journal is a reader of the feed like any other, with a cursor: everything up to it is in the file. Where writing
fails, the cursor stays and no report of a client is taken in any more; what the store has already, and what peers
tell meanwhile, is written when there is space again (`herd.journal.tending`). So nothing is acknowledged that was
not kept, and nothing queues up. What a client said in the turn that failed is in the store and may be told to peers
and to who asks; only its client was never told that it counts.
"""

import asyncio
import logging

from herd.batch import Batch
from herd.journal.compaction import Rewriting
from herd.journal.disk import Disk
from herd.journal.ledger import Ledger
from herd.journal.sealing import seal
from herd.journal.syncing import Syncing
from herd.node import Node
from herd.turn import Step

# A file is written anew when it is so many times as long as what it held when it was written or read; one of less
# than the least size is read within a second anyway.
GROWTH, LEAST = 4, 64 * 1024 * 1024

log = logging.getLogger(__name__)


class Journal:
    """The keeper of one server; `trouble` says why nothing can be kept at present."""

    def __init__(self, node: Node, disk: Disk, fsync: str, least: int = LEAST) -> None:
        self.name = f"{node.name}.journal"
        self.disk = disk
        self.ledger = Ledger(disk.open(self.name))
        self.trouble: str | None = "the journal is being read"
        self.cursor = 0  # everything up to this number is in the file
        self.distrusted = False  # a sync failed, so nobody knows any more what the file holds
        self.rewriting: Rewriting | None = None  # the new file, while one is being written
        self.rewrite_at = least  # bytes
        self.tend = asyncio.Event()  # there is something to mend, or to write anew
        self.counts = node.counts.kept
        self.syncing = Syncing(fsync, self.counts, self._sync, self._sync_failed)
        self._least = least
        self._node = node
        self._spoilt = False  # a sync failed in this turn: what it heard before that is not acknowledged

    def keep(self, fresh: list[Batch], then: Step) -> None:
        """Write what a turn changed, in one write."""
        spoilt, self._spoilt = self._spoilt, False
        if fresh:
            was_well = self.trouble is None
            written = self._write(fresh)
            spoilt = spoilt or (was_well and not written)
        if spoilt:
            then(False)
        elif self.trouble is None and self.syncing.waits and (fresh or self.syncing.busy):
            self.syncing.wait(then)
        else:  # in trouble, too: then no report of a client was taken in
            then(True)

    def fail(self, error: OSError, what: str = "write") -> None:
        """Keep nothing from now on, until that is mended."""
        reason = f"cannot {what} {self.disk.describe(self.name)}: {error.strerror or error}"
        self.counts.failures += 1
        if self.trouble is None:
            self.say(f"nothing is taken in: {reason}", logging.ERROR)
        self.trouble = reason
        self.tend.set()

    def recover(self) -> None:
        """Keep what changes from now on; everything up to now is kept."""
        if self.trouble is not None:
            self.trouble = None
            self.say("what changes is kept again", logging.WARNING)

    def use(self, ledger: Ledger, reached: int) -> None:
        """Go on with a file that holds everything up to a number, and nothing twice."""
        self.ledger, self.cursor, self.distrusted = ledger, reached, False
        self.counts.size = ledger.end
        self.set_growth(ledger.end)

    def set_growth(self, held: int) -> None:
        """Have the file written anew when it is several times as long as what it holds, in bytes."""
        self.rewrite_at = max(self._least, GROWTH * held)

    def say(self, text: str, level: int = logging.INFO) -> None:
        """Say in the log, and on the console where such things are asked for, how the journal is."""
        self._node.traffic.notice("-", text)
        log.log(level, "%s", text)

    def _write(self, fresh: list[Batch]) -> bool:
        """Write batches to the file, and to the one that is to replace it; tell whether they are kept."""
        number = fresh[-1].number
        texts = [seal(batch.text(), batch.number) for batch in fresh if batch.lines]
        if not texts:  # clients were dropped, which every server does by itself
            return self.trouble is None
        sealed = texts[0] if len(texts) == 1 else b"".join(texts)
        new = self.rewriting
        error = new.add(sealed, number) if new else None
        if self.trouble is not None:
            return False  # the file's turn comes when it is mended: it must not have gaps
        try:
            if error and new and new.decides:
                raise error
            self.ledger.append(sealed)
        except OSError as problem:
            self.fail(problem)
            return False
        self.cursor = number
        counts = self.counts
        counts.batches += len(fresh)
        counts.bytes += len(sealed)
        counts.size = self.ledger.end
        self.syncing.written()
        if counts.size > self.rewrite_at and new is None:
            self.tend.set()
        return True

    async def _sync(self) -> None:
        await self.ledger.file.sync()

    def _sync_failed(self, error: OSError) -> None:
        self.distrusted = self._spoilt = True
        self.fail(error, "sync")
        self._node.turn.end_soon()
