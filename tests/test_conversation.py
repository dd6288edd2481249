"""One client's connection, over real sockets: order, limits, endings, and clients that mean no good."""

import asyncio
import resource
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from herd.conversation import Conversation
from herd.door import TCP, Door
from herd.handshake import Hello
from herd.messages import LINE_LIMIT, SECOND
from herd.node import Node
from herd.ordering import WAITING_LIMIT
from herd.places.provider import OVER_QUERY_LIMIT, Unavailable
from herd.position import Position
from herd.traffic import TrafficLog
from tests.herding import HERE, HOST, THERE, Lines, iamat, talk, until, within

NOW = 1_520_023_935 * SECOND
PLACES = b'{\n   "results" : [ 1, 2 ],\n   "status" : "OK"\n}\n\n\n'
CUT = b'{\n   "results" : [ 1 ],\n   "status" : "OK"\n}'
MEBIBYTE = 2**20


class Places:
    """A source of places that answers when the test lets it."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.breaks: Exception | None = None
        self.asked = 0
        self.asked_at_once = 0
        self.waiting = 0

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        """Answer with the same text always."""
        self.asked += 1
        self.waiting += 1
        self.asked_at_once = max(self.asked_at_once, self.waiting)
        try:
            await self.open.wait()
        finally:
            self.waiting -= 1
        if self.breaks:
            raise self.breaks
        return PLACES


class Clock:
    """Shows what the test says."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        """Return nanoseconds since 1970."""
        return self.now


class Served:
    """A node that listens, without neighbours."""

    def __init__(self, node: Node, places: Places, clock: Clock, stack: AsyncExitStack) -> None:
        self.node = node
        self.places = places
        self.clock = clock
        self.port = 0
        self.met: list[Hello] = []
        self.stack = stack

    async def client(self) -> Lines:
        """Connect."""
        return await self.stack.enter_async_context(talk(self.port))

    def converse(self) -> Conversation:
        """Return what a new connection talks to."""
        return Conversation(self.node, self._meet)

    def _meet(self, hello: Hello, transport: asyncio.Transport, rest: bytes) -> None:
        self.met.append(hello)
        transport.abort()


@asynccontextmanager
async def serve(log: Path) -> AsyncIterator[Served]:
    """Serve conversations of a node inside the block."""
    places, clock, traffic = Places(), Clock(), TrafficLog(log)
    try:
        async with AsyncExitStack() as connections, asyncio.TaskGroup() as tasks:
            node = Node("Home", places, traffic, tasks, clock)
            served = Served(node, places, clock, connections)
            loop = asyncio.get_running_loop()
            listener = await loop.create_server(lambda: Door(node, TCP, served.converse), HOST, 0, backlog=2048)
            served.port = listener.sockets[0].getsockname()[1]
            try:
                yield served
            finally:
                listener.close()
                node.admission.clear()
                node.stop()
                await until(lambda: not node.admission, "all connections to be closed")
    finally:
        traffic.close()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """Serve a node; it must not have met a defect when the test ends."""
    async with serve(tmp_path / "Home.log") as served:
        yield served
        assert served.node.guard.caught == 0


def at(
    client: bytes, time_: bytes = b"1520023934.918963997", location: bytes = HERE, skew: int = 81036003
) -> bytes:
    """Return the AT line of what `iamat` says, at the time that the clock shows."""
    return b"AT Home +%d.%09d %b %b %b" % (*divmod(skew, SECOND), client, location, time_)


async def others_are_answered(served: Served) -> None:
    async with talk(served.port) as client:
        for number in range(20):
            line = b"?%d" % number
            assert await client.ask(line) == b"? " + line


class Sink(asyncio.Transport):
    """Takes what a conversation writes, where a test decides how bytes arrive."""

    def __init__(self) -> None:
        super().__init__({"peername": "a test"})
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written += data

    def pause_reading(self) -> None:
        """Change nothing: the test does not send more."""

    def resume_reading(self) -> None:
        """Change nothing."""

    def can_write_eof(self) -> bool:
        """Have two directions, as TCP does."""
        return True

    def is_closing(self) -> bool:
        """Tell whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Take note."""
        self.closed = True

    abort = close


# Order


async def test_a_whatsat_takes_the_report_of_its_turn_and_the_lines_behind_it_are_carried_out_at_once(
    served: Served,
) -> None:
    served.places.open.clear()
    client, other = await served.client(), await served.client()
    client.send(
        iamat(b"c", b"1520023933"),
        b"WHATSAT c 10 1",
        iamat(b"c", b"1520023934", THERE),
        b"nonsense",
        b"WHATSAT c 10 1",
        iamat(b"d"),
    )
    assert await client.line() == at(b"c", b"1520023933", skew=2 * SECOND)
    await until(lambda: served.places.asked == 2, "both searches")
    # What stands behind the first WHATSAT is in the store, as anyone else can see.
    newer = at(b"c", b"1520023934", THERE, skew=SECOND)
    assert served.node.store.newest(b"c") == newer
    assert served.node.store.newest(b"d") == at(b"d")
    assert await other.ask(iamat(b"c", b"1520023934", THERE)) == newer
    served.places.open.set()
    assert await client.answer() == [at(b"c", b"1520023933", skew=2 * SECOND), *CUT.split(b"\n")]
    assert await client.lines(2) == [newer, b"? nonsense"]
    assert await client.answer() == [newer, *CUT.split(b"\n")]
    assert await client.line() == at(b"d")


async def test_another_connection_is_answered_while_a_whatsat_waits(served: Served) -> None:
    served.places.open.clear()
    client, other = await served.client(), await served.client()
    client.send(iamat(b"c"), b"WHATSAT c 10 1")
    assert await client.line() == at(b"c")
    await until(lambda: served.places.asked, "the search")
    assert await other.ask(iamat(b"d")) == at(b"d")
    served.places.open.set()
    assert await client.answer() == [at(b"c"), *CUT.split(b"\n")]


async def test_a_hundred_whatsats_at_once_wait_eight_at_a_time_and_are_all_answered_in_order(
    served: Served,
) -> None:
    served.places.open.clear()
    client = await served.client()
    for number in range(100):
        client.send(iamat(b"c%d" % number), b"WHATSAT c%d 10 1" % number)
    await until(lambda: served.places.asked == WAITING_LIMIT, "the first eight searches")
    # All that was read in one turn was carried out up to the eighth; the next IAMAT has to wait.
    await others_are_answered(served)
    assert served.places.asked == WAITING_LIMIT
    assert served.node.store.newest(b"c%d" % (WAITING_LIMIT - 1)) is not None
    assert served.node.store.newest(b"c%d" % WAITING_LIMIT) is None
    served.places.open.set()
    for number in range(100):
        assert await client.line() == at(b"c%d" % number)
        assert await client.answer() == [at(b"c%d" % number), *CUT.split(b"\n")]
    assert served.places.asked == 100
    assert served.places.asked_at_once <= WAITING_LIMIT
    assert await client.ask(b"after") == b"? after"


async def test_a_hundred_whatsats_are_all_answered_before_a_half_closed_connection_ends(served: Served) -> None:
    client = await served.client()
    client.send(iamat(b"c"), *[b"WHATSAT c 10 1"] * 100)
    client.writer.write(b"last")
    client.writer.write_eof()
    answer = b"%b\n%b\n\n" % (at(b"c"), CUT)
    assert await client.rest() == at(b"c") + b"\n" + 100 * answer + b"? last\n"


async def pour(lines: Lines, line: bytes, count: int, sent: list[int]) -> None:
    """Send a line so often, as fast as it is taken; `sent` grows by one for each."""
    for _ in range(count):
        lines.send(line)
        sent.append(1)
        await lines.writer.drain()
    lines.writer.write_eof()


async def standstill(served: Served, sent: list[int]) -> None:
    """Wait until nothing more is taken, while others had hundreds of answers."""
    before = -1
    for _ in range(1000):
        if before == len(sent):
            return
        before = len(sent)
        for _ in range(20):
            await others_are_answered(served)
    raise AssertionError(f"never stood still: {before}")


@asynccontextmanager
async def small_buffers(port: int) -> AsyncIterator[Lines]:
    """Connect with small buffers in the kernel and in asyncio, so that what is not taken shows soon."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        sock.setblocking(False)
        await within(asyncio.get_running_loop().sock_connect(sock, (HOST, port)))
        reader, writer = await asyncio.open_connection(sock=sock, limit=65536)
        try:
            yield Lines(reader, writer)
        finally:
            writer.transport.abort()


