"""What is remembered: for a while, as much as has room, the newest."""

from hypothesis import given
from hypothesis import strategies as st

from herd.places.memory import OVERHEAD, Memory
from tests.sourcing import Clock


def test_an_answer_is_remembered_until_its_time_is_over() -> None:
    clock = Clock()
    memory: Memory[bytes] = Memory(60, clock, len)
    memory.put("a", b"1")
    clock.now += 59.9
    assert memory.get("a") == b"1"
    clock.now += 0.1
    assert memory.get("a") is None


def test_another_question_has_another_answer() -> None:
    memory: Memory[bytes] = Memory(60, Clock(), len)
    memory.put(("a", 1), b"1")
    assert memory.get(("a", 2)) is None


def test_a_new_answer_to_the_same_question_counts_from_now() -> None:
    clock = Clock()
    memory: Memory[bytes] = Memory(60, clock, len)
    memory.put("a", b"1")
    memory.put("b", b"1")
    clock.now += 50
    memory.put("a", b"2")
    clock.now += 50
    assert (memory.get("a"), memory.get("b")) == (b"2", None)


def test_no_time_means_no_memory() -> None:
    memory: Memory[bytes] = Memory(0, Clock(), len)
    memory.put("a", b"1")
    assert memory.get("a") is None


def test_what_is_larger_than_all_the_room_takes_nobody_else_out() -> None:
    memory: Memory[bytes] = Memory(60, Clock(), len, room=2 * OVERHEAD)
    memory.put("small", b"1")
    memory.put("large", b"1" * (OVERHEAD + 1))
    assert (memory.get("small"), memory.get("large")) == (b"1", None)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3000), st.integers(0, 30))))
def test_the_newest_that_have_room_are_kept_and_no_more(steps: list[tuple[int, int, int]]) -> None:
    clock, room = Clock(), 4 * OVERHEAD + 2000
    memory: Memory[bytes] = Memory(60, clock, len, room)
    model: list[tuple[int, float, bytes]] = []
    for asked, size, seconds in steps:
        clock.now += seconds
        answer = bytes(size)
        memory.put(asked, answer)
        if size + OVERHEAD <= room:
            model = [*(each for each in model if each[0] != asked), (asked, clock.now, answer)]
            while sum(OVERHEAD + len(each[2]) for each in model) > room:
                model.pop(0)
        expected = {each[0]: each[2] for each in model if clock.now < each[1] + 60}
        assert {key: found for key in range(10) if (found := memory.get(key)) is not None} == expected
