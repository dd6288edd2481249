"""Ties a node and its journal together: opens it, reads it before anything is heard, keeps it, closes it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from herd.journal.compaction import new_name
from herd.journal.disk import Disk
from herd.journal.journal import Journal
from herd.journal.loading import Loading
from herd.journal.tending import tend
from herd.node import Node
from herd.sections.journal import NEVER
from herd.starting import CannotStartError

TELL_SECONDS = 1.0  # between two words on the console of how far the reading is
MB = 1_000_000


@asynccontextmanager
async def keeping(node: Node, disk: Disk, fsync: str) -> AsyncIterator[Journal]:
    """Keep a node's changes inside the block, once `read_journal` is done; at the end what was written is synced.

    CannotStartError if the journal cannot be had.
    """
    journal = _open(node, disk, fsync)
    node.turn.keeper = journal
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(node.guard.run(what, work), name=what)
                for what, work in (
                    ("syncing the journal", journal.syncing.run),
                    ("tending the journal", partial(tend, node, journal)),
                )
            ]
            try:
                yield journal
            finally:
                for task in running:
                    task.cancel()
    finally:
        if journal.trouble is None:
            journal.trouble = "the server stops"
            if fsync != NEVER:
                await journal.syncing.sync()
        await journal.ledger.file.close()
        disk.unlock()


async def read_journal(node: Node, journal: Journal) -> None:
    """Read the journal into the node's store, which nothing else may change meanwhile."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    loading = Loading(journal.ledger.file, node.store, journal.counts)
    try:
        await loading.run(_TellNowAndThen(journal, loop.time))
        if loading.end < loading.size:
            journal.ledger.cut(loading.end)
        journal.disk.remove(new_name(journal.name))  # a crash in the middle left it
        if journal.syncing.waits:  # what a killed process wrote last counts here, and may not be on the disk yet
            await journal.ledger.file.sync()
        await journal.disk.sync()  # a file that is new must not lose its name
    except OSError as error:
        reason = f"cannot read {journal.disk.describe(journal.name)}: {error.strerror or error}"
        raise CannotStartError(reason) from error
    counts, reports = journal.counts, len(node.store.reports)
    journal.set_growth(loading.end * reports // max(1, counts.read))
    if counts.damaged:
        journal.rewrite_at = 0  # the next start need not stumble over it
        journal.tend.set()
    _tell(journal, loading, reports, loop.time() - began)
    journal.cursor = node.store.number
    journal.counts.size = journal.ledger.end
    journal.syncing.written()
    journal.trouble = None


def _open(node: Node, disk: Disk, fsync: str) -> Journal:
    name = f"{node.name}.journal"
    try:
        disk.lock(name)
        return Journal(node, disk, fsync)
    except BlockingIOError:
        raise CannotStartError(f"{disk.describe(name)} is in use by another process") from None
    except OSError as error:
        disk.unlock()
        raise CannotStartError(f"cannot open {disk.describe(name)}: {error.strerror or error}") from error


class _TellNowAndThen:
    """Says on the console how far the reading of a large journal is."""

    def __init__(self, journal: Journal, time: Callable[[], float]) -> None:
        self._journal = journal
        self._time = time
        self._told = time()

    def __call__(self, loading: Loading) -> None:
        if self._time() - self._told >= TELL_SECONDS:
            self._told = self._time()
            share, size = loading.at / loading.size, loading.size / MB
            self._journal.say(f"reading the journal: {share:.0%} of {size:,.0f} MB", logging.WARNING)


def _tell(journal: Journal, loading: Loading, reports: int, seconds: float) -> None:
    counts = journal.counts
    journal.say(f"the journal is read: {reports:,} reports of {counts.read:,} lines, in {seconds:.1f} s")
    if counts.torn:
        journal.say(f"the journal ended with {counts.torn} bytes of no whole batch: cut off", logging.WARNING)
    if counts.damaged or counts.skipped:
        journal.say(
            f"the journal is damaged: {counts.damaged} batches and {counts.skipped} lines were skipped",
            logging.WARNING,
        )