async def test_a_mebibyte_of_answers_that_wait_behind_a_whatsat_pauses_reading(served: Served) -> None:
    served.places.open.clear()
    async with small_buffers(served.port) as client:
        client.send(iamat(b"c"), b"WHATSAT c 10 1")
        line, count, sent = b"x" * 10_000, 3_000, list[int]()
        async with asyncio.TaskGroup() as group:
            group.create_task(pour(client, line, count, sent))
            await standstill(served, sent)
            # What stands in the kernel's and our own buffers, and the bound itself.
            assert MEBIBYTE < len(sent) * len(line) < 16 * MEBIBYTE
            served.places.open.set()
            answers = await client.rest()
    assert answers == b"%b\n%b\n%b\n\n" % (at(b"c"), at(b"c"), CUT) + (b"? " + line + b"\n") * count


async def test_a_client_that_sends_50_mb_and_reads_nothing_is_not_read_any_more_and_others_are_answered(
    tmp_path: Path,
) -> None:
    (tmp_path / "log").symlink_to("/dev/null")
    async with serve(tmp_path / "log") as served, small_buffers(served.port) as client:
        line, count, sent = b"x" * 10_000, 5_000, list[int]()
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(pour(client, line, count, sent))
            await standstill(served, sent)
            assert not sending.done()
            assert len(sent) * len(line) < 16 * MEBIBYTE
            await others_are_answered(served)
            got = 0
            while part := await within(client.reader.read(MEBIBYTE)):  # all is answered as soon as it is taken
                got += len(part)
        assert got == count * len(b"? " + line + b"\n")


