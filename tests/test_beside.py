"""What `run.py compare` does to every system, done to ours: two real servers, a link cut, one of them down."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.beside.__main__ import table
from tests.beside.entrants import ENTRANTS
from tests.beside.herd_pair import herd_pair
from tests.beside.nodes import A, B
from tests.beside.scenarios import (
    SCENARIOS,
    again,
    down,
    future,
    late,
    newer_first,
    older_first,
    together,
)
from tests.beside.slow import slow
from tests.beside.system import System
from tests.beside.waiting import joined

FEW_ROUNDS, FEW_LOOKS = 5, 3  # a frame of 500 such clients is 1.4 MB: more than what is kept for a follower


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[System]:
    """Run two connected servers; neither may have met a defect."""
    async with herd_pair(tmp_path) as system:
        await joined(system)
        yield system
    for side in (A, B):
        assert "Traceback" not in (tmp_path / f"{side}.out").read_text()


async def test_all_that_was_said_while_a_server_was_up_or_down_is_there(pair: System) -> None:
    assert await together(pair) == ("500 of 500",)
    assert await down(pair) == ("500 of 500",)


async def test_after_a_partition_both_sides_hold_the_newer_whichever_side_heard_it(pair: System) -> None:
    assert await older_first(pair) == ("both the newer",)
    assert await newer_first(pair) == ("both the newer",)


async def test_what_is_older_repeated_or_from_the_future_is_weighed_by_its_stamp(pair: System) -> None:
    assert await late(pair) == ("both the newer",)
    assert await again(pair) == ("answered, goes no further",)
    assert await future(pair) == ("the future one (for 60 s at most)",)


async def test_a_follower_that_stops_reading_is_told_the_newest_when_it_reads_again(pair: System) -> None:
    has, _, _ = await slow(pair, FEW_ROUNDS, FEW_LOOKS)
    assert has == "the newest of 500 of 500"


def test_the_table_has_a_line_for_each_row_and_a_column_for_each_system() -> None:
    rows = sum(len(scenario.rows) for scenario in SCENARIOS)
    lines = table({name: ["x"] * rows for name in ENTRANTS}).splitlines()
    assert len(lines) == rows + 2
    assert {line.count("|") for line in lines} == {len(ENTRANTS) + 2}
