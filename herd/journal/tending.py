"""What a journal needs beside writing: to be mended after a failure, and to be written anew when it has grown."""

import asyncio
import logging
from itertools import count

from herd.journal.compaction import REPORTS_A_SLICE, Rewriting, seal_reports
from herd.journal.journal import Journal
from herd.node import Node

SLICES_A_TURN = 10  # about 3 ms: more than peers bring meanwhile
FIRST_RETRY, LAST_RETRY = 0.25, 4.0  # seconds between attempts to mend; a client is told to come back about then


async def tend(node: Node, journal: Journal) -> None:
    """Mend and rewrite as it is asked for, until cancelled."""
    pause = FIRST_RETRY
    while True:
        await journal.tend.wait()
        journal.tend.clear()
        if journal.trouble is None:
            pause = FIRST_RETRY
        else:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_RETRY)
        with node.guard.contain("tending the journal"):
            await _tend_once(node, journal)
        if journal.trouble is not None:
            journal.tend.set()


async def _tend_once(node: Node, journal: Journal) -> None:
    if journal.trouble is not None and not journal.distrusted and node.store.reaches(journal.cursor):
        await _catch_up(node, journal)
    elif journal.trouble is not None or journal.ledger.end > journal.rewrite_at:
        await _rewrite(node, journal)


async def _catch_up(node: Node, journal: Journal) -> None:
    """Write what changed since the cursor, as a link tells a peer that was away."""
    store = node.store
    for slices in count(1):
        if not store.reaches(journal.cursor):
            return
        reached, reports = store.since(journal.cursor, REPORTS_A_SLICE)
        try:
            if reports:
                journal.ledger.append(seal_reports(reports, reached))
        except OSError as error:
            journal.fail(error)
            return
        journal.cursor = reached
        if reached == store.number:  # what this very turn brings is kept at its end
            journal.recover()
            journal.syncing.written()
            return
        if slices % SLICES_A_TURN == 0:
            await asyncio.sleep(0)


async def _rewrite(node: Node, journal: Journal) -> None:
    """Put a new file in the old one's place; where that fails, the old one goes on as it is."""
    old = journal.ledger
    try:
        journal.rewriting = new = Rewriting(journal.disk, journal.name, node.store)
    except OSError as error:
        _put_off(journal, error)
        return
    try:
        await new.copy()
        async with journal.syncing.lock:
            await _replace(journal, new)
    except OSError as error:
        _put_off(journal, error)
    else:
        journal.counts.rewritten += 1
        journal.say(f"the journal is written anew: {old.end:,} bytes became {new.ledger.end:,}")
        journal.recover()
    finally:
        journal.rewriting = None
        await (new.give_up() if journal.ledger is old else old.file.close())


async def _replace(journal: Journal, new: Rewriting) -> None:
    """Give the new file the old one's name; from then on, whatever happens, it is the journal."""
    try:
        await new.take_over()
    except OSError:
        if new.decides:  # but a power cut may bring back the old one, or it lacks what came last
            journal.use(new.ledger, new.reached)
            journal.distrusted = True
        raise
    journal.use(new.ledger, new.reached)


def _put_off(journal: Journal, error: OSError) -> None:
    """Try again soon where nothing can be kept before, else when the file is twice as long."""
    if journal.trouble is not None or journal.distrusted:
        journal.fail(error)
        return
    journal.counts.failures += 1
    journal.rewrite_at = 2 * journal.ledger.end
    journal.say(f"the journal cannot be written anew: {error.strerror or error}", logging.WARNING)
