"""A client's connection: however its bytes are cut, it gets the answers that the reference gives."""

import asyncio

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from herd.conversation import Conversation
from herd.door import TCP, Door
from herd.handshake import Hello, parse_hello
from tests.fuzz import reference
from tests.fuzz.mutating import CUTS, Bytes, cut_up, joined, mutated
from tests.fuzz.speaking import LINES, NOW, OVERLONG, PLAIN_IAMATS, PLAIN_WHATSATS, mostly
from tests.fuzz.wires import Pipe, Stage, a_node

# What the places of `wires` are once they are cut to 5, to 0, or not at all.
PLACES = b'{\n   "results" : [ 1, 2, 3 ],\n   "status" : "OK"\n}\n\n'
NAMES = st.sampled_from([b"Hands", b"Goloman", b"x" * 64, b"x" * 65, b"\xff", b"a b"])
TOKENS = st.sampled_from([b"0" * 16, b"f" * 64, b"f" * 65, b"A" * 16])
HELLOS = st.builds(
    b"HERD %b %b %b %b %b".__mod__,
    st.tuples(st.sampled_from([b"1", b"1", b"999999", b"1000000"]), NAMES, TOKENS, NAMES, TOKENS),
)


def streams() -> Bytes:
    """Return what a client sends: lines, some of them over-long, the last one perhaps without its end."""
    lines = mostly(LINES, LINES, PLAIN_IAMATS, PLAIN_WHATSATS, PLAIN_WHATSATS, OVERLONG)
    whole = joined(st.lists(lines, max_size=25))
    return whole | whole.map(lambda stream: stream[:-1]) | mutated(whole)


@settings(max_examples=300)
@given(streams(), CUTS, st.lists(st.integers(0, 5), max_size=12), st.booleans())
@example(b"IAMAT kiwi +1+1 1\n" + b"WHATSAT kiwi 10 5\n" * 20, [], [5] * 20, True)
@example(b"x" * 65_537, [65_536], [], False)
@example(b"\n" * 70_000, [], [], False)
@example(b"IAMAT kiwi +1+1 1\n" * 450 + b"x\n" * 450, [1], [], True)
def test_a_client_gets_the_answers_of_the_reference_however_its_bytes_are_cut(
    stage: Stage, sent: bytes, cuts: list[int], turns: list[int], blocks: bool
) -> None:
    assume(not parse_hello(sent.partition(b"\n")[0]))
    assert stage.run(_converse(cut_up(sent, cuts), turns, blocks)) == _expected(sent)


def _expected(sent: bytes) -> bytes:
    lines = sent.split(b"\n")
    herd, answers = reference.Herd(b"Goloman"), []
    for line in lines if lines[-1] else lines[:-1]:
        question = reference.read_question(reference.split(line)) if len(line) <= reference.LINE_MOST else None
        herd.places = _places(question.limit) if question else b""
        answers.append(herd.answer(line, NOW))
    return b"".join(answers)


def _places(limit: int) -> bytes:
    shown = b"[ " + b", ".join([b"1", b"2", b"3"][:limit]) + b" ]" if limit else b"[]"
    return PLACES.replace(b"[ 1, 2, 3 ]", shown)


async def _converse(pieces: list[bytes], turns: list[int], blocks: bool) -> bytes:
    async with a_node(turns) as node:
        pipe = Pipe(Door(node, TCP, lambda: Conversation(node, lambda *_: None)))
        for start in range(0, len(pieces), 4):
            await pipe.send(pieces[start : start + 4])
            if blocks:
                await pipe.block()
        pipe.end()
        async with asyncio.timeout(60):
            await pipe.over.wait()
        assert not node.admission.at(TCP)
    return pipe.wrote


@settings(max_examples=100)
@given(mutated(HELLOS), mutated(joined(st.lists(LINES, max_size=4))), CUTS)
def test_a_first_line_that_is_a_hello_hands_everything_over_and_any_other_is_a_clients(
    stage: Stage, hello: bytes, rest: bytes, cuts: list[int]
) -> None:
    line, _, more = (hello + b"\n" + rest).partition(b"\n")
    met = stage.run(_meet(cut_up(line + b"\n" + more, cuts)))
    if not _is_hello(line):
        assert met is None
    else:
        assert met is not None
        fields = line.split(b" ")
        assert bytes(met[0]).split(b" ")[2:] == fields[2:]
        assert met[0].version == reference.decimal(fields[1], 6, 0)
        assert met[1] == more


def _is_hello(line: bytes) -> bool:
    fields = line.split(b" ")
    if len(fields) != 6 or fields[0] != b"HERD" or not reference.are_digits(fields[1], 1, 6):
        return False
    names = all(reference.is_word(name, reference.NAME_MOST) for name in fields[2:5:2])
    return names and all(16 <= len(text) <= 64 and set(text) <= set(b"0123456789abcdef") for text in fields[3:6:2])


class Rest(asyncio.Protocol):
    """Keeps what comes behind a hello."""

    def __init__(self) -> None:
        self.came = b""

    def data_received(self, data: bytes) -> None:
        """Keep it."""
        self.came += data


async def _meet(pieces: list[bytes]) -> tuple[Hello, bytes] | None:
    met: list[Hello] = []
    behind = Rest()

    def meet(hello: Hello, transport: asyncio.Transport, rest: bytes) -> None:
        met.append(hello)
        behind.came += rest
        transport.set_protocol(behind)

    async with a_node() as node:
        pipe = Pipe(Door(node, TCP, lambda: Conversation(node, meet)))
        await pipe.send(pieces)
        pipe.close()
        await asyncio.sleep(0)
        assert met or not node.admission.at(TCP)
    assert len(met) <= 1
    return (met[0], behind.came) if met else None
