"""When a source is left alone, what is said meanwhile, and how it is tried again."""

import pytest

from herd.places.breaker import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, REFUSED_PAUSE, Breaker
from herd.places.provider import Unavailable
from tests.sourcing import Clock

DOWN = Unavailable("UNKNOWN_ERROR", "down")


def fails(breaker: Breaker, failure: Unavailable = DOWN) -> None:
    """Make a request that fails."""
    assert breaker.refusal() is None
    with pytest.raises(Unavailable), breaker.watch():
        raise failure


def goes_well(breaker: Breaker) -> None:
    """Make a request that goes well."""
    assert breaker.refusal() is None
    with breaker.watch():
        pass


def said(breaker: Breaker) -> str:
    """Return what is said at once."""
    refusal = breaker.refusal()
    assert refusal
    return str(refusal)


def opened(clock: Clock) -> Breaker:
    """Return the breaker of a source that just failed too often."""
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        fails(breaker)
    return breaker


def test_a_source_that_is_down_is_left_alone_after_some_failures_and_said_to_be_so() -> None:
    assert said(opened(Clock())) == "UNKNOWN_ERROR: down; the source is asked again in 5 s"


def test_failures_between_answers_are_chance() -> None:
    breaker = Breaker(Clock())
    for _ in range(5):
        for _ in range(FAILURES - 1):
            fails(breaker)
        goes_well(breaker)
    goes_well(breaker)


@pytest.mark.parametrize("status", ["OVER_QUERY_LIMIT", "REQUEST_DENIED"])
def test_one_refusal_is_enough_for_half_a_minute(status: str) -> None:
    clock = Clock()
    breaker = Breaker(clock)
    fails(breaker, Unavailable(status, "no"))
    clock.now += REFUSED_PAUSE - 0.1
    assert said(breaker) == f"{status}: no; the source is asked again in 1 s"
    clock.now += 0.1
    goes_well(breaker)


def test_bad_requests_are_no_fault_of_the_source() -> None:
    breaker = Breaker(Clock())
    for _ in range(20):
        fails(breaker, Unavailable("INVALID_REQUEST", "what?"))


def test_after_the_pause_one_request_passes_to_see_and_its_success_closes() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += FIRST_PAUSE
    assert breaker.refusal() is None
    with breaker.watch():
        assert said(breaker) == "UNKNOWN_ERROR: down; the source is asked again just now"
    fails(breaker)
    goes_well(breaker)


@pytest.mark.parametrize("failure", [DOWN, Unavailable("ANOTHER_WORD", "no")])
def test_each_trial_that_fails_makes_the_pause_longer_up_to_a_bound(failure: Unavailable) -> None:
    clock = Clock()
    breaker = opened(clock)
    pauses = []
    for _ in range(7):
        pause = 0
        while breaker.refusal():
            clock.now += 1
            pause += 1
        pauses.append(pause)
        fails(breaker, failure)
    assert pauses == [5, 10, 20, 40, 60, 60, 60]
    assert max(pauses) == LONGEST_PAUSE


def test_a_trial_that_is_given_up_lets_the_next_one_pass() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += FIRST_PAUSE
    with pytest.raises(KeyboardInterrupt), breaker.watch():
        raise KeyboardInterrupt
    goes_well(breaker)


def test_a_refusal_as_the_trials_end_counts_as_one() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += FIRST_PAUSE
    fails(breaker, Unavailable("OVER_QUERY_LIMIT", "enough"))
    clock.now += REFUSED_PAUSE - 1
    assert "OVER_QUERY_LIMIT" in said(breaker)
    clock.now += 1
    fails(breaker)  # one failure only, but while it is tried
    assert "down" in said(breaker)


def test_those_that_left_together_fail_as_one() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    watches = [breaker.watch() for _ in range(20)]
    for watch in watches:
        watch.__enter__()
    for watch in watches:
        assert not watch.__exit__(Unavailable, DOWN, None)
    clock.now += FIRST_PAUSE
    goes_well(breaker)


def test_one_that_left_before_and_comes_back_well_closes() -> None:
    breaker = Breaker(Clock())
    with breaker.watch():
        for _ in range(FAILURES):
            fails(breaker)
        assert "down" in said(breaker)
    goes_well(breaker)
