"""A sweep lets go of just the silent, or of those heard before all others, while much changes between slices."""

from collections.abc import Callable, Iterator
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from herd.acceptance import GRACE
from herd.batch import DROPPED, OWN_CLIENTS
from herd.messages import SECOND, At, format_skew, heard_of
from herd.store import Store
from herd.sweep import LOOKED, READ, bury, evict, expire

T = 1_520_000_000


def put(store: Store, client: str, heard: float, time: float | None = None) -> None:
    """Take in a report that was heard so many seconds after T, by default at once."""
    said = round((T + (heard if time is None else time)) * SECOND)
    skew = format_skew(round((T + heard) * SECOND) - said)
    seconds = b"%d.%09d" % divmod(said, SECOND)
    assert store.put(At(b"Goloman", skew, client.encode(), b"+1.0+1.0", seconds), store.batch(OWN_CLIENTS))


def sweep(store: Store, slices: Iterator[int], between: Callable[[], object] = lambda: None) -> int:
    """Go through slices, each a turn of its own; return how many went."""
    gone = 0
    for dropped in slices:
        gone += dropped
        store.close()
        between()
    return gone


def expired(store: Store, heard: float, between: Callable[[], object] = lambda: None) -> int:
    return sweep(store, expire(store, round((T + heard) * SECOND), lambda: store.batch(DROPPED)), between)


def evicted(store: Store, count: int, between: Callable[[], object] = lambda: None) -> int:
    return sweep(store, evict(store, count, lambda: store.batch(DROPPED)), between)


def heard(store: Store) -> dict[str, float]:
    return {client.decode(): heard_of(report[1]) / SECOND - T for client, report in store.reports.items()}


def test_who_was_heard_up_to_then_expires_and_viewers_are_told_but_no_peer() -> None:
    store = Store(b"life")
    for number in range(10):
        put(store, f"c{number}", number)
    store.close()
    before = store.number
    assert expired(store, 4) == 5
    assert sorted(heard(store)) == ["c5", "c6", "c7", "c8", "c9"]
    assert store.since(before, 99)[1] == []
    assert sorted(store.shown_since(before, 99)[2]) == [b"c0", b"c1", b"c2", b"c3", b"c4"]
    assert [batch.told(lambda: 0) for batch in store.fresh] == [b""]


def test_silence_counts_from_when_a_client_was_heard_not_from_the_time_that_it_says() -> None:
    store = Store(b"life")
    put(store, "late", heard=100, time=-5000)
    put(store, "future", heard=10, time=10**9)
    put(store, "soon", heard=10, time=60)
    assert expired(store, 10) == 2
    assert heard(store) == {"late": 100}


def test_who_reports_again_meanwhile_stays() -> None:
    store, reported = Store(b"life"), list[int]()

    def report_again() -> None:
        if not reported:
            reported.append(1)
            for number in range(3 * READ):
                put(store, f"c{number}", 100)

    for number in range(3 * READ):
        put(store, f"c{number}", 1)
    assert expired(store, 10, report_again) == READ
    assert len(heard(store)) == 3 * READ


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(-100, 200)), max_size=40), st.integers(1, 50))
def test_eviction_takes_who_was_heard_before_all_others_and_the_floor_is_the_last_of_them(
    reports: list[tuple[int, int]], count: int
) -> None:
    store = Store(b"life")
    for number, (when, dated) in enumerate(reports):
        put(store, f"c{number}", when, dated)
    before = sorted(heard(store).values())
    assert evicted(store, count) == min(count, len(reports))
    assert sorted(heard(store).values()) == before[count:]
    if before:
        assert store.acceptance.floor == round((T + before[:count][-1]) * SECOND)


def test_many_are_evicted_in_many_slices_while_others_come() -> None:
    store, random = Store(b"life"), Random(1)
    for number in range(2 * LOOKED):
        put(store, f"c{number}", random.randrange(10**6))
    lowest = sorted(heard(store).values())[:5000]
    slices = []

    def come() -> None:
        slices.append(1)
        put(store, f"new{len(slices)}", 10**7)

    assert evicted(store, 5000, come) == 5000
    assert min(heard(store).values()) > lowest[-1]
    assert sum(client.startswith("new") for client in heard(store)) == len(slices) > 10


def test_beneath_the_floor_an_unknown_client_is_not_taken_from_a_peer_but_a_known_one_and_a_clients_own_are() -> (
    None
):
    store, other = Store(b"life"), Store(b"other")
    put(store, "known", 50)
    store.acceptance.raise_floor((T + 100) * SECOND)
    for client, when, taken in (("unknown", 100, False), ("unknown", 101, True), ("known", 99, True)):
        put(other, client, when)
        line = other.newest(client.encode())
        assert line is not None
        assert store.take(line, store.batch(b"peer")) is taken
    put(store, "own", 1)


def test_what_expired_is_taken_from_nobody_else_be_the_client_known_or_not() -> None:
    store, other = Store(b"life"), Store(b"other")
    put(store, "known", heard=50, time=-100)
    store.acceptance.expire((T + 100) * SECOND)
    for client in ("unknown", "known"):
        put(other, client, 100)
        line = other.newest(client.encode())
        assert line is not None
        assert not store.take(line, store.batch(b"peer"))


def test_a_forget_is_remembered_for_an_hour_longer_than_a_report_and_the_newest_where_there_are_too_many() -> None:
    store = Store(b"life")
    for number in range(10):
        store.take(b"FORGET Hands c%d %d.000000000" % (number, T + number), store.batch(b"peer"))
    store.acceptance.expire((T + 4) * SECOND + GRACE)
    store.acceptance.most = 3
    assert not store.take(b"FORGET Hands again %d.000000000" % (T + 4), store.batch(b"peer"))
    assert sweep(store, bury(store)) == 7
    assert sorted(store.forgotten) == [b"c7", b"c8", b"c9"]
