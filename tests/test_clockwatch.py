"""A clock is trusted when its neighbours confirm it, or it ran evenly for long; never after a jump or far off."""

import pytest

from herd.clockwatch import CONFIRM, OFF, QUIET, ClockWatch
from herd.messages import SECOND

MONTH = 30 * 86_400
RIGHT = [0, SECOND, -SECOND]
BEGIN = 1_795_467_890 * SECOND


class Time:
    """A clock that somebody sets, and one that nobody does."""

    def __init__(self) -> None:
        self.steady = 1000.0
        self.set_by = 0

    def clock(self) -> int:
        """Return nanoseconds since 1970."""
        return BEGIN + round(self.steady * SECOND) + self.set_by

    def watch(self, keep: int = MONTH) -> ClockWatch:
        """Return a watch of the first clock."""
        return ClockWatch(self.clock, lambda: self.steady, keep)

    def passes(self, seconds: float, watch: ClockWatch, ahead: list[int]) -> bool:
        """Look every second; return what was found at last."""
        for _ in range(int(seconds)):
            self.steady += 1
            trusted = watch.trusts(ahead)
        return trusted


@pytest.fixture
def time() -> Time:
    return Time()


def test_a_clock_that_just_started_is_trusted_once_neighbours_confirm_it(time: Time) -> None:
    watch = time.watch()
    assert not watch.trusts(RIGHT)
    assert not time.passes(CONFIRM - 1, watch, RIGHT)
    assert time.passes(1, watch, RIGHT)


def test_alone_it_is_trusted_after_an_hour_that_ran_evenly(time: Time) -> None:
    watch = time.watch()
    assert not time.passes(QUIET - 1, watch, [])
    assert time.passes(1, watch, [])


def test_a_clock_off_its_neighbours_median_by_more_than_a_minute_is_not_trusted(time: Time) -> None:
    watch = time.watch()
    assert time.passes(QUIET, watch, RIGHT)
    for off in (OFF + 1, -OFF - 1):
        assert not watch.trusts([off, off, 0])
        assert watch.trusts([off, 0, 0])  # that neighbour's is wrong
    assert watch.trusts([OFF])


@pytest.mark.parametrize("jump", [3600, -3600, 61, -61, 10 * 365 * 86_400])
def test_a_jump_costs_the_trust_until_neighbours_confirm_or_an_hour_has_passed(time: Time, jump: int) -> None:
    watch = time.watch()
    assert time.passes(QUIET, watch, [])
    time.set_by += jump * SECOND
    assert not watch.trusts([])
    assert not watch.trusts(RIGHT)  # compared before the jump, perhaps
    assert not time.passes(QUIET - 1, watch, [])
    assert time.passes(1, watch, [])
    time.set_by -= jump * SECOND
    assert not watch.trusts(RIGHT)
    assert time.passes(CONFIRM, watch, RIGHT)


def test_a_clock_that_drifts_or_is_set_by_little_stays_trusted(time: Time) -> None:
    watch = time.watch()
    assert time.passes(QUIET, watch, RIGHT)
    for _ in range(100):
        time.set_by += SECOND // 2
        assert watch.trusts(RIGHT)


def test_where_clients_are_kept_for_seconds_all_this_takes_an_eighth_of_them(time: Time) -> None:
    watch = time.watch(keep=16)
    assert not watch.trusts([])
    assert time.passes(2, watch, [])
    time.set_by += 3 * SECOND
    assert not watch.trusts([])
