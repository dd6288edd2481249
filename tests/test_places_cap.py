"""How many requests may leave in a minute, whichever minute it is."""

from hypothesis import given
from hypothesis import strategies as st

from herd.places.cap import Cap
from tests.sourcing import Clock


def test_a_minute_later_there_is_room_again() -> None:
    clock = Clock()
    cap = Cap(2, clock)
    assert [cap.take() for _ in range(3)] == [True, True, False]
    clock.now += 59.9
    assert not cap.take()
    clock.now += 0.2
    assert [cap.take() for _ in range(3)] == [True, True, False]


@given(st.integers(1, 5), st.lists(st.integers(0, 40)))
def test_in_no_sixty_seconds_more_than_that_leave(most: int, waits: list[int]) -> None:
    clock = Clock()
    cap = Cap(most, clock)
    left: list[float] = []
    for seconds in waits:
        clock.now += seconds
        recent = sum(clock.now - each < 60 for each in left)
        assert cap.take() is (recent < most)
        if recent < most:
            left.append(clock.now)
