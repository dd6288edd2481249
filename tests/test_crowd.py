"""Many clients in one turn: each is answered as if it were alone, and none pays for another."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from herd.batch import BATCH_MOST, Batch
from herd.conversation import Conversation
from herd.node import Node
from herd.turn import Step
from tests.fuzz import reference
from tests.fuzz.speaking import NOW
from tests.fuzz.wires import PLACES, Pipe, a_node
from tests.herding import iamat

FUTURE = b"%d.000000000" % (NOW // 10**9 + 1000)


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    async with a_node() as node:
        yield node


class Full:
    """A keeper whose disk is full from now on."""

    trouble: str | None = None

    def keep(self, fresh: list[Batch], then: Step) -> None:
        """Keep nothing."""
        self.trouble = "no space"
        then(False)


def talks(node: Node, count: int) -> list[Pipe]:
    """Return connections of clients that have said something: only then the crowd takes them."""
    pipes = [Pipe(Conversation(node, lambda *_: None)) for _ in range(count)]
    for pipe in pipes:
        pipe.protocol.data_received(b"hello\n")
    return pipes


async def heard(pipes: list[Pipe], lines: list[bytes]) -> list[bytes]:
    """Have each client say its line in the same turn; return what each is answered."""
    for pipe in pipes:
        await pipe.rest()
        pipe.wrote = b""
    for pipe, line in zip(pipes, lines, strict=True):
        pipe.protocol.data_received(line + b"\n")
    for pipe in pipes:
        await pipe.rest()
    return [pipe.wrote for pipe in pipes]


async def test_each_is_answered_as_if_it_were_alone_whatever_the_others_say(node: Node) -> None:
    lines = [
        iamat(b"a"), b"nonsense", iamat(b"b"), b"", iamat(b"c", FUTURE), iamat(b"a"), b" ", iamat(b"b", b"1.5"),
        b"WHATSAT nobody 10 5", iamat(b"d" * 2000), iamat(b"\xff"), b"IAMAT e +1+1 17", b"WHATSAT a 10 3",
        iamat(b"f"),
    ]  # fmt: skip
    herd = reference.Herd(b"Goloman")
    herd.places = PLACES.replace(b"\n\n\n", b"\n").rstrip(b"\n") + b"\n\n"
    assert await heard(talks(node, len(lines)), lines) == [herd.answer(line, NOW) for line in lines]
    assert set(node.store.reports) == {b"a", b"b", b"c", b"e", b"f", b"\xff"}


async def test_a_crowd_larger_than_a_batch_is_several_batches(node: Node) -> None:
    count = 2 * BATCH_MOST + 1
    answers = await heard(talks(node, count), [iamat(b"%d" % number) for number in range(count)])
    assert all(answer.split()[3] == b"%d" % number for number, answer in enumerate(answers))
    assert [len(batch.clients) for batch in node.store.fresh] == [BATCH_MOST, BATCH_MOST, 1]


async def test_nobody_in_a_crowd_is_answered_where_nothing_is_kept(node: Node) -> None:
    pipes = talks(node, 3)
    await pipes[0].rest()
    node.turn.keeper = Full()
    assert await heard(pipes, [iamat(b"a"), iamat(b"b"), b"nonsense"]) == [b"", b"", b""]
    assert all(pipe.closed for pipe in pipes)


@pytest.mark.parametrize("line", [iamat(b"a"), b"nonsense"], ids=["crowd", "alone"])
async def test_what_comes_before_a_crowd_is_answered_waits(node: Node, line: bytes) -> None:
    pipes = talks(node, 2)
    await pipes[0].rest()
    pipes[0].wrote = b""
    for pipe in pipes:
        pipe.protocol.data_received(line + b"\n")
    pipes[0].protocol.data_received(b"x\ny\n")
    pipes[0].end()
    await pipes[0].over.wait()
    first, *others = pipes[0].wrote.splitlines()
    assert first.endswith(line.removeprefix(b"IAMAT "))
    assert others == [b"? x", b"? y"]


class Breaking:
    """A speaker at whom something breaks."""

    label = "#0"

    def __init__(self) -> None:
        self.dismissed = ""

    def hear_alone(self, line: bytes) -> None:
        """Break."""
        raise ZeroDivisionError

    def answer(self, line: bytes, kept: bool) -> None:
        """Break."""
        raise ZeroDivisionError

    def dismiss(self, reason: str) -> None:
        """Remember why."""
        self.dismissed = reason


@pytest.mark.parametrize("line", [b"nonsense", iamat(b"x")], ids=["heard", "answered"])
async def test_what_breaks_over_one_line_costs_the_others_nothing(node: Node, line: bytes) -> None:
    pipes, breaking = talks(node, 2), Breaking()
    await pipes[0].rest()
    node.crowd.hear(breaking, line + b"\n")
    answers = await heard(pipes, [iamat(b"a"), b"nonsense"])
    assert [answer[:2] for answer in answers] == [b"AT", b"? "]
    assert node.guard.caught == 1
    node.guard.caught = 0
    assert breaking.dismissed == "a defect"
