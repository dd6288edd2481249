"""What ends a turn of the event loop in which something changed: keep it, answer for it, tell it.

All that arrived in one turn, on however many connections, is committed at once: one batch per origin, one write to
the journal and to each link. With a write per received chunk, 50 connections with one report in flight would cost
up to 50 writes to each link where this makes one.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol

from herd.batch import Batch
from herd.guard import Guard
from herd.store import Store

Step = Callable[[bool], None]  # what is to be done once a turn is kept (True), or is known not to be (False)


class Reader(Protocol):
    """Whoever follows the feed: it is told that the store moved, and pulls what it wants."""

    def moved(self) -> None:
        """Read `store.fresh`, or from an own cursor; must not wait."""


class Keeper(Protocol):
    """Whoever keeps what changed."""

    @property
    def trouble(self) -> str | None:
        """Why nothing can be kept at present: then no report of a client may be taken in."""

    def keep(self, fresh: list[Batch], then: Step) -> None:
        """Keep what a turn changed and say how that went: at once or later, but in the order of the turns."""


class Memory:
    """Keeps what changed in the store, and nowhere else."""

    trouble = None

    def keep(self, fresh: list[Batch], then: Step) -> None:
        """Do nothing: it is there already."""
        then(True)


class NotKeptError(Exception):
    """Why what a turn changed, or would have changed, cannot be kept: it must not be acknowledged."""


class Turn:
    """Collects what changes in one turn and what is to be done once it is kept."""

    def __init__(self, store: Store, guard: Guard) -> None:
        self.readers: list[Reader] = []
        self.keeper: Keeper = Memory()
        self._store = store
        self._loop = asyncio.get_running_loop()  # asking for it each time costs a system call (getpid) in 3.11
        self._first: list[Callable[[], None]] = []
        self._then: list[Step] = []
        self._unless_kept: list[Step] = []
        self._ending = False
        # Made once, for they are entered in every turn.
        self._closing, self._answering, self._telling = map(
            guard.contain, ("the end of a turn", "an answer", "telling the feed")
        )

    def batch(self, origin: bytes) -> Batch:
        """Return the batch that collects what `origin` changes in this turn."""
        if not self._ending:
            self.end_soon()
        return self._store.batch(origin)

    def first(self, step: Callable[[], None]) -> None:
        """Call `step` at the end of the turn, before that is closed: it may change more."""
        self.end_soon()
        self._first.append(step)

    def then(self, step: Step) -> None:
        """Call `step` once what this turn changed is kept: an answer must not leave before that.

        It is told False where that cannot be kept: then no answer may leave at all.
        """
        if not self._ending:
            self.end_soon()
        self._then.append(step)

    def unless_kept(self, step: Step) -> None:
        """Call `step` if what this turn changed cannot be kept, before all that is to be done then."""
        if not self._ending:
            self.end_soon()
        self._unless_kept.append(step)

    async def kept(self) -> None:
        """Wait until what this turn changed is kept; NotKeptError if it is not."""
        ended = self._loop.create_future()  # half the price of an Event
        self.then(lambda kept: None if ended.done() else ended.set_result(kept))  # done: who waited is gone
        if not await ended:
            raise NotKeptError(self.keeper.trouble or "this could not be kept")

    def end_soon(self) -> None:
        """End the turn when all that it found ready is done."""
        if not self._ending:
            self._ending = True
            # Runs before the sockets are looked at again, after all that this turn found ready.
            self._loop.call_soon(self._end)

    def _end(self) -> None:
        while self._first:
            with self._closing:
                self._first.pop(0)()
        self._ending = False
        fresh = self._store.close()
        steps, self._then = self._then, []
        losing, self._unless_kept = self._unless_kept, []
        with self._closing:
            if fresh:  # first, for others wait longest for it, and what is in the store is true
                self._tell()
            self.keeper.keep(fresh, partial(self._answer, steps, losing))

    def _answer(self, steps: list[Step], losing: list[Step], kept: bool) -> None:
        todo = iter(steps if kept else [*losing, *steps])
        while True:  # a step that breaks must not cost the others theirs
            with self._answering:
                for step in todo:
                    step(kept)
                return

    def _tell(self) -> None:
        todo = iter(self.readers[:])
        while True:
            with self._telling:
                for reader in todo:
                    reader.moved()
                return
