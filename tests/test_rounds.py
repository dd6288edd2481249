"""A reader that is behind is told each client once, and holds at its cursor all that was held there."""

from random import Random

import pytest

from herd.batch import OWN_CLIENTS
from herd.links import rounds
from herd.links.rounds import Rounds
from herd.messages import parse_at
from herd.store import Store

Held = list[tuple[int, dict[bytes, int]]]  # number, then the rank of each client's report


def report(client: int, time: int) -> bytes:
    return b"AT Home +1.000000000 %d +1+1 %d" % (client, 1_520_000_000 + time)


@pytest.mark.parametrize("seed", range(60))
def test_a_reader_holds_at_its_cursor_all_that_was_held_there_and_is_told_nothing_twice(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "ROUND", 5)
    random, store = Random(seed), Store(b"life")
    held: Held = []
    got: dict[bytes, int] = {}
    told: list[bytes] = []
    reader, time = Rounds(store, 0), 0
    for _ in range(80):
        for _ in range(random.randint(0, 4)):  # by turns of two origins, which have two batches
            time += 1
            line = report(random.randrange(6), time)
            store.put(parse_at(line), store.batch(random.choice([OWN_CLIENTS, b"peer"])))
        if random.random() < 0.8:
            store.close()
            held.append((store.number, {client: fact[0] for client, fact in store.reports.items()}))
        for _ in range(random.randint(0, 2)):
            if reader.cursor < store.number:
                facts = reader.slice(random.randint(1, 3), store.number)
                told += [fact[1] for fact in facts]
                got.update((fact[4], fact[0]) for fact in facts)
        for number, then in held:
            if number <= reader.cursor:
                assert all(got[client] >= rank for client, rank in then.items())
    store.close()
    while reader.cursor < store.number:
        told += [fact[1] for fact in reader.slice(3, store.number)]
    assert reader.idle
    assert len(told) == len(set(told))
    assert {line for line in told if store.reports[line.split()[3]][1] == line} == {
        fact[1] for fact in store.reports.values()
    }


def test_a_client_that_never_rests_is_told_in_every_round() -> None:
    store = Store(b"life")
    reader, told = Rounds(store, 0), 0
    for time in range(100):
        for client in range(4):
            store.put(parse_at(report(client, time)), store.batch(OWN_CLIENTS))
        store.close()
        told += len(reader.slice(2, store.number))
    assert told > 150


def test_a_round_ends_where_it_is_wanted_and_a_reader_may_go_on_from_elsewhere() -> None:
    store = Store(b"life")
    for time in range(4):
        store.put(parse_at(report(time, time)), store.batch(OWN_CLIENTS))
        store.close()
    reader = Rounds(store, 0)
    assert [fact[4] for fact in reader.slice(9, 2)] == [b"0", b"1"]
    assert reader.cursor == 2
    reader.slice(1, 4)
    reader.move(4)
    assert reader.idle
    reader.move(1)
    assert [fact[4] for fact in reader.slice(9, 4)] == [b"1", b"2", b"3"]


def test_a_forget_is_told_too() -> None:
    store = Store(b"life")
    store.put(parse_at(report(1, 1)), store.batch(OWN_CLIENTS))
    store.close()
    store.take(b"FORGET Home 1 1600000000.000000000", store.batch(OWN_CLIENTS))
    store.close()
    assert [fact[1][:6] for fact in Rounds(store, 0).slice(9, 2)] == [b"FORGET"]


def test_what_is_remembered_of_early_tellings_is_of_what_changed_since_and_no_more() -> None:
    store = Store(b"life")
    reader = Rounds(store, 0)
    for time in range(200):  # each client changes in two turns, and rounds end before the newest
        for client in (time - 1, time):
            store.put(parse_at(report(client, time)), store.batch(OWN_CLIENTS))
        store.close()
        reader.slice(10, store.number - 1)
        assert len(reader._early) <= 2
    assert not reader.idle
