"""What ends a turn of the event loop in which something changed: keep it, answer for it, tell it.

All that arrived in one turn, on however many connections, is committed at once: one batch per origin, one write to
each link. With a write per received chunk, 50 connections with one report in flight would cost up to 50 writes to
each link where this makes one.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from herd.batch import Batch
from herd.guard import Guard
from herd.store import Store


class Reader(Protocol):
    """Whoever follows the feed: it is told that the store moved, and pulls what it wants."""

    def moved(self) -> None:
        """Read `store.fresh`, or from an own cursor; must not wait."""


class Turn:
    """Collects what changes in one turn and what is to be done once it is kept."""

    def __init__(self, store: Store, guard: Guard) -> None:
        self.readers: list[Reader] = []
        self._store = store
        self._guard = guard
        self._loop = asyncio.get_running_loop()  # asking for it each time costs a system call (getpid) in 3.11
        self._then: list[Callable[[], None]] = []
        self._ending = False

    def batch(self, origin: bytes) -> Batch:
        """Return the batch that collects what `origin` changes in this turn."""
        self.end_soon()
        return self._store.batch(origin)

    def then(self, step: Callable[[], None]) -> None:
        """Call `step` once what this turn changed is kept: an answer must not leave before that."""
        self.end_soon()
        self._then.append(step)

    async def kept(self) -> None:
        """Wait until what this turn changed is kept."""
        ended = self._loop.create_future()  # half the price of an Event
        self.then(lambda: None if ended.done() else ended.set_result(None))  # done: who waited is gone
        await ended

    def end_soon(self) -> None:
        """End the turn when all that it found ready is done."""
        if not self._ending:
            self._ending = True
            # Runs before the sockets are looked at again, after all that this turn found ready.
            self._loop.call_soon(self._end)

    def _end(self) -> None:
        self._ending = False
        fresh = self._store.close()
        # The journal's step is here: what is in `fresh` goes to disk before anything below happens.
        steps, self._then = self._then, []
        if fresh:
            steps += [reader.moved for reader in self.readers]
        todo = iter(steps)
        while True:  # a step that breaks must not cost the others theirs
            with self._guard.contain("the end of a turn"):
                for step in todo:
                    step()
                return
