"""A source far away is asked seldom, in turn, and never waited for long, whatever it does."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from herd.places.careful import LONGEST_WAIT, SHORTEST_WAIT, Careful, Rules, Spared
from herd.places.provider import Unavailable
from herd.position import Position, parse_location
from tests.herding import until
from tests.sourcing import HERE, TEN, World, world

RULES = Rules(patience=30, keep=60, per_minute=1000, at_once=100)


class Source:
    """A source that says what the test tells it to, one after the other, and at last the same for ever."""

    def __init__(self, *says: bytes | Unavailable) -> None:
        self.says = list(says) or [b"places"]
        self.asked: list[tuple[Position, Decimal]] = []
        self.under_way = self.most_under_way = 0
        self.open = asyncio.Event()
        self.open.set()

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        """Be a Provider."""
        self.asked.append((position, radius))
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        try:
            await self.open.wait()
        finally:
            self.under_way -= 1
        if isinstance(said, Unavailable):
            raise said
        return said


@pytest.fixture
async def outside() -> AsyncIterator[World]:
    async with world() as made:
        yield made


def around(source: Source, outside: World, **rules: float) -> Careful[bytes]:
    """Put care around a source."""
    return Careful(source.nearby, len, replace(RULES, **rules), outside.means, Spared())  # type: ignore[arg-type]


async def failure(careful: Careful[bytes]) -> str:
    with pytest.raises(Unavailable) as caught:
        await careful.nearby(HERE, TEN)
    return str(caught.value)


def at(number: int) -> Position:
    """Return one of many places."""
    return Position(Decimal(number) / 1000, Decimal(0))


def passing(reason: str = "hiccup") -> Unavailable:
    return Unavailable("UNKNOWN_ERROR", reason, passing=True)


async def test_the_same_question_is_asked_once_while_its_answer_is_remembered(outside: World) -> None:
    source = Source(b"old", b"new")
    careful = around(source, outside)
    assert [await careful.nearby(HERE, TEN) for _ in range(3)] == [b"old"] * 3
    outside.clock.now += 60
    assert await careful.nearby(HERE, TEN) == b"new"
    assert (len(source.asked), careful.spared) == (2, Spared(remembered=2))


async def test_the_source_is_asked_about_the_rounded_question_that_its_answer_is_remembered_for(
    outside: World,
) -> None:
    source = Source()
    careful = around(source, outside)
    for location in (b"+34.068930-118.445127", b"+34.06893-118.4451270", b"+34.0689304-118.44512651"):
        await careful.nearby(parse_location(location), Decimal("10.0000001"))
    assert source.asked == [(HERE, TEN)]
    await careful.nearby(parse_location(b"+34.068931-118.445127"), TEN)
    await careful.nearby(HERE, Decimal("9." + "9" * 60_000))
    assert [str(radius) for _, radius in source.asked[1:]] == ["10.000000", "9.999999"]


async def test_a_position_keeps_its_digits_where_it_has_no_more_than_six(outside: World) -> None:
    source = Source()
    careful = around(source, outside)
    await careful.nearby(parse_location(b"+34.07-118.445127000000001"), TEN)
    ((position, _),) = source.asked
    assert [str(degrees) for degrees in position] == ["34.07", "-118.445127"]


async def test_failures_are_not_remembered(outside: World) -> None:
    careful = around(Source(Unavailable("INVALID_REQUEST", "what?"), b"places"), outside)
    assert await failure(careful) == "INVALID_REQUEST: what?"
    assert await careful.nearby(HERE, TEN) == b"places"


async def test_those_who_ask_the_same_meanwhile_wait_for_the_same_request(outside: World) -> None:
    source = Source()
    careful = around(source, outside)
    source.open.clear()
    tasks = [asyncio.create_task(careful.nearby(HERE, TEN)) for _ in range(10)]
    await until(lambda: careful.spared.joined == 9, "the ten")
    tasks[0].cancel()
    source.open.set()
    assert await asyncio.gather(*tasks[1:]) == [b"places"] * 9
    assert len(source.asked) == 1


async def test_what_may_pass_is_tried_once_more_after_a_moment(outside: World) -> None:
    careful = around(Source(passing(), b"places"), outside)
    assert await careful.nearby(HERE, TEN) == b"places"
    (moment,) = outside.slept
    assert SHORTEST_WAIT <= moment <= LONGEST_WAIT
    assert careful.spared.retried == 1


async def test_what_does_not_pass_is_tried_twice_and_no_more(outside: World) -> None:
    source = Source(passing("first"), passing("second"))
    assert await failure(around(source, outside)) == "UNKNOWN_ERROR: second"
    assert len(source.asked) == 2


async def test_what_will_not_pass_is_not_tried_again(outside: World) -> None:
    source = Source(Unavailable("UNKNOWN_ERROR", "a page for people"))
    assert await failure(around(source, outside)) == "UNKNOWN_ERROR: a page for people"
    assert len(source.asked) == 1


async def test_a_source_that_says_nothing_is_waited_for_as_long_as_the_rules_say(outside: World) -> None:
    source = Source()
    source.open.clear()
    careful = around(source, outside, patience=0.05)
    assert await failure(careful) == "UNKNOWN_ERROR: the source of places did not answer within 0.05 seconds"
    assert not source.under_way


async def test_a_source_that_is_down_is_left_alone_and_tried_again(outside: World) -> None:
    source = Source(*[Unavailable("UNKNOWN_ERROR", "down")] * 3, b"well again")
    careful = around(source, outside)
    for _ in range(3):
        await failure(careful)
    assert await failure(careful) == "UNKNOWN_ERROR: down; the source is asked again in 5 s"
    assert (len(source.asked), careful.spared.paused) == (3, 1)
    outside.clock.now += 5
    assert await careful.nearby(HERE, TEN) == b"well again"


async def test_answers_that_are_remembered_are_given_while_the_source_is_down(outside: World) -> None:
    careful = around(Source(b"places", Unavailable("REQUEST_DENIED", "no")), outside)
    await careful.nearby(HERE, TEN)
    with pytest.raises(Unavailable, match="REQUEST_DENIED"):
        await careful.nearby(at(1), TEN)
    assert await careful.nearby(HERE, TEN) == b"places"


async def test_no_more_requests_leave_in_a_minute_than_the_rules_say(outside: World) -> None:
    source = Source()
    careful = around(source, outside, per_minute=3)
    for number in range(3):
        await careful.nearby(at(number), TEN)
    assert await failure(careful) == (
        "OVER_QUERY_LIMIT: this server makes at most 3 searches for places a minute: "
        "see [places] per_minute in herd.toml"
    )
    assert (len(source.asked), careful.spared.capped) == (3, 1)
    outside.clock.now += 60
    assert await careful.nearby(HERE, TEN) == b"places"  # its own limit is no failure of the source


async def test_the_second_attempt_counts_too(outside: World) -> None:
    source = Source(passing(), b"places")
    assert "hiccup" in await failure(around(source, outside, per_minute=1))
    assert len(source.asked) == 1


async def test_no_more_requests_are_under_way_than_the_rules_say(outside: World) -> None:
    source = Source()
    careful = around(source, outside, at_once=2)
    asked = [careful.nearby(at(number), TEN) for number in range(10)]
    assert await asyncio.gather(*asked) == [b"places"] * 10
    assert (source.most_under_way, len(source.asked)) == (2, 10)


async def test_those_who_wait_for_their_turn_leave_a_source_alone_that_has_had_enough_meanwhile(
    outside: World,
) -> None:
    source = Source(Unavailable("OVER_QUERY_LIMIT", "enough"))
    careful = around(source, outside, at_once=1)
    tasks = [asyncio.create_task(careful.nearby(at(number), TEN)) for number in range(5)]
    failures = await asyncio.gather(*tasks, return_exceptions=True)
    assert all("OVER_QUERY_LIMIT: enough" in str(each) for each in failures)
    assert len(source.asked) == 1


async def test_who_waits_too_long_for_a_turn_is_told_so_and_the_source_is_not_blamed(outside: World) -> None:
    source = Source()
    source.open.clear()
    busy = around(source, outside, at_once=1)
    first = asyncio.create_task(busy.nearby(at(1), TEN))
    await until(lambda: source.under_way, "the first")
    busy.rules = replace(busy.rules, patience=0.05)
    for _ in range(5):
        assert await failure(busy) == "OVER_QUERY_LIMIT: too many searches wait for the source of places"
    source.open.set()
    assert await first == b"places"
    assert await busy.nearby(HERE, TEN) == b"places"


async def test_a_request_that_everyone_gave_up_leaves_its_turn_to_the_next(outside: World) -> None:
    source = Source()
    source.open.clear()
    careful = around(source, outside, at_once=1)
    for number in range(5):
        task = asyncio.create_task(careful.nearby(at(number), TEN))
        await until(lambda: source.under_way, "the request")
        task.cancel()
        await until(lambda: not source.under_way, "its end")
    source.open.set()
    assert await careful.nearby(HERE, TEN) == b"places"
