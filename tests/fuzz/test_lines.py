"""Lines of the protocol: both lanes read, answer, believe and number them as the slow reference does."""

import asyncio
from contextlib import suppress
from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from herd.batch import OWN_CLIENTS
from herd.exchange import Exchange
from herd.facts import parse_forget
from herd.fastlane import hear_clients, split_commands
from herd.links.hearing import Hearing
from herd.links.wire import Wire
from herd.messages import At, IAmAt, WhatsAt, format_skew, nanoseconds, parse_at, parse_command, refuse
from herd.node import Node
from herd.position import Malformed, parse_location
from herd.store import Store
from tests.fuzz import reference
from tests.fuzz.mutating import CUTS, cut_up, mutated
from tests.fuzz.speaking import (
    ANY_LOCATIONS,
    LINES,
    NOW,
    PEER_LINES,
    PLAIN_ATS,
    PLAIN_FORGETS,
    PLAIN_IAMATS,
    mostly,
)
from tests.fuzz.wires import Stage, a_node
from tests.herding import sharing


@settings(max_examples=300)
@given(LINES)
@example(b"IAMAT a +1+1 1")
@example(b"WHATSAT a 1 1")
@example(b"WHATSAT a " + b"0" * 5000 + b" " + b"0" * 5000)
def test_a_command_is_what_the_reference_reads(line: bytes) -> None:
    fields = reference.split(line)
    said, asked = reference.read_said(fields), reference.read_question(fields)
    try:
        command = parse_command(line)
    except Malformed:
        assert (said, asked) == (None, None)
        return
    if isinstance(command, IAmAt):
        assert (command.client, command.location, command.time) == said
    else:
        assert isinstance(command, WhatsAt)
        assert reference.Question(command.client, Fraction(command.radius), command.limit) == asked


@settings(max_examples=300)
@given(PEER_LINES)
def test_an_at_line_is_what_the_reference_reads_and_is_printed_as_it_came(line: bytes) -> None:
    expected = reference.read_report(line)
    try:
        report = parse_at(line)
    except Malformed:
        assert expected is None
        return
    assert bytes(report) == line
    assert expected is not None
    assert (report.rank, report.client) == (expected.rank, expected.client)
    assert report.heard == expected.rank[2]


@given(PEER_LINES | mutated(PLAIN_FORGETS))
def test_a_forget_line_is_what_the_reference_reads_and_is_printed_as_it_came(line: bytes) -> None:
    try:
        forget = parse_forget(line)
    except Malformed:
        assert reference.read_forget(line) is None
        return
    assert bytes(forget) == line
    assert (forget.client, forget.stamp) == reference.read_forget(line)


@given(st.integers(1 - 10**21, 10**21 - 1))
def test_a_skew_is_printed_as_the_reference_prints_it_and_read_back(skew: int) -> None:
    assert format_skew(skew) == reference.print_skew(skew)
    assert nanoseconds(format_skew(skew)) == reference.skew(format_skew(skew)) == skew


@given(st.binary(min_size=1, max_size=9), ANY_LOCATIONS, st.integers(0, 10**21), st.integers(0, 2**63))
def test_a_report_is_heard_when_it_was_heard(client: bytes, location: bytes, time: int, now: int) -> None:
    said = b"%d.%09d" % divmod(time % 10**21, 10**9)
    report = IAmAt(client, location, said).heard_by(b"Goloman", now)
    assert (report.heard, report.time, bytes(report).split(b" ")[:2]) == (now, said, [b"AT", b"Goloman"])


@settings(max_examples=300)
@given(mutated(ANY_LOCATIONS))
def test_a_location_is_what_the_reference_reads_to_the_last_digit(location: bytes) -> None:
    expected = reference.location(location)
    try:
        found = parse_location(location)
    except Malformed:
        assert expected is None
        return
    assert tuple(map(Fraction, found)) == expected


