"""The fast lane does what the slow lane would do, also where a store was told to forget, is full, or expires."""

from collections.abc import Iterable

from hypothesis import example, given, settings
from hypothesis import strategies as st

from herd.batch import OWN_CLIENTS
from herd.facts import Forget
from herd.fastlane import hear_clients, hear_peer, split_commands
from herd.messages import SECOND, IAmAt, nanoseconds, parse_command, refuse
from herd.position import Malformed
from herd.store import Store

NOW = 1_795_467_890_123_456_789
SERVER = b"Goloman"

clients = st.sampled_from([b"kiwi", b"a", b"AT", b"\xff\x00", "é".encode(), b"x" * 1024, b"x" * 1025, b"IAMAT"])
locations = st.sampled_from(
    [b"+34.068930-118.445127", b"+90+180", b"+89.9-179.9", b"-0.0+000.0", b"+90.1+0.0", b"+1.5-99.5", b"34.0-118.0"]
)
times = st.sampled_from(
    [
        b"1520023934.918963997",
        b"1520023934.918963998",
        b"1795467890.123456789",
        b"1795467950.123456789",
        b"1795467950.123456790",
        b"1795467999.000000000",
        b"4102444800.000000001",
        b"1520023934",
        b"1520023934.9189639971",
        b"0",
        b"nan",
        b"-1520023934.918963997",
        b"1520023934.91896399",
    ]
)
blanks = st.sampled_from([b" ", b" ", b" ", b" ", b"\t", b"  ", b"\v", b"\x85", b""])
said = st.tuples(
    st.sampled_from([b"IAMAT"] * 4 + [b"iamat", b" IAMAT"]), blanks, clients, blanks, locations, blanks, times
)
iamats = said.map(b"".join)
noise = st.binary(max_size=40).map(lambda line: line.replace(b"\n", b""))
command_lines = st.lists(st.one_of(iamats, iamats, iamats, noise, st.just(b""), st.just(b" \r")), max_size=12)


def answer_slowly(lines: Iterable[bytes], store: Store) -> list[bytes]:
    """Do it the obviously right way: one line, one message, one put."""
    answers = []
    for line in lines:
        try:
            command = parse_command(line)
        except Malformed:
            if line.split():
                answers.append(refuse(line))
            continue
        assert isinstance(command, IAmAt)
        report = command.heard_by(SERVER, NOW)
        store.put(report, store.batch(OWN_CLIENTS))
        answers.append(bytes(report))
    return answers


# What a store may have been told before: whom to forget, until when reports expired, up to where it is full.
earlier = st.tuples(
    st.lists(st.tuples(st.sampled_from([b"kiwi", b"a", b"AT"]), times), max_size=2),
    st.sampled_from([0, 1_520_023_900, 1_520_023_935, 1_795_467_889]),
    st.sampled_from([0, 1_520_023_935, 1_795_467_950]),
    st.booleans(),
)
Earlier = tuple[list[tuple[bytes, bytes]], int, int, bool]


def prepare(store: Store, said: Earlier) -> None:
    """Tell a store what came before."""
    forgets, expired, floor, full = said
    for client, time in forgets:
        stamp = nanoseconds(time) if time[:1].isdigit() else 0
        store.forget(Forget(b"Hands", client, stamp), store.batch(b"life"))
    store.acceptance.expire(expired * SECOND)
    store.acceptance.raise_floor(floor * SECOND)
    store.acceptance.most = 10 - 10 * full
    store.acceptance.count(full)


def known(store: Store) -> dict[bytes, tuple[int, bytes]]:
    return {fact[1]: fact[:2] for fact in store.snapshot()}


def changes(store: Store) -> list[tuple[bytes, bytes]]:
    return [change for batch in store.close() for change in zip(batch.clients, batch.lines, strict=True)]


@settings(max_examples=500, deadline=None)
@given(command_lines, earlier)
@example([b"IAMAT kiwi +34.068930-118.445127 1795467999.000000000"] * 2, ([], 0, 0, False))
def test_a_chunk_of_commands_gets_the_answers_of_its_lines_one_by_one(lines: list[bytes], before: Earlier) -> None:
    fast, slow = Store(b"fast"), Store(b"slow")
    prepare(fast, before)
    prepare(slow, before)
    answers: list[bytes] = []

    def answer_other(line: bytes) -> bool:
        answers.extend(answer_slowly([line], fast))
        return True

    commands = split_commands(b"".join(line + b"\n" for line in lines))
    assert hear_clients(commands, b"AT Goloman ", NOW, fast.batch(OWN_CLIENTS), answers, answer_other)
    assert answers == answer_slowly(lines, slow)
    assert known(fast) == known(slow)
    assert changes(fast) == changes(slow)


skews = st.sampled_from(
    [
        b"+0.000000000",
        b"-0.000000001",
        b"-59.999999999",
        b"-60.000000000",
        b"-061.0",
        b"+275444.5",
        b"+1e3",
        b"-999.000000000",
    ]
)
servers = st.sampled_from([b"Goloman", b"Hands", b"x" * 64, b"x" * 65, b""])
ats = st.tuples(st.just(b"AT"), servers, skews, clients, locations, times).map(b" ".join)


forgets = st.tuples(st.just(b"FORGET"), servers, clients, times).map(b" ".join)


def hear_slowly(lines: Iterable[bytes], store: Store) -> None:
    for line in lines:
        try:
            store.take(line, store.batch(b"life"))
        except Malformed:
            continue


@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(ats, ats, ats, forgets, noise, st.just(b"")), max_size=12), earlier)
def test_a_chunk_from_a_peer_is_believed_as_its_lines_one_by_one(lines: list[bytes], before: Earlier) -> None:
    fast, slow = Store(b"fast"), Store(b"slow")
    prepare(fast, before)
    prepare(slow, before)
    hear_peer(b"".join(line + b"\n" for line in lines), fast.batch(b"life"), lambda line: hear_slowly([line], fast))
    hear_slowly(lines, slow)
    assert known(fast) == known(slow)
    assert changes(fast) == changes(slow)


def test_a_chunk_of_newlines_is_split_in_linear_time_into_nothing_to_answer() -> None:
    assert split_commands(b"\n" * 65536) == [(b"", b"", b"", b"", b"")]
