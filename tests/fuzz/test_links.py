"""What servers say to each other, mutated and cut anywhere: proven by the secret only, believed line by line."""

import asyncio
import hashlib
import hmac
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from herd import words
from herd.config import Address
from herd.conversation import Conversation
from herd.door import TCP, Door
from herd.handshake import Hello, Proof, parse_hello, parse_proof
from herd.links.links import Links
from herd.links.proving import Identity, prove_as_dialler
from herd.links.seen import Seen
from herd.links.telling import Telling
from herd.links.wire import Wire
from herd.messages import parse_at
from herd.node import Node
from tests.fuzz import reference
from tests.fuzz.mutating import CUTS, Bytes, cut_up, joined, mutated, without
from tests.fuzz.speaking import NOISE, PEER_LINES, PLAIN_ATS, SECRET, mostly
from tests.fuzz.wires import HOST, Pipe, Stage, a_node
from tests.herding import until

NONCE, OTHER_NONCE, LIFE, OTHER_LIFE = b"a" * 32, b"b" * 32, b"0" * 16, b"1" * 16
HELLO = b"HERD 1 Hands %b Goloman %b" % (OTHER_LIFE, OTHER_NONCE)  # of the neighbour who dials
ANSWER = b"HERD 1 Goloman %b Hands %b" % (LIFE, NONCE)


def proof(role: bytes, dialler: bytes, listener: bytes) -> bytes:
    """Prove as handshake.py describes it."""
    return hmac.new(SECRET, b"\n".join([role, dialler, listener]), hashlib.sha256).hexdigest().encode()


DIALLED = b"PROVE " + proof(b"dialler", HELLO, ANSWER)

NUMBERS = st.sampled_from([b"0", b"1", b"7", b"007", b"9" * 18, b"9" * 19, b"-1", b""])
NAMES = st.sampled_from([b"Goloman", b"Hands", b"\xff", b"n" * 64, b"n" * 65, b""])
HEX = st.sampled_from([b"0", b"9f3a", b"f" * 16, b"f" * 17, b"F"])
BUCKETS = st.sampled_from([b"0", b"17", b"1023", b"1024", b"9999", b"00000"])


def word(name: bytes, *parts: Bytes) -> Bytes:
    """Return a word with what follows it."""
    return st.tuples(st.just(name), *parts).map(lambda said: b" ".join(filter(None, said)))


def many(part: Bytes, most: int = 4) -> Bytes:
    """Return some of a kind."""
    return st.lists(part, max_size=most).map(b" ".join)


WORDS = st.one_of(
    word(b"MARK", NUMBERS, NUMBERS, st.just(b"") | NUMBERS),
    word(b"SEEN", many(st.tuples(st.sampled_from([LIFE, OTHER_LIFE, b"c" * 64]), NUMBERS).map(b" ".join))),
    word(b"TREE", NUMBERS, many(NAMES)),
    word(b"ACK", NUMBERS),
    word(b"ACK", NUMBERS, st.just(b"MORE")),
    word(b"FLOOR", NUMBERS, NUMBERS, NUMBERS),
    word(b"DIGEST", NUMBERS, NUMBERS, NUMBERS, NUMBERS, HEX.map(lambda value: b" ".join([value] * 1024))),
    word(b"DIFFER", NUMBERS, many(st.builds(b"%b=%b".__mod__, st.tuples(BUCKETS, HEX)))),
    word(b"HAVE", NUMBERS, BUCKETS, many(HEX)),
    word(b"WANT", NUMBERS, BUCKETS, many(HEX)),
    word(b"DONE", NUMBERS),
    st.just(b"HAVE 0 0 " + b" ".join([b"f" * 16] * 3_001)),
)
TALK = without(b"\n", mostly(PEER_LINES, PLAIN_ATS, WORDS, mutated(WORDS), NOISE))
LINES = st.lists(TALK, max_size=10)
DIGEST = b"DIGEST 7 99999999999999999999 0 0 " + b" ".join([b"0"] * 1024)


