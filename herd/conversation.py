"""One client's TCP connection: bytes in, answers out, in the order of the commands."""

import asyncio
from collections.abc import Callable, Iterator
from typing import cast

from herd.fastlane import Command, hear_clients, split_commands
from herd.handshake import Hello, parse_hello
from herd.messages import ECHO_LIMIT, LINE_LIMIT, WhatsAt, parse_command, refuse
from herd.node import Node
from herd.ordering import Answers, Wait
from herd.places.provider import UNKNOWN_ERROR, Unavailable, unavailable_text
from herd.position import Malformed
from herd.store import OWN_CLIENTS

_BROKEN = Unavailable(UNKNOWN_ERROR, "the search broke off")

# Takes over a connection whose first line was a server's hello, with what came behind that line.
Meet = Callable[[Hello, asyncio.Transport, bytes], None]


class Conversation(asyncio.Protocol):
    """Carries out a client's lines as they come, and pauses reading where too much would wait."""

    def __init__(self, node: Node, meet: Meet) -> None:
        self._node = node
        self._meet = meet
        self._label = node.label()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._first = True  # until the first line tells a client from a server
        self._unread = b""  # what came and is not carried out yet
        self._commands: Iterator[Command] | None = None  # of the slice that is being carried out
        self._overlong: bytes | None = None  # the beginning of a line that is thrown away as it arrives
        self._answers = Answers()
        self._tasks: set[asyncio.Task[None]] = set()  # WHATSATs on their way
        self._ended = self._full = self._sending = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: nothing is said until the client says something."""
        self._transport = cast(asyncio.Transport, transport)
        self._node.clients.add(self._transport)
        self._node.notice(self._label, f"opened by {transport.get_extra_info('peername')}")

    def connection_lost(self, exc: Exception | None) -> None:
        """End: a torn line is not answered."""
        self._node.clients.discard(self._transport)
        for task in self._tasks:
            task.cancel()
        self._unread, self._commands, self._full = b"", None, True
        self._node.notice(self._label, f"closed: {exc or 'all answered'}")

    def data_received(self, data: bytes) -> None:
        """Carry out the whole lines among what came, and keep the rest."""
        self._unread = self._unread + data if self._unread else data
        if self._first and not self._is_client():
            return
        self._carry_out()

    def eof_received(self) -> bool:
        """Answer a last line without a newline, too; then close."""
        self._ended, self._first = True, False
        if self._unread or self._overlong is not None:
            self._unread += b"\n"
        self._carry_out()
        return True  # keep the sending side: the answers still go out

    def pause_writing(self) -> None:
        """Hear nothing more from a client that does not take its answers."""
        self._full = True
        self._pause()

    def resume_writing(self) -> None:
        """Go on."""
        self._full = False
        self._carry_out()

    def _is_client(self) -> bool:
        """Decide by the first line; a server's hello hands the connection over."""
        if b"HERD ".startswith(self._unread[:5]) or self._unread.startswith(b"HERD "):
            line, newline, rest = self._unread.partition(b"\n")
            if not newline and len(line) <= ECHO_LIMIT:
                return False  # no hello is longer
            if newline and (hello := parse_hello(line)):
                self._node.traffic.lines(self._label, "<", line + b"\n")
                self._node.clients.discard(self._transport)
                self._meet(hello, self._transport, rest)
                return False
        self._first = False
        return True

    def _carry_out(self) -> None:
        """Carry out one slice of lines; the next one has to wait for the other connections' turn."""
        node = self._node
        while not (self._full or self._answers.full):
            if self._commands is None:
                lines = self._slice()
                if not lines:
                    self._resume()
                    break
                node.traffic.lines(self._label, "<", lines)
                self._commands = iter(split_commands(lines))
            answers, batch = self._answers.newest, node.turn.batch(OWN_CLIENTS)
            start = len(answers)
            done = hear_clients(self._commands, node.heard_by, node.clock(), batch, answers, self._answer_other)
            self._answers.hold(answers[start:])
            if done:
                self._commands = None
                if b"\n" in self._unread:
                    self._pause()
                    self._loop.call_soon(self._carry_out)
                else:
                    self._resume()
                break
        else:
            self._pause()
        self._send_soon()

    def _slice(self) -> bytes:
        """Take whole lines off what is unread, as many as fit into the longest line; none are longer than that."""
        if self._overlong is None:
            cut = self._unread.rfind(b"\n", 0, LINE_LIMIT + 1) + 1
            if cut or len(self._unread) <= LINE_LIMIT:
                lines, self._unread = self._unread[:cut], self._unread[cut:]
                return lines
            self._overlong = self._unread[:ECHO_LIMIT]
            self._node.traffic.lines(self._label, "<", self._overlong.replace(b"\n", b" ") + b" (and more)\n")
        _, newline, self._unread = self._unread.partition(b"\n")
        if not newline:
            return b""
        self._answers.newest.append(b"? " + self._overlong)
        self._overlong = None
        return self._slice()

    def _answer_other(self, line: bytes) -> bool:
        """Answer a line that the fast lane left; tell whether the lines behind it may be carried out at once."""
        try:
            command = parse_command(line)
        except Malformed:
            if line.split():  # a blank line is answered by nothing
                self._answers.newest.append(refuse(line))
            return True
        if isinstance(command, WhatsAt):
            return self._answer_later(line, command)
        self._answers.newest.append(bytes(self._node.hear(command)))
        return True

    def _answer_later(self, line: bytes, question: WhatsAt) -> bool:
        report = self._node.store.newest(question.client)
        if report is None:
            self._answers.newest.append(refuse(line))
            return True
        wait = self._answers.wait()
        task = self._node.spawn(f"a WHATSAT of {self._label}", self._look_around(wait, report, question))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return False

    async def _look_around(self, wait: Wait, report: bytes, question: WhatsAt) -> None:
        try:
            wait.text = await self._node.near(report, question)
        finally:
            if wait.text is None:  # a defect; the client still gets an answer
                wait.text = b"%b\n%b\n" % (report, unavailable_text(_BROKEN))
            self._send_soon()

    def _send_soon(self) -> None:
        if not self._sending:
            self._sending = True
            self._node.turn.then(self._send)

    def _send(self) -> None:
        """Write the answers whose turn has come, in one write, and go on where they were waited for."""
        self._sending = False
        was_full = self._answers.full
        data = b"".join([answer + b"\n" for answer in self._answers.take_ready()])
        if data and not self._transport.is_closing():
            self._node.traffic.lines(self._label, ">", data)
            self._transport.write(data)
        if was_full:
            self._carry_out()
        elif self._ended and not (self._answers.waiting or self._commands or self._unread):
            self._transport.close()

    def _pause(self) -> None:
        if not self._ended:  # what ended has nothing left to read, and would only end once more
            self._transport.pause_reading()

    def _resume(self) -> None:
        if not self._ended:
            self._transport.resume_reading()
