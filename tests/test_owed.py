"""A peer that does not acknowledge is late when it stands still, and only slow while it goes on."""

from hypothesis import given
from hypothesis import strategies as st

from herd.links.owed import LEAST, LONGEST, MOST, Owed


def looks(owed: Owed, count: int, number: int, acknowledged: int) -> None:
    for _ in range(count):
        owed.look(number, acknowledged)


def test_who_acknowledges_all_owes_nothing_and_is_never_late() -> None:
    owed = Owed()
    for number in range(1, 300):
        owed.look(number, number)
        assert not owed
        assert owed.late() == 0


def test_a_peer_that_stands_still_is_late_after_the_least_patience_and_not_before() -> None:
    owed = Owed()
    looks(owed, 50, 7, 7)
    looks(owed, LEAST, 8, 7)
    assert owed
    assert owed.late() == 0
    owed.look(9, 7)
    assert owed.late() == 8  # 9 was seen just now
    looks(owed, LEAST, 9, 7)
    assert owed.late() == 9


def test_one_that_acknowledges_what_was_late_is_late_no_more() -> None:
    owed = Owed()
    looks(owed, 2 * LEAST, 8, 0)
    assert owed.late() == 8
    owed.look(8, 8)
    assert not owed
    assert owed.late() == 0


def test_a_slow_peer_that_goes_on_is_not_late_until_the_longest_patience() -> None:
    owed = Owed()
    behind = LONGEST - 5  # looks
    for number in range(1, 10 * LONGEST):
        owed.look(number, max(0, number - behind))
        if number > behind:
            assert owed.late() == 0
    owed = Owed()
    behind = LONGEST + 20
    for number in range(1, 4 * LONGEST):
        owed.look(number, max(0, number - behind))
    assert owed.late() == 4 * LONGEST - 1 - LONGEST


def test_patience_follows_how_long_acknowledgements_take() -> None:
    owed = Owed()
    slow = 3 * LEAST  # looks that each takes
    for number in range(1, 200):
        looks(owed, slow, number, number - 1)
        owed.look(number, number)
    looks(owed, slow, 200, 199)
    assert owed.late() == 0  # that is how it is
    looks(owed, LONGEST, 200, 199)
    assert owed.late() == 200


def test_before_names_the_newest_that_is_owed_for_so_long() -> None:
    owed = Owed()
    assert owed.before(0) == 0
    for number in range(1, 11):
        owed.look(number, 0)
    assert [owed.before(age) for age in (0, 3, 9, 10)] == [10, 7, 1, 0]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), max_size=400))
def test_what_is_late_was_neither_acknowledged_nor_is_it_beyond_the_feed(steps: list[tuple[int, int]]) -> None:
    owed = Owed()
    number = acknowledged = 0
    for more, acks in steps:
        number += more
        acknowledged = min(number, acknowledged + acks)
        owed.look(number, acknowledged)
        late = owed.late()
        assert late == 0 or acknowledged < late <= number
        assert bool(owed) == (acknowledged < number)


def test_of_a_peer_that_never_acknowledges_little_is_kept_and_it_is_late_all_the_same() -> None:
    owed = Owed()
    for number in range(1, 100 * MOST):
        owed.look(number, 0)
    assert owed.late() >= 100 * MOST - 1 - LONGEST
    assert len(owed._seen) == MOST