@settings(max_examples=100)
@given(st.lists(LINES, min_size=1, max_size=8), st.data())
def test_carrying_out_can_stop_behind_any_line_and_go_on(lines: list[bytes], data: st.DataObject) -> None:
    """As it does where a WHATSAT has to wait, or after many lines for the slow lane."""
    left = iter(data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines))))
    store, herd, answers = Store(b"life"), reference.Herd(b"Goloman"), list[bytes]()

    def answer_other(line: bytes) -> bool:
        with suppress(Malformed):
            command = parse_command(line)
            if isinstance(command, IAmAt):
                report = command.heard_by(b"Goloman", NOW)
                store.put(report, store.batch(OWN_CLIENTS))
                answers.append(bytes(report))
                return not next(left)
        if line.split():
            answers.append(refuse(line))
        return not next(left)

    commands = iter(split_commands(b"".join(line + b"\n" for line in lines)))
    while not hear_clients(commands, b"AT Goloman ", NOW, store.batch(OWN_CLIENTS), answers, answer_other):
        pass
    questions = [line for line in lines if reference.read_question(reference.split(line))]
    expected = [b"? " + line + b"\n" if line in questions else herd.answer(line, NOW) for line in lines]
    assert b"".join([answer + b"\n" for answer in answers]) == b"".join(expected)


CLOCK = st.sampled_from([0, 0, 0, 1, -2, 60, 61, 120])  # seconds after NOW
CHUNKS = st.tuples(
    st.sampled_from(["clients"]), st.lists(mostly(PLAIN_IAMATS, LINES), max_size=6), CLOCK
) | st.tuples(
    st.sampled_from(["Hands", "Wilkes"]), st.lists(mostly(PLAIN_ATS, PEER_LINES), max_size=6), st.booleans()
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(CHUNKS, max_size=8), CUTS)
def test_a_server_answers_and_believes_what_the_reference_does(
    stage: Stage, chunks: list[tuple[str, list[bytes], int]], cuts: list[int]
) -> None:
    stage.run(_hear(chunks, cuts))


async def _hear(chunks: list[tuple[str, list[bytes], int]], cuts: list[int]) -> None:
    herd = reference.Herd(b"Goloman")
    async with a_node() as node:
        peers = {name: _peer(node, name) for name in ("Hands", "Wilkes")}
        for who, lines, more in chunks:
            whole = b"".join([line + b"\n" for line in lines])
            if who == "clients":
                now = NOW + more * 10**9
                node.clock = lambda now=now: now  # type: ignore[misc]
                # Places are another property's.
                commands = [line for line in lines if not reference.read_question(reference.split(line))]
                _check_answers(node, herd, commands, now)
            else:
                for piece in cut_up(whole, cuts):
                    peers[who].wire.data_received(piece)
                for line in lines:
                    herd.believe(line)
                    assert peers[who].wire.lost.done() is False
            if more % 2:
                node.turn.end_soon()
                await asyncio.sleep(0)
        _check_beliefs(node, herd)
        for peer in peers.values():
            peer.end()


def _peer(node: Node, name: str) -> Hearing:
    return Hearing(node, Wire(node, f"from-{name}"), name, name.encode(), sharing())


def _check_answers(node: Node, herd: reference.Herd, lines: list[bytes], now: int) -> None:
    if not lines:
        return
    exchange = Exchange(node, "#1", lambda: None)
    exchange.hear(b"".join([line + b"\n" for line in lines]))
    while exchange.left:
        exchange.go_on()
    answers = exchange.take_lines()
    assert answers == b"".join([herd.answer(line, now) for line in lines])


def _check_beliefs(node: Node, herd: reference.Herd) -> None:
    store = node.store
    store.close()
    assert {client: report[1] for client, report in store.reports.items()} == {
        client: report.line for client, report in herd.known.items()
    }
    assert {client: (fact[0], fact[1]) for client, fact in store.forgotten.items()} == herd.forgotten
    for client, (first, line, number, _, key) in store.reports.items():
        assert (client, first) == (key, herd.known[client].rank[0])
        assert 0 < number <= store.number
        assert bytes(parse_at(line)) == line
    # Whoever asks from any number on is told exactly the newest facts of each client that changed after it.
    for cursor in range(store.number + 1):
        _, told = store.since(cursor, 10**6)
        newer = [fact for fact in store.snapshot() if fact[2] > cursor]
        assert sorted(told) == sorted(newer)


def test_the_reference_itself_knows_the_examples_of_the_protocol() -> None:
    """Else both could be wrong alike."""
    herd = reference.Herd(b"Goloman", b"PLACES\n\n")
    now = 1_520_023_934_918_963_997 + 263_873_386
    line = b"IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997"
    at = b"AT Goloman +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997"
    assert herd.answer(line, now) == at + b"\n"
    assert herd.answer(b"WHATSAT kiwi.cs.ucla.edu 10 5", now) == at + b"\nPLACES\n\n"
    assert herd.answer(b" nonsense\r", now) == b"?  nonsense\r\n"
    assert herd.answer(b" \t", now) == b""
    assert At(*at.split(b" ")[1:]) == parse_at(at)
