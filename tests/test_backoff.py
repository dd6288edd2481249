"""Waits between attempts grow, stay under their cap, and start again after a success."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from herd.backoff import Backoff


class Highest(Random):
    """The random source that always draws the upper end."""

    def uniform(self, a: float, b: float) -> float:
        """Return the upper end."""
        return b


def test_the_bound_doubles_with_each_failure_up_to_the_cap() -> None:
    backoff = Backoff(0.2, 2.0, Highest())
    assert [backoff.next() for _ in range(6)] == [0.2, 0.4, 0.8, 1.6, 2.0, 2.0]


def test_after_a_reset_the_waits_start_again() -> None:
    backoff = Backoff(0.2, 10.0, Highest())
    waits = [backoff.next(), backoff.next()]
    backoff.reset()
    assert [backoff.next(), backoff.next()] == waits


@given(st.integers(), st.floats(0.001, 10), st.floats(0.001, 100))
def test_no_wait_is_negative_or_above_the_cap_however_many_failures(seed: int, first: float, cap: float) -> None:
    backoff = Backoff(first, cap, Random(seed))
    assert all(0 <= backoff.next() <= cap for _ in range(200))


def test_the_draws_spread_over_the_whole_range() -> None:
    random = Random(1)
    draws = [Backoff(1.0, 1.0, random).next() for _ in range(1000)]
    assert min(draws) < 0.1
    assert max(draws) > 0.9
