"""How a server comes to know a client no more: it is told to forget it, or heard nothing of it, or has no room."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from herd.batch import DROPPED, OWN_CLIENTS, Batch
from herd.clockwatch import ClockWatch
from herd.facts import Forget
from herd.messages import SECOND
from herd.node import Node
from herd.sections.limits import LimitsSettings
from herd.sweep import bury, evict, expire
from herd.traffic import quote
from herd.turn import NotKeptError

LOOK_SECONDS = 1.0  # between two looks at the clock and at how many clients there are
SWEEP_SECONDS = 3_600.0  # between two looks at every client
# Of the time that clients are kept: who is silent goes so little later, and digests leave it out so much sooner.
_SWEEP_SHARE, _SLACK_SHARE = 64, 8
_SLACK = 60 * SECOND
_SPARE_SHARE = 64  # of the clients kept: so many more are evicted, that it need not be done for each new one
PAUSE = 0.002  # seconds between two slices


class TooManyError(Exception):
    """So many are forgotten already that one more would push out another."""


class Forgetting:
    """What one server forgets, as its settings have it; `ahead`: the clocks of neighbours less this one, in ns."""

    def __init__(self, node: Node, limits: LimitsSettings, ahead: Callable[[], Sequence[int]]) -> None:
        self._node = node
        self._ahead = ahead
        self._loop = asyncio.get_running_loop()
        self._sweep_at = 0.0
        self._crowded = asyncio.Event()  # clients wait for room
        self.trusted = False  # whether this clock is
        self.go_by(limits)

    def go_by(self, limits: LimitsSettings) -> None:
        """Keep so many clients, and for so long, from now on; the clock is watched anew."""
        node, self._limits = self._node, limits
        self._watch = ClockWatch(lambda: node.clock(), self._loop.time, limits.keep)  # noqa: PLW0108 -- tests set it
        self._look = min(LOOK_SECONDS, limits.keep / _SWEEP_SHARE)
        self._sweep = min(SWEEP_SECONDS, limits.keep / _SWEEP_SHARE)
        node.store.acceptance.most = limits.clients
        node.store.acceptance.slack = min(_SLACK, limits.keep * SECOND // _SLACK_SHARE)

    def forget(self, client: bytes) -> bool:
        """Forget a client in the whole herd, once this turn is kept; tell whether it was known.

        TooManyError; NotKeptError where nothing can be kept at present.
        """
        node = self._node
        store = node.store
        if (trouble := node.turn.keeper.trouble) is not None:
            raise NotKeptError(trouble)
        report = store.reports.get(client)
        if report is None:
            return False
        if client not in store.forgotten and len(store.forgotten) >= self._limits.clients:
            raise TooManyError
        # Not only the report that is known, also one that is under way from another server.
        stamp = max(node.clock(), report[0])
        store.forget(Forget(node.name.encode(), client, stamp), node.turn.batch(OWN_CLIENTS))
        node.counts.forgotten += 1
        node.notice("-", f"forgets {quote(client)}, as it was asked to")
        return True

    async def run(self) -> None:
        """Look after it until cancelled."""
        self._node.turn.readers.append(self)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look):
                    await self._crowded.wait()
            self._crowded.clear()
            with self._node.guard.contain("a sweep"):
                await self.look()

    def moved(self) -> None:
        """Look at once where clients wait for room."""
        if self._node.store.acceptance.full:
            self._crowded.set()

    async def look(self) -> None:
        """Expire and evict what there is, unless this clock is wrong."""
        node, store = self._node, self._node.store
        trusted = self._watch.trusts(self._ahead())
        if self.trusted and not trusted:
            node.notice("-", "nobody expires from now on: this clock jumped, or is off its neighbours'")
        self.trusted = trusted
        if trusted:
            store.acceptance.expire(node.clock() - self._limits.keep * SECOND)
            if self._loop.time() >= self._sweep_at:
                await self._expire()
        # Of what peers have forgotten as much is remembered as of clients; the next sweep may be an hour away.
        if len(store.forgotten) > self._limits.clients + self._limits.clients // 8:
            await self._drop(bury(store))
        # A wrong clock evicts the wrong ones; but memory has an end.
        if len(store.reports) > self._limits.clients and (trusted or store.acceptance.full):
            await self._evict()

    async def _expire(self) -> None:
        node = self._node
        gone = await self._drop(expire(node.store, node.store.acceptance.expired, self._batch))
        await self._drop(bury(node.store))
        node.counts.expired += gone
        if gone:
            node.notice("-", f"{gone} clients expired: not heard for {self._limits.keep} s")
        self._sweep_at = self._loop.time() + self._sweep

    async def _evict(self) -> None:
        node, most = self._node, self._limits.clients
        count = len(node.store.reports) - most + most // _SPARE_SHARE
        gone = await self._drop(evict(node.store, count, self._batch))
        node.counts.evicted += gone
        if gone:
            node.notice("-", f"{gone} clients evicted, who were heard before all others: {most} are kept")

    def _batch(self) -> Batch:
        return self._node.turn.batch(DROPPED)

    async def _drop(self, slices: Iterator[int]) -> int:
        """Go through slices with pauses; without, where clients wait for room."""
        gone = 0
        for dropped in slices:
            gone += dropped
            await asyncio.sleep(0 if self._node.store.acceptance.full else PAUSE)
        return gone
