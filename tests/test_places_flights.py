"""Those who ask the same at the same time wait for one search, whoever of them gives up."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine

import pytest

from herd.places.flights import Flights
from herd.places.provider import Unavailable
from tests.herding import until
from tests.sourcing import World, world


class Search:
    """A search that ends when the test lets it."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.open = asyncio.Event()
        self.fails: BaseException | None = None

    async def __call__(self) -> bytes:
        """Search."""
        self.begun += 1
        try:
            await self.open.wait()
        finally:
            self.ended += 1
        if self.fails:
            raise self.fails
        return b"places"


@pytest.fixture
async def outside() -> AsyncIterator[World]:
    async with world() as made:
        yield made


async def waiting(flights: Flights[bytes], search: Search, count: int) -> list[asyncio.Task[bytes]]:
    """Have so many wait for the search."""
    tasks = [asyncio.create_task(flights.join("here", search)) for _ in range(count)]
    await until(lambda: search.begun and flights.under_way("here"), "the search")
    return tasks


async def test_many_who_ask_the_same_make_one_search_and_get_the_same(outside: World) -> None:
    flights, search = Flights[bytes](outside.spawn), Search()
    tasks = await waiting(flights, search, 50)
    search.open.set()
    assert await asyncio.gather(*tasks) == [b"places"] * 50
    assert search.begun == 1
    assert await flights.join("here", search) == b"places"
    assert search.begun == 2


async def test_one_who_asks_something_else_has_a_search_of_its_own(outside: World) -> None:
    flights, slow, quick = Flights[bytes](outside.spawn), Search(), Search()
    (task,) = await waiting(flights, slow, 1)
    quick.open.set()
    assert await flights.join("there", quick) == b"places"
    slow.open.set()
    assert await task == b"places"


@pytest.mark.parametrize("who", [0, 1, 2])
async def test_whoever_gives_up_the_others_get_their_answer(outside: World, who: int) -> None:
    flights, search = Flights[bytes](outside.spawn), Search()
    tasks = await waiting(flights, search, 3)
    tasks[who].cancel()
    await asyncio.wait([tasks[who]])
    assert tasks[who].cancelled()
    search.open.set()
    others = [task for task in tasks if task is not tasks[who]]
    assert await asyncio.gather(*others) == [b"places"] * 2
    assert search.begun == 1


async def test_when_all_have_given_up_the_search_ends_and_the_next_begins_anew(outside: World) -> None:
    flights, search = Flights[bytes](outside.spawn), Search()
    tasks = await waiting(flights, search, 2)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert not flights.under_way("here")
    search.open.set()
    assert await flights.join("here", search) == b"places"
    await until(lambda: search.ended == 2, "the first search's end")


@pytest.mark.parametrize("turns", range(6))
async def test_one_who_comes_while_the_last_one_gives_up_gets_an_answer(outside: World, turns: int) -> None:
    flights, search = Flights[bytes](outside.spawn), Search()
    (last,) = await waiting(flights, search, 1)
    last.cancel()
    for _ in range(turns):
        await asyncio.sleep(0)
    search.open.set()
    assert await flights.join("here", search) == b"places"


async def test_one_who_gives_up_before_the_search_began_leaves_nothing_behind(outside: World) -> None:
    flights, search = Flights[bytes](outside.spawn), Search()
    task = asyncio.create_task(flights.join("here", search))
    asyncio.get_running_loop().call_soon(task.cancel)
    await asyncio.wait([task])
    assert not flights.under_way("here")
    search.open.set()
    assert await flights.join("here", search) == b"places"


async def test_a_failure_is_everyones_each_an_exception_of_its_own(outside: World) -> None:
    flights, search = Flights[bytes](outside.spawn), Search()
    search.fails = Unavailable("OVER_QUERY_LIMIT", "enough", text=b"own words", passing=True)
    tasks = await waiting(flights, search, 3)
    search.open.set()
    failures = await asyncio.gather(*tasks, return_exceptions=True)
    assert len(set(map(id, failures))) == 3
    for failure in failures:
        assert isinstance(failure, Unavailable)
        assert (str(failure), failure.text, failure.passing) == ("OVER_QUERY_LIMIT: enough", b"own words", True)


async def test_a_server_that_stops_lets_nobody_wait_for_ever(outside: World) -> None:
    running: list[asyncio.Task[None]] = []

    def spawn(what: str, work: Callable[[], Coroutine[None, None, None]]) -> asyncio.Task[None]:
        running.append(outside.spawn(what, work))
        return running[-1]

    flights = Flights[bytes](spawn)
    tasks = await waiting(flights, Search(), 2)
    running[0].cancel()
    for failure in await asyncio.gather(*tasks, return_exceptions=True):
        assert str(failure) == "UNKNOWN_ERROR: the search for places broke off"
    assert not flights.under_way("here")


async def test_a_defect_in_a_search_is_an_answer_too() -> None:
    async with asyncio.TaskGroup() as tasks:
        outside = World(tasks)
        flights, search = Flights[bytes](outside.spawn), Search()
        search.fails = ZeroDivisionError("a defect")
        search.open.set()
        with pytest.raises(Unavailable, match="broke off"):
            await flights.join("here", search)
        assert outside.guard.caught == 1
