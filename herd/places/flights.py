"""Lets those who ask the same at the same time wait for one search."""

from asyncio import Future, Task, get_running_loop, shield
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from functools import partial
from typing import Generic, Protocol, TypeVar

from herd.places.provider import UNKNOWN_ERROR, Unavailable

T = TypeVar("T")


class Spawn(Protocol):
    """What starts work of its own: `Node.spawn`. What breaks in the work must stay in it."""

    def __call__(self, what: str, work: Callable[[], Coroutine[None, None, None]]) -> Task[None]:
        """Start the work, which is called `what` in the log."""


class _Flight(Generic[T]):
    """A search that is under way, for so many."""

    def __init__(self, task: Task[None], end: "Future[T | Unavailable]") -> None:
        self.task = task
        self.end = end  # a failure is its result too: as its exception it would have to be raised by somebody
        self.waiting = 0


class Flights(Generic[T]):
    """Searches by what was asked. One goes on while anybody waits for it, whoever of them gives up."""

    def __init__(self, spawn: Spawn) -> None:
        self._spawn = spawn
        self._flights: dict[Hashable, _Flight[T]] = {}

    def under_way(self, asked: Hashable) -> bool:
        """Tell whether this is being asked."""
        return asked in self._flights

    async def join(self, asked: Hashable, search: Callable[[], Awaitable[T]]) -> T:
        """Return what the search for this brings, which is begun where none is under way; Unavailable likewise."""
        flight = self._flights.get(asked) or self._begin(asked, search)
        flight.waiting += 1
        try:
            end = await shield(flight.end)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.end.done():
                self._forget(asked, flight)  # before somebody else joins what is about to end
                flight.task.cancel()
        if isinstance(end, Unavailable):
            raise end.again()
        return end

    def _begin(self, asked: Hashable, search: Callable[[], Awaitable[T]]) -> _Flight[T]:
        end: Future[T | Unavailable] = get_running_loop().create_future()
        task = self._spawn("a search at the source of places", partial(_fly, search, end))
        flight = self._flights[asked] = _Flight(task, end)
        task.add_done_callback(lambda _: self._landed(asked, flight))
        return flight

    def _landed(self, asked: Hashable, flight: _Flight[T]) -> None:
        self._forget(asked, flight)
        if not flight.end.done():  # it was cancelled, perhaps before it began; or a defect broke it off
            flight.end.set_result(Unavailable(UNKNOWN_ERROR, "the search for places broke off"))

    def _forget(self, asked: Hashable, flight: _Flight[T]) -> None:
        if self._flights.get(asked) is flight:
            del self._flights[asked]


async def _fly(search: Callable[[], Awaitable[T]], end: "Future[T | Unavailable]") -> None:
    try:
        end.set_result(await search())
    except Unavailable as failure:
        end.set_result(failure)
