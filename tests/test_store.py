"""The store believes the newest report of every client, and its feed tells each change that was not overtaken."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from herd.batch import OWN_CLIENTS
from herd.messages import At, parse_at
from herd.store import LOG_LEAST, ChangedError, Store


def at(client: str = "kiwi", time: str = "1520023934.918963997", skew: str = "+0.5", place: str = "+1.0+1.0") -> At:
    whole, _, fraction = skew.partition(".")
    return parse_at(f"AT Goloman {whole}.{fraction:0<9} {client} {place} {time}".encode())


def put(store: Store, report: At, origin: bytes = OWN_CLIENTS) -> bool:
    return store.put(report, store.batch(origin))


def test_a_newer_report_replaces_an_older_one_and_an_older_one_changes_nothing() -> None:
    store = Store(b"life")
    assert put(store, at(time="20"))
    assert not put(store, at(time="19.999999999"))
    assert put(store, at(time="20.000000001"))
    assert store.newest(b"kiwi") == bytes(at(time="20.000000001"))


def test_a_repetition_by_the_client_changes_nothing_though_its_skew_is_fresh() -> None:
    store = Store(b"life")
    assert put(store, at(skew="+0.5"))
    assert not put(store, at(skew="+0.7"))
    assert store.newest(b"kiwi") == bytes(at(skew="+0.5"))


def test_between_servers_the_later_heard_of_two_equal_times_wins_in_either_order() -> None:
    first, second = at(skew="+0.5"), at(skew="+0.7")
    for order in ([first, second], [second, first]):
        store = Store(b"life")
        for report in order:
            put(store, report, b"peer")
        assert store.newest(b"kiwi") == bytes(second)


def test_a_report_from_the_future_outranks_an_honest_one_for_a_minute_at_most() -> None:
    store = Store(b"life")
    put(store, at(time="4102444800", skew="-2582420800"))  # heard at 1520024000
    assert not put(store, at(time="1520024059.9", skew="+0.1"))
    assert put(store, at(time="1520024060.1", skew="+0.1"))


@given(st.permutations(range(8)), st.randoms(use_true_random=False))
def test_all_orders_of_arrival_end_with_the_same_report(order: list[int], random: Random) -> None:
    reports = [
        at(time=time, skew=skew, place=place)
        for time, skew, place in [
            ("10", "+0.1", "+1.0+1.0"),
            ("10", "+0.1", "+2.0+2.0"),
            ("10.0", "+0.1", "+1.0+1.0"),
            ("10", "+0.2", "+1.0+1.0"),
            ("200", "-100.5", "+1.0+1.0"),
            ("159.5", "+0.1", "+1.0+1.0"),
            ("159.500000000", "+0.1", "+1.0+1.0"),
            ("9", "+5.0", "+1.0+1.0"),
        ]
    ]
    store = Store(b"life")
    for index in order:
        put(store, reports[index], random.choice([b"one", b"two"]))
    assert store.newest(b"kiwi") == max(map(bytes, reports), key=lambda line: parse_at(line).rank)


def test_one_origin_shares_a_number_in_a_turn_and_each_turn_has_new_ones() -> None:
    store = Store(b"life")
    put(store, at("a"))
    put(store, at("b"), b"peer")
    put(store, at("c"))
    assert [(batch.origin, batch.clients) for batch in store.close()] == [
        (OWN_CLIENTS, [b"a", b"c"]),
        (b"peer", [b"b"]),
    ]
    before = store.number
    put(store, at("d"))
    store.close()
    assert (store.before_fresh, store.number > before) == (before, True)


def test_a_turn_without_changes_moves_no_number() -> None:
    store = Store(b"life")
    store.batch(OWN_CLIENTS)
    assert store.close() == []
    assert store.number == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=60), st.integers(1, 7))
def test_a_reader_that_asks_slice_by_slice_ends_with_what_the_store_holds(
    steps: list[tuple[int, bool]], most: int
) -> None:
    store, cursor, seen = Store(b"life"), 0, dict[bytes, bytes]()

    def read() -> None:
        nonlocal cursor
        for _ in range(len(steps) + 1):
            cursor, reports = store.since(cursor, most)
            seen.update((parse_at(line).client, line) for _, line, _, _, _ in reports)
            if cursor == store.number:
                return

    for time, (client, close) in enumerate(steps):
        put(store, at(f"client{client}", time=str(time)))
        if close:
            store.close()
            if client % 2:
                read()
    store.close()
    read()
    assert seen == {client: report[1] for client, report in store.reports.items()}


def test_what_was_overtaken_is_told_once_at_its_newest_number() -> None:
    store = Store(b"life")
    for time in range(100):
        put(store, at(time=str(time)))
        store.close()
    told = []
    cursor = 0
    while cursor < store.number:
        cursor, reports = store.since(cursor, 10)
        told += [line for _, line, _, _, _ in reports]
    assert told == [bytes(at(time="99"))]


def test_what_was_overtaken_uses_up_no_slice_of_a_reader_that_is_behind() -> None:
    store = Store(b"life")
    for time in range(100):
        put(store, at(time=str(time)))
        store.close()
    put(store, at("another"))
    store.close()
    cursor, reports = store.since(0, 10)  # 101 changes, of which 99 count no more
    assert cursor == store.number
    assert [report[1] for report in reports] == [bytes(at(time="99")), bytes(at("another"))]


def test_the_log_forgets_its_older_half_and_says_how_far_it_goes_back() -> None:
    store = Store(b"life")
    for time in range(2 * LOG_LEAST // 1000 + 2):
        for client in range(1000):
            put(store, at(f"c{client}", time=str(time)))
        store.close()
    assert not store.reaches(0)
    assert not store.reaches(store.number + 1)
    assert store.reaches(store.number)
    floor = next(number for number in range(store.number) if store.reaches(number))
    cursor, reports = store.since(floor, 10**9)
    assert (cursor, len(reports)) == (store.number, 1000)


def test_facts_are_yielded_without_a_copy_until_a_client_comes_or_goes() -> None:
    store = Store(b"life")
    for number in range(3):
        put(store, at(f"c{number}", "1"))
    facts = store.facts()
    assert next(facts)[4] == b"c0"
    put(store, at("c1", "2"))
    assert next(facts)[4] == b"c1"
    put(store, at("c3", "1"))
    with pytest.raises(ChangedError):
        next(facts)
    facts = store.facts()
    assert next(facts)[4] == b"c0"
    store.drop(store.reports[b"c0"], store.batch(b"peer"))
    put(store, at("c4", "1"))  # as many as before
    with pytest.raises(ChangedError):
        next(facts)
