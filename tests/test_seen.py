"""What is held here of other feeds is said to a reader once it has all that stands behind it, and not before."""

from hypothesis import given
from hypothesis import strategies as st

from herd.links.seen import PassingOn, Seen
from herd.words import LIVES_MOST

A, B, C = b"a" * 16, b"b" * 16, b"c" * 16


def test_a_number_only_grows_and_what_is_no_news_is_told_so() -> None:
    seen = Seen()
    assert seen.number(A) == 0
    assert [seen.take(A, number) for number in (3, 3, 2, 0, 4)] == [True, False, False, False, True]
    assert not seen.take(B, 0)
    assert (seen.number(A), seen.number(B)) == (4, 0)


def test_only_what_was_not_said_is_news() -> None:
    seen = Seen()
    seen.take(A, 4)
    seen.take(B, 7)
    assert seen.since({}) == {A: 4, B: 7}
    assert seen.since({A: 4, B: 6}) == {B: 7}
    assert seen.since({A: 4, B: 7}) == {}


def test_a_life_is_believed_more_than_what_others_say_of_it_and_that_is_passed_on() -> None:
    seen = Seen()
    seen.take(A, 10**17)
    said = seen.since({})
    seen.correct(A, 5)
    assert seen.number(A) == 5
    assert seen.since(said) == {A: 5}
    assert seen.take(A, 6)


def test_of_too_many_lives_the_one_that_did_not_move_for_longest_is_left_out() -> None:
    seen = Seen()
    lives = [b"%016x" % number for number in range(LIVES_MOST)]
    for life in lives:
        seen.take(life, 1)
    seen.take(lives[0], 2)  # moves
    seen.take(A, 5)
    assert (seen.number(lives[0]), seen.number(lives[1]), seen.number(lives[2]), seen.number(A)) == (2, 0, 1, 5)
    assert len(seen.since({})) == LIVES_MOST
    for number in range(10 * LIVES_MOST):
        seen.take(b"%016x" % (number + 10**6), 1)
    assert len(seen.since({})) == LIVES_MOST


def test_nothing_is_said_before_the_reader_has_come_so_far() -> None:
    seen = Seen()
    passing = PassingOn(seen)
    assert passing.take(10, 10) == {}
    seen.take(A, 4)
    assert passing.take(11, 10) == {}  # what A's number stands behind is at 11 with us
    assert passing
    assert passing.take(12, 10) == {}
    assert passing.take(12, 11) == {A: 4}
    assert not passing
    assert passing.take(12, 12) == {}


def test_who_is_always_a_little_behind_is_still_told_something() -> None:
    seen = Seen()
    passing = PassingOn(seen)
    said = []
    for number in range(1, 100):
        seen.take(A, number)
        said += [found[A] for found in [passing.take(number, number - 5)] if found]
    assert said[-1] >= 90
    assert said == sorted(set(said))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hear"), st.sampled_from([A, B, C])),
        st.tuples(st.just("change"), st.just(A)),
        st.tuples(st.just("read"), st.integers(1, 3)),
        st.tuples(st.just("say"), st.just(A)),
    ),
    max_size=80,
)


@given(STEPS)
def test_what_is_said_is_always_true_and_all_of_it_is_said_in_the_end(steps: list[tuple[str, bytes | int]]) -> None:
    seen = Seen()
    passing = PassingOn(seen)
    number = cursor = 0
    held: dict[tuple[bytes, int], int] = {}  # the number of ours at which a number of a life's was held first
    said: dict[bytes, int] = {}

    def say() -> None:
        for life, claimed in passing.take(number, cursor).items():
            assert held[life, claimed] <= cursor
            assert claimed > said.get(life, 0)
            said[life] = claimed

    for kind, what in steps:
        if kind == "hear":
            assert isinstance(what, bytes)
            number += 1  # what it told
            seen.take(what, seen.number(what) + 1)
            held[what, seen.number(what)] = number
        elif kind == "change":
            number += 1
        elif kind == "read":
            cursor = min(number, cursor + int(what))
        else:
            say()
    cursor = number
    for _ in range(2):
        say()
    assert said == seen.since({})


def test_of_lives_that_are_gone_little_is_remembered() -> None:
    seen = Seen()
    passing = PassingOn(seen)
    for number in range(10 * LIVES_MOST):
        seen.take(b"%016x" % number, 1)
        assert passing.take(1, 1) == {b"%016x" % number: 1}
    assert len(passing._said) <= 2 * LIVES_MOST