async def test_a_client_that_sends_much_at_once_is_read_on_afterwards(served: Served) -> None:
    client = await served.client()
    for size in (1, 5_000, 70_000, 300_000, 1_000_000):
        lines = [b"%d" % number for number in range(size // 6)]
        client.send(*lines)
        assert await client.lines(len(lines)) == [b"? " + line for line in lines]
        assert await client.ask(b"after") == b"? after"


# Endings


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b" \n\n \t\n"])
async def test_a_client_that_closes_its_sending_side_gets_its_answers_and_the_end(
    served: Served, end: bytes
) -> None:
    client = await served.client()
    client.writer.write(iamat(b"c") + b"\nWHATSAT c 10 1\n" + iamat(b"d") + end)
    client.writer.write_eof()
    assert await client.rest() == b"%b\n%b\n%b\n\n%b\n" % (at(b"c"), at(b"c"), CUT, at(b"d"))


async def test_a_client_that_says_nothing_and_closes_gets_nothing(served: Served) -> None:
    client = await served.client()
    client.writer.write_eof()
    assert await client.rest() == b""
    await until(lambda: not served.node.admission, "the connection's end")


async def test_a_whatsat_is_answered_after_a_half_close_although_it_has_to_wait(served: Served) -> None:
    served.places.open.clear()
    client = await served.client()
    client.writer.write(iamat(b"c") + b"\nWHATSAT c 10 1")
    client.writer.write_eof()
    assert await client.line() == at(b"c")
    await until(lambda: served.places.asked, "the search")
    served.places.open.set()
    assert await client.rest() == b"%b\n%b\n\n" % (at(b"c"), CUT)


