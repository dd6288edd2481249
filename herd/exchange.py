"""A client's lines in, its answers out in the order of the lines, over whatever carries them."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain

from herd.access import BEYOND_TOKEN, EVERYTHING, Grant
from herd.batch import OWN_CLIENTS
from herd.fastlane import Command, hear_clients, split_commands, to_slow
from herd.messages import ECHO_LIMIT, LINE_LIMIT, IAmAt, WhatsAt, parse_command, refuse
from herd.node import Node
from herd.ordering import Answers, Wait
from herd.places.provider import UNKNOWN_ERROR, Unavailable, unavailable_text
from herd.position import Malformed

# Lines that the fast lane leaves, carried out at once: 0.1 ms of refusals, 3 ms of IAMATs. Then the other
# connections have their turn.
SLOW_LINES = 200

_BROKEN = Unavailable(UNKNOWN_ERROR, "the search broke off")


class Exchange:
    """Carries out lines while there is room for their answers; who owns it takes these once they are kept.

    `came` is called when an answer that had to be waited for has come. A line beyond the `grant` is refused.
    """

    __slots__ = (
        "_answers",
        "_came",
        "_commands",
        "_label",
        "_node",
        "_put_back",
        "_slow",
        "_tasks",
        "grant",
        "lost",
    )

    def __init__(self, node: Node, label: str, came: Callable[[], None], grant: Grant = EVERYTHING) -> None:
        self.grant = grant
        self._node = node
        self._label = label
        self._came = came
        self._answers = Answers()
        self._commands: Iterator[Command] | None = None  # of the lines that are being carried out
        self._put_back: list[Command] = []  # the line that has to wait for room before all others
        self._slow = 0  # lines since we last went on
        self._tasks: tuple[asyncio.Task[None], ...] = ()  # WHATSATs on their way, a few at most
        self.lost = ""  # why a report is not kept: then neither it nor what is behind it is answered

    @property
    def left(self) -> bool:
        """Whether lines are left, for want of room or of time; until then no others may be heard."""
        return self._commands is not None

    @property
    def full(self) -> bool:
        """Whether no further line may be heard: too many answers wait, or a report was lost."""
        return self._answers.full or bool(self.lost)

    @property
    def waiting(self) -> bool:
        """Whether any answer is on its way."""
        return self._answers.waiting

    def hear(self, lines: bytes) -> bool:
        """Carry out whole lines, none longer than LINE_LIMIT, as far as there is room.

        Tells whether that was all: no line is left, no answer is on its way, and no report was lost.
        """
        self._node.traffic.lines(self._label, "<", lines)
        self._commands = iter(split_commands(lines))
        self.go_on()
        return self._commands is None and not (self._answers.waiting or self.lost)

    def refuse(self, line: bytes) -> None:
        """Answer what is no line: it is too long, or a newline stands in it."""
        cut, more = (line, b"") if len(line) <= LINE_LIMIT else (line[:ECHO_LIMIT], b" (and more)")
        self._node.traffic.lines(self._label, "<", cut.replace(b"\n", b" ") + more + b"\n")
        self._node.counts.answered += 1
        self._node.counts.refused["too long, or with a newline"] += 1
        self._add(refuse(line))

    def go_on(self) -> None:
        """Carry out what is left, as far as there is room and as others do not wait too long."""
        node = self._node
        turn = node.turn
        turn.unless_kept(self.lose)
        self._slow, put_back, self._put_back = 0, self._put_back, []
        # Where nothing can be kept, or not every client's, or not every client, each line is looked at.
        quick = turn.keeper.trouble is None and self.grant.full and not node.store.acceptance.full
        while self._commands is not None and not self._waits():
            answers, batch = self._answers.newest, turn.batch(OWN_CLIENTS)
            start = len(answers)
            commands: Iterable[Command] = chain(put_back, self._commands) if put_back else self._commands
            put_back = []
            if not quick:
                commands = map(to_slow, commands)
            done = hear_clients(commands, node.heard_by, node.clock(), batch, answers, self._answer_other)
            if done or self.lost:
                self._commands = None
            node.counts.answered += len(answers) - start
            self._answers.hold(answers, start)

    def take(self) -> list[bytes]:
        """Take the answers whose turn has come, without their last newline; they count as said from now on."""
        answers = self._answers.take_ready()
        if answers:
            self._node.traffic.lines(self._label, ">", b"\n".join([*answers, b""]))
        return answers

    def take_lines(self) -> bytes:
        """Take the answers whose turn has come as TCP has them, each with its last newline."""
        answers = self._answers.take_ready()
        if not answers:
            return b""
        lines = b"\n".join([*answers, b""])
        self._node.traffic.lines(self._label, ">", lines)
        return lines

    def cancel(self) -> None:
        """Give up: nobody is there any more to be answered."""
        for task in self._tasks:
            task.cancel()

    def lose(self, _kept: bool = False) -> None:
        """Answer nothing any more, whenever its owner asks for it: what was heard in a turn is not kept."""
        self.cancel()
        self._answers, self._commands, self._put_back = Answers(), None, []
        self.lost = self._node.turn.keeper.trouble or "writing failed"

    def _add(self, answer: bytes) -> None:
        self._answers.newest.append(answer)
        self._answers.hold([answer], 0)

    def _answer_other(self, line: bytes) -> bool:
        """Answer a line that the fast lane left; tell whether the lines behind it may be carried out at once."""
        self._slow += 1
        try:
            command = parse_command(line)
        except Malformed as reason:
            if line.split():  # a blank line is answered by nothing
                self._refuse(line, str(reason))
            return self._slow < SLOW_LINES
        if not self._may(command):
            self._node.access.refused[BEYOND_TOKEN] += 1
            self._refuse(line, BEYOND_TOKEN)
            return self._slow < SLOW_LINES
        if isinstance(command, WhatsAt):
            return self._answer_later(line, command)
        if (trouble := self._node.turn.keeper.trouble) is not None:
            self.lost = trouble
            return False
        store = self._node.store
        if store.acceptance.full and command.client not in store.reports:  # until others are evicted
            self._put_back = [(b"", b"", b"", b"", line)]
            return False
        self._answers.newest.append(bytes(self._node.hear(command)))
        return self._slow < SLOW_LINES

    def _waits(self) -> bool:
        """Tell whether lines are left for another turn: for want of room, here or in the store, or of time."""
        return self._answers.full or bool(self._put_back) or self._slow >= SLOW_LINES

    def _may(self, command: IAmAt | WhatsAt) -> bool:
        return (self.grant.writes or isinstance(command, WhatsAt)) and self.grant.covers(command.client)

    def _answer_later(self, line: bytes, question: WhatsAt) -> bool:
        report = self._node.store.newest(question.client)
        if report is None:
            self._refuse(line, "unknown client")
            return self._slow < SLOW_LINES
        wait = self._answers.wait()
        task = self._node.spawn(f"a WHATSAT of {self._label}", partial(self._look_around, wait, report, question))
        self._tasks = (*self._tasks, task)
        task.add_done_callback(self._forget)
        return False

    def _forget(self, done: asyncio.Task[None]) -> None:
        self._tasks = tuple(task for task in self._tasks if task is not done)

    def _refuse(self, line: bytes, reason: str) -> None:
        self._node.counts.refused[reason] += 1
        self._answers.newest.append(refuse(line))

    async def _look_around(self, wait: Wait, report: bytes, question: WhatsAt) -> None:
        wait.text = await look_around(self._node, report, question)
        self._came()


async def look_around(node: Node, report: bytes, question: WhatsAt) -> bytes:
    """Answer a WHATSAT as `Node.near` does; where a defect breaks that off, the client still gets an answer."""
    node.counts.looked += 1
    with node.guard.contain("a search for places"):
        return await node.near(report, question)
    return b"%b\n%b\n" % (report, unavailable_text(_BROKEN))
