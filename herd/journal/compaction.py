"""Writes a journal anew beside the old one: the newest report of every client, and nothing that it overtook.

The new file takes the store as it stands, slice by slice, and meanwhile each batch that is kept, too: so it has
everything when its last slice is written, however busy the server is. (To read the feed from 0 instead would ask
for a log that still reaches back to where the snapshot was taken, and a busy server's may not.) Lines may come in
any order: whoever reads them keeps the newest.
"""

import asyncio

from herd.batch import Report
from herd.journal.disk import Disk
from herd.journal.ledger import Ledger
from herd.journal.sealing import seal
from herd.store import Store

REPORTS_A_SLICE = 1_000  # about 0.2 ms


def seal_reports(reports: list[Report], number: int) -> bytes:
    """Return reports as a batch."""
    return seal(b"\n".join([*[report[1] for report in reports], b""]), number)


def new_name(name: str) -> str:
    """Return what a journal is called before it is one."""
    return f"{name}.new"


class Rewriting:
    """A new file on its way to take the place of the old one."""

    def __init__(self, disk: Disk, name: str, store: Store) -> None:
        self.reached = store.number  # everything up to this number is in the new file, or in the slices to come
        self.error: OSError | None = None  # why it cannot be finished
        self.decides = False  # whether what is kept must be in this file: it has, or is getting, the name
        self._disk = disk
        self._name, self._new_name = name, new_name(name)
        self._store = store
        disk.remove(self._new_name)  # what a crash may have left
        self.ledger = Ledger(disk.open(self._new_name))

    def add(self, sealed: bytes, number: int) -> OSError | None:
        """Take what is kept meanwhile; after a first error it would not be complete, and takes nothing more."""
        if self.error is None:
            try:
                self.ledger.append(sealed)
                self.reached = number
            except OSError as error:
                self.error = error
        return self.error

    async def copy(self) -> None:
        """Write what the store holds, and have the disk take it."""
        reports, number = self._store.snapshot(), self._store.number
        for start in range(0, len(reports), REPORTS_A_SLICE):
            self.ledger.append(seal_reports(reports[start : start + REPORTS_A_SLICE], number))
            self.check()
            await asyncio.sleep(0)
        await self.ledger.file.sync()

    async def take_over(self) -> None:
        """Take the old file's name. Until this returns, answers that ask for a sync have to wait."""
        await self.ledger.file.sync()  # what came during the long sync
        self.check()
        self.decides = True
        try:
            self._disk.rename(self._new_name, self._name)
        except OSError:
            self.decides = False
            raise
        await self._disk.sync()
        self.check()

    def check(self) -> None:
        """Raise the error that spoilt it."""
        if self.error is not None:
            raise self.error

    async def give_up(self) -> None:
        """Leave the old file where it is."""
        await self.ledger.file.close()
        self._disk.remove(self._new_name)