async def test_a_reset_in_the_middle_of_a_line_says_nothing_and_disturbs_nobody(served: Served) -> None:
    other = await served.client()
    with socket.socket() as sock:
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, (HOST, served.port))
        await loop.sock_sendall(sock, iamat(b"whole") + b"\n" + iamat(b"torn"))
        await until(lambda: served.node.store.newest(b"whole"), "the whole line")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert await other.ask(b"x") == b"? x"
    await until(lambda: len(served.node.admission) == 1, "the reset")
    assert served.node.store.newest(b"torn") is None


async def test_a_reset_while_a_whatsat_waits_ends_its_search(served: Served) -> None:
    served.places.open.clear()
    client = await served.client()
    client.send(iamat(b"c"), *[b"WHATSAT c 10 1"] * 3)
    await until(lambda: served.places.asked == 3, "the searches")
    client.reset()
    await until(lambda: not served.node.admission, "the connection's end")
    await until(lambda: not served.places.waiting, "the searches' end")
    await others_are_answered(served)


async def test_a_reset_of_a_connection_that_is_not_read_is_found_when_its_answers_leave(served: Served) -> None:
    served.places.open.clear()
    client = await served.client()
    client.send(iamat(b"c"), *[b"WHATSAT c 10 1"] * 100)
    await until(lambda: served.places.asked == WAITING_LIMIT, "the searches")
    client.reset()
    await others_are_answered(served)
    served.places.open.set()
    await until(lambda: not served.node.admission, "the connection's end")
    await until(lambda: not served.places.waiting, "the searches' end")
    await others_are_answered(served)


# Limits