@settings(max_examples=300)
@given(mutated(WORDS | st.just(HELLO) | st.just(DIALLED) | st.just(DIALLED + b" 12")))
def test_a_word_that_is_read_is_printed_as_it_came_but_for_zeros_in_front(line: bytes) -> None:
    printed = [
        (mark := words.parse_mark(line)) and words.mark(*mark),
        (seen := words.parse_seen(line)) and words.seen(seen),
        (tree := words.parse_tree(line)) and words.tree(tree),
        (ack := words.parse_ack(line)) is not None and words.ack(*ack),
        (digest := words.parse_digest(line)) and words.digest(*digest),
        (floor := words.parse_floor(line)) and words.floor(*floor),
        (differ := words.parse_differ(line)) and words.differ(*differ),
        (hashes := words.parse_hashes(line)) and words.hashes(*hashes),
        (done := words.parse_done(line)) is not None and words.done(done),
        (hello := parse_hello(line)) and bytes(hello),
        (found := parse_proof(line)) and bytes(found),
    ]
    known = [text for text in printed if text]
    assert len(known) <= 1, "a line with two meanings"
    for text in known:
        again, came = _without_zeros(text), _without_zeros(line)
        # A mark may say twice how far it goes, a DIFFER a bucket twice.
        assert again == came or (text.startswith((b"MARK", b"DIFFER")) and set(again) <= set(came))


def _without_zeros(line: bytes) -> list[bytes]:
    parts = line.replace(b"=", b" = ").split(b" ")
    return [part.lstrip(b"0") or b"0" for part in parts if part != b"="]


@settings(max_examples=60)
@given(LINES, CUTS, st.sampled_from([b"\n", b"", b"y" * 70_000]))
@example(
    [b"DIGEST 7 99999999999999999999 0 0 " + b" ".join([b"0"] * 1024), b"HAVE 7 3 1", b"HAVE 7 2 1"], [], b"\n"
)
def test_of_a_proven_peer_every_line_is_believed_as_the_reference_believes_it(
    stage: Stage, lines: list[bytes], cuts: list[int], tail: bytes
) -> None:
    known, reason = stage.run(_listen(HELLO + b"\n" + DIALLED + b"\n", lines, tail, cuts))
    herd, beliefs = reference.Herd(b"Goloman"), [dict[bytes, bytes]()]
    for line in [*lines, *tail.split(b"\n")[:-1]]:
        herd.believe(line)
        beliefs.append({client: report.line for client, report in herd.known.items()})
    if reason == "closed by the other end":
        assert known == beliefs[-1]
    else:
        assert reason in {"sent more than it may", "offers buckets out of order"}
        assert known in beliefs


@settings(max_examples=150)
@given(mutated(st.just(HELLO), most=2), mutated(st.just(DIALLED), most=2), CUTS)
def test_nobody_is_believed_who_has_not_proven_to_be_a_neighbour(
    stage: Stage, hello: bytes, proven: bytes, cuts: list[int]
) -> None:
    said = b"AT Hands +0.000000000 ghost +10.0+10.0 1520023934.500000000"
    known, _ = stage.run(_listen(hello + b"\n" + proven + b"\n", [said], b"\n", cuts))
    right = (hello + b"\n" + proven + b"\n").split(b"\n")[:2] == [HELLO, DIALLED]
    assert known == ({b"ghost": said} if right else {})


async def _listen(
    beginning: bytes, lines: list[bytes], tail: bytes, cuts: list[int]
) -> tuple[dict[bytes, bytes], str]:
    """Say it all to a server; return what it believes, and why the link was closed."""
    async with a_node() as node:
        links = Links(node, SECRET.decode(), {"Hands": Address(HOST, 1)}, Random(1), lambda: NONCE)
        pipe = Pipe(Door(node, TCP, lambda: Conversation(node, links.meet)))
        await pipe.send(cut_up(beginning, cuts))
        for _ in range(20):  # the task that proves has its turns
            await asyncio.sleep(0)
        wire = pipe.protocol
        await pipe.send(cut_up(b"".join([line + b"\n" for line in lines]) + tail, cuts))
        for _ in range(20):
            await asyncio.sleep(0)
        pipe.close()
        await asyncio.sleep(0)
        node.store.close()
        known = {client: report[1] for client, report in node.store.reports.items()}
        if isinstance(wire, Wire):
            await asyncio.wait((wire.lost,))
            for _ in range(20):
                await asyncio.sleep(0)
        assert not links.hearings
        assert not len(node.admission)
        return known, wire.lost.result() if isinstance(wire, Wire) else ""


