"""FORGET is read as strictly as AT, and the two kinds of fact lead every server to the same end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from herd.facts import Forget, parse_forget
from herd.messages import CLIENT_LIMIT, NAME_LIMIT, parse_at
from herd.position import Malformed
from herd.store import Store

LINE = b"FORGET Goloman kiwi 1520023935.000000001"


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (LINE, (b"Goloman", b"kiwi", 1_520_023_935_000_000_001)),
        (b"FORGET x \xff\x00 0.000000000", (b"x", b"\xff\x00", 0)),
        (b"FORGET %b %b 999999999999.999999999" % (b"s" * NAME_LIMIT, b"c" * CLIENT_LIMIT), None),
    ],
)
def test_a_forget_is_read_and_written_byte_for_byte(line: bytes, fields: tuple[bytes, bytes, int] | None) -> None:
    forget = parse_forget(line)
    assert bytes(forget) == line
    assert fields is None or forget == Forget(*fields)


@pytest.mark.parametrize(
    "line",
    [
        b"FORGET Goloman kiwi",
        b"FORGET Goloman kiwi 1",
        b"FORGET Goloman kiwi 1.5",
        b"FORGET Goloman kiwi 01.000000000",
        b"FORGET Goloman kiwi -1.000000000",
        b"FORGET Goloman kiwi +1.000000000",
        b"FORGET Goloman kiwi 1.0000000000",
        b"FORGET Goloman kiwi 1_0.000000000",
        b"FORGET Goloman kiwi 1000000000000.000000000",
        b"FORGET Goloman kiwi 1.000000000 more",
        b"FORGET  Goloman kiwi 1.000000000",
        b"FORGET Goloman ki\twi 1.000000000",
        b"forget Goloman kiwi 1.000000000",
        LINE + b"\n",
        LINE + b" ",
        b"FORGET Goloman %b 1.000000000" % (b"c" * (CLIENT_LIMIT + 1)),
        b"FORGET %b kiwi 1.000000000" % (b"s" * (NAME_LIMIT + 1)),
        b"AT Goloman +0.500000000 kiwi +1.0+1.0 1520023934",
        b"",
    ],
)
def test_anything_else_is_malformed(line: bytes) -> None:
    with pytest.raises(Malformed):
        parse_forget(line)


@given(st.binary(min_size=1, max_size=9), st.integers(0, 10**21 - 1))
def test_every_forget_survives_the_wire(client: bytes, stamp: int) -> None:
    client = b"".join(client.split()) or b"c"
    assert parse_forget(bytes(Forget(b"Goloman", client, stamp))) == Forget(b"Goloman", client, stamp)


def at(time: str, skew: str = "+0.5", place: str = "+1.0+1.0") -> bytes:
    whole, _, fraction = skew.partition(".")
    return f"AT Goloman {whole}.{fraction:0<9} kiwi {place} {time}".encode()


FACTS = [
    at("10"),
    at("10", place="+2.0+2.0"),
    at("20.000000000"),
    at("20.000000001"),
    at("30"),
    at("900", "-870.0"),  # from the future: heard at 30, ranks by 90
    at("9", "+500.0"),  # late
    b"FORGET Goloman kiwi 10.000000000",
    b"FORGET Goloman kiwi 20.000000000",
    b"FORGET Hands kiwi 20.000000000",
    b"FORGET Hands kiwi 90.000000000",
    b"FORGET Hands other 99.000000000",
]


def believed(lines: list[bytes]) -> tuple[set[bytes], set[bytes]]:
    """Work out anew what counts of these facts: the FORGETs, and the reports."""
    forgets = [parse_forget(line) for line in lines if line.startswith(b"FORGET")]
    kept = [
        max((each.stamp, bytes(each)) for each in forgets if each.client == c) for c in {f.client for f in forgets}
    ]
    stamp = max((each.stamp for each in forgets if each.client == b"kiwi"), default=-1)
    ranks = [parse_at(line).rank for line in lines if line.startswith(b"AT")]
    newest = max((rank for rank in ranks if rank[0] > stamp), default=None)
    return {line for _, line in kept}, {newest[3]} if newest else set()


@settings(deadline=None)
@given(st.lists(st.sampled_from(FACTS), max_size=9), st.data())
def test_all_orders_of_facts_end_alike(lines: list[bytes], data: st.DataObject) -> None:
    store = Store(b"life")
    for line in data.draw(st.permutations(lines)):
        store.take(line, store.batch(data.draw(st.sampled_from([b"one", b"two"]))))
        if data.draw(st.booleans()):
            store.close()
    assert {fact[1] for fact in store.forgotten.values()} == believed(lines)[0]
    assert {fact[1] for fact in store.reports.values()} == believed(lines)[1]


@settings(deadline=None)
@given(st.lists(st.sampled_from(FACTS), max_size=12), st.integers(1, 3), st.data())
def test_a_reader_that_is_behind_is_told_what_counts_and_a_viewer_who_is_gone(
    lines: list[bytes], most: int, data: st.DataObject
) -> None:
    store, copy, shown = Store(b"life"), Store(b"copy"), dict[bytes, bytes]()
    told = viewed = 0

    def read() -> None:
        nonlocal told, viewed
        while told < store.number:
            told, facts = store.since(told, most)
            for fact in facts:
                copy.take(fact[1], copy.batch(b"life"))
            copy.close()
        while viewed < store.number:
            viewed, reports, gone = store.shown_since(viewed, most)
            shown.update((report[4], report[1]) for report in reports)
            for client in gone:
                shown.pop(client, None)

    for line in lines:
        store.take(line, store.batch(b"peer"))
        if data.draw(st.booleans()):
            store.close()
            if data.draw(st.booleans()):
                read()
    store.close()
    read()
    for mine, theirs in ((store.reports, copy.reports), (store.forgotten, copy.forgotten)):
        assert {client: fact[1] for client, fact in mine.items()} == {client: f[1] for client, f in theirs.items()}
    assert shown == {client: report[1] for client, report in store.reports.items()}


def test_a_forgotten_client_is_back_with_a_newer_time_only() -> None:
    store = Store(b"life")
    store.take(at("20"), store.batch(b"peer"))
    assert store.take(b"FORGET Hands kiwi 25.000000000", store.batch(b"peer"))
    assert store.newest(b"kiwi") is None
    assert not store.take(at("25"), store.batch(b"peer"))
    assert store.take(at("25.000000001"), store.batch(b"peer"))
    assert not store.take(b"FORGET Hands kiwi 25.000000000", store.batch(b"peer"))


def test_what_is_neither_kind_is_malformed() -> None:
    store = Store(b"life")
    for line in (b"FORGET kiwi", b"AT kiwi", b"MARK 1 1", b""):
        with pytest.raises(Malformed):
            store.take(line, store.batch(b"peer"))
    assert store.close() == []