@pytest.mark.parametrize("size", [LINE_LIMIT - 1, LINE_LIMIT, LINE_LIMIT + 1, 200_000, 3_000_000])
@pytest.mark.parametrize("first", [b"", b"x\n"])
async def test_a_line_of_65536_bytes_is_answered_whole_and_a_longer_one_by_its_first_1024(
    served: Served, size: int, first: bytes
) -> None:
    client = await served.client()
    line = bytes(Random(size).choices(range(0x21, 0x7F), k=size))
    client.writer.write(first + line + b"\n" + iamat(b"c") + b"\n" + line + b"\nafter\n")
    answer = b"? " + (line if size <= LINE_LIMIT else line[:1024])
    assert await client.lines(3 + len(first) // 2) == [*[b"? x"] * (len(first) // 2), answer, at(b"c"), answer]
    assert await client.line() == b"? after"
    client.writer.write(line)  # at the end, without a newline
    client.writer.write_eof()
    assert await client.rest() == answer + b"\n"


async def test_a_command_of_65536_bytes_is_carried_out(served: Served) -> None:
    client = await served.client()
    line = iamat(b"c").replace(b" ", b" " * 20_000, 3)
    line += b"\t" * (LINE_LIMIT - len(line))
    assert await client.ask(line) == at(b"c")
    assert await client.ask(line + b" ") == b"? " + line[:1024]


async def test_three_megabytes_without_a_newline_hold_up_nobody(served: Served) -> None:
    client = await served.client()
    for _ in range(30):
        client.writer.write(b"x" * 100_000)
        await client.writer.drain()
        await others_are_answered(served)
    client.send(b"")
    assert await client.line() == b"? " + b"x" * 1024


async def test_a_thousand_connections_that_say_nothing_leave_others_answered(served: Served) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    silent = [await served.client() for _ in range(1000)]
    await until(lambda: len(served.node.admission) == 1000, "all to be accepted")
    await others_are_answered(served)
    assert await silent[777].ask(iamat(b"c")) == at(b"c")


# Bytes


@pytest.mark.parametrize("blank", [b"", b" ", b"\r", b"\t \f\v\r", b" " * LINE_LIMIT])
async def test_a_blank_line_is_answered_by_nothing(served: Served, blank: bytes) -> None:
    client = await served.client()
    client.send(blank, blank, b"x", blank, iamat(b"c"), blank)
    client.writer.write_eof()
    assert await client.rest() == b"? x\n" + at(b"c") + b"\n"


@pytest.mark.parametrize("line", [b"\xa0", b"\x85", b"\x1f", b"\x00", b"\xe2\x80\xa8"])
async def test_what_is_not_one_of_the_six_is_no_white_space(served: Served, line: bytes) -> None:
    client = await served.client()
    assert await client.ask(line) == b"? " + line
    assert await client.ask(iamat(line)) == at(line)


async def test_lines_may_end_in_crlf_and_a_refusal_copies_the_carriage_return(served: Served) -> None:
    client = await served.client()
    client.send(iamat(b"c") + b"\r", b"WHATSAT c 10 1\r", b" x \r", b"\r")
    assert await client.line() == at(b"c")
    assert await client.answer() == [at(b"c"), *CUT.split(b"\n")]
    assert await client.line() == b"?  x \r"
    assert await client.ask(b"y") == b"? y"


CHUNK = iamat(b"c") + b"\n HERD \xff\x00\n\nIAMAT\tc\t" + THERE + b" 1520023935\r\nIAMAT c +1+1 1520023934\n"
ANSWERS = [
    at(b"c"),
    b"?  HERD \xff\x00",
    at(b"c", b"1520023935", THERE, 0),
    at(b"c", b"1520023934", b"+1+1", SECOND),
]


async def turn_ends(served: Served) -> None:
    ended = asyncio.Event()
    served.node.turn.then(lambda _: ended.set())
    await within(ended.wait())


async def fed(served: Served, *parts: bytes) -> bytes:
    """Return what a new connection answers to these parts and its end, each part in a turn of its own."""
    served.node.store.reports.clear()
    conversation, sink = served.converse(), Sink()
    conversation.connection_made(sink)
    for part in parts:
        conversation.data_received(part)
        await turn_ends(served)
    conversation.eof_received()
    await turn_ends(served)
    assert sink.closed
    conversation.connection_lost(None)
    return sink.written


async def test_wherever_a_chunk_is_split_the_answers_are_the_same(served: Served) -> None:
    wanted = b"\n".join([*ANSWERS, b""])
    assert await fed(served, CHUNK) == wanted
    for split in range(1, len(CHUNK)):
        assert await fed(served, CHUNK[:split], CHUNK[split:]) == wanted
        assert await fed(served, CHUNK[:split], CHUNK[split:-1]) == wanted
    assert await fed(served, *[bytes([byte]) for byte in CHUNK]) == wanted


async def test_a_client_that_sends_byte_by_byte_is_answered(served: Served) -> None:
    client = await served.client()
    client.writer.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in CHUNK:
        client.writer.write(bytes([byte]))
        await client.writer.drain()
        await asyncio.sleep(0)
    assert await client.lines(4) == ANSWERS


async def test_random_bytes_are_refused_line_by_line_with_an_exact_copy(served: Served) -> None:
    random = Random(7)
    for _ in range(20):
        client = await served.client()
        data = random.randbytes(random.choice([1, 1000, 200_000]))
        client.writer.write(data)
        client.writer.write_eof()
        # Here no line is longer than the limit: one in 256 bytes is a newline.
        wanted = b"".join([b"? " + line + b"\n" for line in data.split(b"\n") if line.split()])
        assert await client.rest() == wanted
        await others_are_answered(served)


@pytest.mark.parametrize("start", [b"H", b"HE", b"HERD", b"HERD ", b"HERD 1 Alpha", b"HERDS", b"HURD"])
async def test_a_line_that_begins_like_a_hello_is_a_clients(served: Served, start: bytes) -> None:
    client = await served.client()
    assert await client.ask(start) == b"? " + start
    assert await client.ask(start) == b"? " + start
    torn = await served.client()
    torn.writer.write(start)
    torn.writer.write_eof()
    assert await torn.rest() == b"? " + start + b"\n"
    assert served.met == []


async def test_the_argument_of_auth_stands_in_no_log_however_it_is_sent(tmp_path: Path) -> None:
    said = b"AUTH hunter2\n\t AUTH \v hunter2\r\nx\nAUTH hunter2" + b"x" * LINE_LIMIT + b"\nAUTH hun"
    async with serve(tmp_path / "log") as served:
        client = await served.client()
        client.writer.write(said)
        assert (await client.line()).startswith(b"? AUTH")
        assert len(await client.lines(3)) == 3
        client.writer.write(b"ter2")
        client.writer.write_eof()
        assert (await client.rest()).startswith(b"? AUTH")
    log = (tmp_path / "log").read_text()
    assert log.count("AUTH ") == 8
    assert "hunter2" not in log


# What is believed


async def test_a_repetition_is_answered_with_a_fresh_skew_and_changes_nothing(served: Served) -> None:
    client = await served.client()
    first = await client.ask(iamat(b"c"))
    number = served.node.store.number
    served.clock.now += SECOND
    assert await client.ask(iamat(b"c")) == at(b"c", skew=81036003 + SECOND)
    assert served.node.store.newest(b"c") == first
    assert await client.around(b"c") == first
    assert served.node.store.number == number
    moved = await client.ask(iamat(b"c", location=THERE))  # of the same time: the later heard one wins
    assert served.node.store.newest(b"c") == moved
    assert served.node.store.number > number


async def test_a_stale_report_is_answered_about_itself_and_changes_nothing(served: Served) -> None:
    client = await served.client()
    newest = await client.ask(iamat(b"c"))
    number = served.node.store.number
    stale = at(b"c", b"1520023933", THERE, 2 * SECOND)
    assert await client.ask(iamat(b"c", b"1520023933", THERE)) == stale
    assert await client.around(b"c") == newest
    assert served.node.store.number == number


async def test_a_report_from_the_future_outranks_honest_ones_for_a_minute_at_most(served: Served) -> None:
    client = await served.client()

    async def honest(location: bytes) -> bytes:
        return await client.ask(iamat(b"c", b"%d" % (served.clock.now // SECOND), location))

    future = await client.ask(iamat(b"c", b"999999999999.9"))
    assert future.startswith(b"AT Home -998479976064.900000000 c ")
    served.clock.now += 59 * SECOND
    await honest(HERE)
    assert await client.around(b"c") == future
    number = served.node.store.number
    served.clock.now += 2 * SECOND
    # Neither does its repetition renew the minute.
    await client.ask(iamat(b"c", b"999999999999.9"))
    assert await client.around(b"c") == future
    assert served.node.store.number == number
    newest = await honest(THERE)
    assert await client.around(b"c") == newest


# Places


async def test_a_client_that_nobody_knows_gets_a_refusal_and_nobody_is_asked(served: Served) -> None:
    client = await served.client()
    assert await client.ask(b" WHATSAT  c 10 5 ") == b"?  WHATSAT  c 10 5 "
    assert served.places.asked == 0


async def test_places_that_cannot_be_had_are_an_empty_answer_with_status_and_reason(served: Served) -> None:
    served.places.breaks = Unavailable(OVER_QUERY_LIMIT, "come back tomorrow")
    client = await served.client()
    client.send(iamat(b"c"), b"WHATSAT c 10 5", b"after")
    first, *answer = (await client.lines(1)) + (await client.answer())
    assert [first, answer[0]] == [at(b"c")] * 2
    assert b'   "error_message" : "come back tomorrow",' in answer
    assert b'   "results" : [],' in answer
    assert b'   "status" : "OVER_QUERY_LIMIT"' in answer
    assert await client.line() == b"? after"


async def test_a_source_of_places_that_breaks_in_a_way_nobody_expected_still_gives_an_answer(
    tmp_path: Path,
) -> None:
    async with serve(tmp_path / "log") as served:
        served.places.breaks = RuntimeError("a defect")
        client = await served.client()
        client.send(iamat(b"c"), b"WHATSAT c 10 5", iamat(b"d"))
        assert await client.line() == at(b"c")
        answer = await client.answer()
        assert answer[0] == at(b"c")
        assert b'   "status" : "UNKNOWN_ERROR"' in answer
        assert b"a defect" not in b"".join(answer)
        assert await client.line() == at(b"d")
        assert served.node.guard.caught == 1
        served.places.breaks = None
        client.send(b"WHATSAT c 10 1")
        assert await client.answer() == [at(b"c"), *CUT.split(b"\n")]
