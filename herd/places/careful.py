"""Stands around a source far away, so that it is asked seldom, in turn, and never waited for long."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from functools import partial
from random import Random
from typing import Generic, TypeVar

from herd.places.breaker import Breaker
from herd.places.cap import Cap
from herd.places.flights import Flights, Spawn
from herd.places.memory import Memory
from herd.places.provider import OVER_QUERY_LIMIT, UNKNOWN_ERROR, Unavailable
from herd.position import Position

T = TypeVar("T")

# 0.11 m on the ground, less than any receiver knows. The source is asked about the rounded position itself, so what
# is remembered answers exactly what was asked, and whoever gets it is at most 8 cm away from there.
MICRODEGREE = Decimal("0.000001")
MILLIMETRE = Decimal("0.000001")  # in km
SHORTEST_WAIT, LONGEST_WAIT = 0.1, 0.4  # seconds before the one attempt more: a client waits


@dataclass(frozen=True, slots=True)
class Rules:
    """How a source wants to be asked."""

    patience: float  # seconds that a client, and the answers behind, wait at most, with all attempts
    keep: float  # seconds that an answer is remembered
    per_minute: int  # requests
    at_once: int  # requests under way


@dataclass(frozen=True, slots=True)
class Means:
    """What comes from outside: who runs tasks, chance, time in seconds, and how it is waited for."""

    spawn: Spawn
    random: Random
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(slots=True)
class Spared:
    """Searches for places that needed no request of their own, and why; and requests that were made twice."""

    remembered: int = 0
    joined: int = 0  # to one under way
    paused: int = 0  # since the source fails
    capped: int = 0  # since too many were made this minute, or wait
    retried: int = 0


@dataclass(slots=True)
class Careful(Generic[T]):
    """A source that answers in `T`, asked with care."""

    source: Callable[[Position, Decimal], Awaitable[T]]
    weigh: Callable[[T], int]  # about how many bytes an answer takes
    rules: Rules
    means: Means
    spared: Spared
    _memory: Memory[T] = field(init=False)
    _flights: Flights[T] = field(init=False)
    _breaker: Breaker = field(init=False)
    _cap: Cap = field(init=False)
    _turns: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        clock = self.means.clock
        self._memory = Memory(self.rules.keep, clock, self.weigh)
        self._flights = Flights(self.means.spawn)
        self._breaker = Breaker(clock)
        self._cap = Cap(self.rules.per_minute, clock)
        self._turns = asyncio.Semaphore(self.rules.at_once)

    async def nearby(self, position: Position, radius: Decimal) -> T:
        """Return what the source says of `radius` km around, perhaps what it said lately; else Unavailable."""
        asked = (_rounded(position), radius.quantize(MILLIMETRE, ROUND_DOWN))
        found = self._memory.get(asked)
        if found is not None:
            self.spared.remembered += 1
            return found
        self.spared.joined += self._flights.under_way(asked)
        return await self._flights.join(asked, partial(self._search, *asked))

    async def _search(self, position: Position, radius: Decimal) -> T:
        deadline = asyncio.get_running_loop().time() + self.rules.patience
        async with self._turn(deadline):
            self._may_ask()
            with self._breaker.watch():
                answer = await self._in_time(position, radius, deadline)
        self._memory.put((position, radius), answer)
        return answer

    @asynccontextmanager
    async def _turn(self, deadline: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout_at(deadline):
                await self._turns.acquire()
        except TimeoutError:
            self.spared.capped += 1
            raise Unavailable(OVER_QUERY_LIMIT, "too many searches wait for the source of places") from None
        try:
            yield
        finally:
            self._turns.release()

    def _may_ask(self) -> None:
        """Raise Unavailable where the source is not to be asked now."""
        refusal = self._breaker.refusal()
        if refusal:
            self.spared.paused += 1
            raise refusal
        if not self._cap.take():
            self.spared.capped += 1
            reason = f"this server makes at most {self.rules.per_minute} searches for places a minute"
            raise Unavailable(OVER_QUERY_LIMIT, f"{reason}: see [places] per_minute in herd.toml")

    async def _in_time(self, position: Position, radius: Decimal, deadline: float) -> T:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._twice(position, radius)
        except TimeoutError:
            reason = f"the source of places did not answer within {self.rules.patience:g} seconds"
            raise Unavailable(UNKNOWN_ERROR, reason) from None

    async def _twice(self, position: Position, radius: Decimal) -> T:
        try:
            return await self.source(position, radius)
        except Unavailable as failure:
            if not failure.passing or not self._cap.take():
                raise
        self.spared.retried += 1
        await self.means.sleep(self.means.random.uniform(SHORTEST_WAIT, LONGEST_WAIT))
        return await self.source(position, radius)


def _rounded(position: Position) -> Position:
    # Equal decimals have equal hashes, so a position with fewer digits keeps those that it has.
    return Position(*(each if each == (fine := each.quantize(MICRODEGREE)) else fine for each in position))