@settings(max_examples=150)
@given(mutated(st.just(ANSWER), most=2), st.integers(0, 10**18), CUTS, st.data())
def test_a_dialler_takes_nobody_for_its_peer_who_has_not_proven_it(
    stage: Stage, answer: bytes, heard: int, cuts: list[int], data: st.DataObject
) -> None:
    mine = bytes(Hello(b"Hands", OTHER_LIFE, b"Goloman", OTHER_NONCE))
    digest = proof(b"listener", mine, ANSWER)
    good = bytes(Proof(digest, heard))
    proven = data.draw(mutated(st.just(good), most=2))
    met = stage.run(_dial(cut_up(answer + b"\n" + proven + b"\n", cuts)))
    if met is not None:
        first, second, *_ = (answer + b"\n" + proven).split(b"\n")
        assert first == ANSWER
        # How far it has heard us is no part of the proof.
        assert second.startswith(b"PROVE %b " % digest)
        assert met == (LIFE, int(second.split(b" ")[2]))
    else:
        assert (answer, proven) != (ANSWER, good) or heard >= 10**18


async def _dial(pieces: list[bytes]) -> tuple[bytes, int] | None:
    async with a_node() as node:
        wire = Wire(node, "to-Goloman")
        pipe = Pipe(wire)
        me = Identity(b"Hands", OTHER_LIFE, SECRET, lambda: OTHER_NONCE)
        proving = asyncio.create_task(prove_as_dialler(wire, me, b"Goloman"))
        await asyncio.sleep(0)
        await pipe.send(pieces)
        pipe.close()
        try:
            return await proving
        except ConnectionError:
            return None


ANSWERS = joined(st.lists(without(b"\n", WORDS | mutated(WORDS)), max_size=10))


@settings(max_examples=40)
@given(st.lists(PLAIN_ATS, max_size=3), mutated(ANSWERS), CUTS, st.integers(0, 10))
@example([], b"DIFFER 1 0=1\nWANT 1 0\n", [], 5)
def test_a_peer_that_answers_what_it_likes_costs_its_own_link_at_most(
    stage: Stage, known: list[bytes], answers: bytes, cuts: list[int], heard: int
) -> None:
    stage.run(_tell(known, cut_up(answers, cuts), heard))


async def _tell(known: list[bytes], pieces: list[bytes], heard: int) -> None:
    async with a_node() as node:
        _know(node, known)
        wire = Wire(node, "to-Hands")
        pipe = Pipe(wire)
        telling = Telling(node, wire, "Hands", OTHER_LIFE, heard, Seen())
        running = asyncio.create_task(telling.run())
        await asyncio.sleep(0)
        telling.repair_soon(10**24 - 1)
        await until(lambda: b"DIGEST" in pipe.wrote, "an offer")
        await pipe.send(pieces)
        for _ in range(20):
            await asyncio.sleep(0)
        assert not wire.lost.done() or wire.lost.result() == "answered digests that it was not offered"
        running.cancel()
        pipe.close()
        try:
            await running
        except asyncio.CancelledError:
            pass
        except ConnectionError as problem:
            reason = str(problem)
            assert reason  # for the log
        assert not node.turn.readers


def _know(node: Node, lines: list[bytes]) -> None:
    batch = node.store.batch(OTHER_LIFE)
    for line in lines:
        if reference.read_report(line):
            node.store.put(parse_at(line), batch)
    node.store.close()
