"""/ws over a real server: the line protocol in frames, its order and limits, and clients that mean no good."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientWebSocketResponse, WSMsgType

from herd.messages import ECHO_LIMIT, LINE_LIMIT
from herd.ordering import WAITING_LIMIT
from herd.sections.limits import FRAME
from tests.herding import HERE, Lines, talk, until, within
from tests.webbing import Gateway, gateway

LINE = b"IAMAT kiwi %b 1520023934.918963997" % HERE
AT = b"AT Home +0.081036003 kiwi %b 1520023934.918963997" % HERE
HANDSHAKE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)

Socket = ClientWebSocketResponse


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[Gateway]:
    """Run a server and its gateway."""
    async with gateway(tmp_path) as home:
        yield home


@pytest_asyncio.fixture
async def socket(home: Gateway) -> AsyncIterator[Socket]:
    """Open a WebSocket."""
    async with home.session.ws_connect(home.url + "/ws", compress=0, max_msg_size=0) as socket:
        yield socket


async def frame(socket: Socket) -> str | bytes:
    """Return the next frame, text or binary."""
    message = await within(socket.receive())
    assert message.type in {WSMsgType.TEXT, WSMsgType.BINARY}, message
    said: str | bytes = message.data
    return said


async def test_a_frame_is_a_line_and_its_answer_is_a_frame_of_the_same_kind(socket: Socket) -> None:
    await socket.send_bytes(LINE)
    assert await frame(socket) == AT
    await socket.send_str(LINE.decode())
    assert await frame(socket) == AT.decode()
    await socket.send_str("nonsense é")
    assert await frame(socket) == "? nonsense é"
    await socket.send_bytes(b"\xff\x00")
    assert await frame(socket) == b"? \xff\x00"


@pytest.mark.parametrize("line", [LINE, b"nonsense\r", b" x ", b"WHATSAT kiwi 10 1", b"WHATSAT nobody 1 1"])
async def test_an_answer_has_the_bytes_of_tcp_but_the_newlines_that_end_it(
    home: Gateway, socket: Socket, line: bytes
) -> None:
    await home.tcp(LINE)
    for ending in (b"", b"\n"):
        await socket.send_bytes(line + ending)
        said = await frame(socket)
        assert isinstance(said, bytes)
        assert said == (await home.tcp(line)).rstrip(b"\n")


async def test_blank_frames_are_answered_by_nothing(socket: Socket) -> None:
    for blank in ("", "\n", " \t\r\f\v", "\n\n"):
        await socket.send_str(blank)
    await socket.send_bytes(b"")
    await socket.send_str("x")
    assert await frame(socket) == "? x"


async def test_a_frame_with_a_newline_inside_is_no_line(home: Gateway, socket: Socket) -> None:
    await socket.send_bytes(LINE + b"\n" + LINE + b"\n")
    assert await frame(socket) == b"? " + LINE + b"\n" + LINE
    await socket.send_str("IAMAT\nkiwi +1+2 5")
    assert await frame(socket) == "? IAMAT\nkiwi +1+2 5"
    assert not home.server.node.store.reports


async def test_a_hello_of_a_server_is_a_line_like_any_other(socket: Socket) -> None:
    await socket.send_str("HERD 1 Alpha 00 Home 00")
    assert await frame(socket) == "? HERD 1 Alpha 00 Home 00"


async def test_an_over_long_line_is_answered_by_its_beginning_and_the_connection_goes_on(socket: Socket) -> None:
    await socket.send_bytes(b"x" * LINE_LIMIT + b"\n")
    assert await frame(socket) == b"? " + b"x" * LINE_LIMIT
    for size in (LINE_LIMIT + 1, FRAME):
        await socket.send_bytes(b"x" * size)
        assert await frame(socket) == b"? " + b"x" * ECHO_LIMIT
    await socket.send_str("é" * LINE_LIMIT)
    assert await frame(socket) == "? " + "é" * (ECHO_LIMIT // 2)
    await socket.send_str("a" + "é" * (LINE_LIMIT - 1))
    cut = await frame(socket)
    assert isinstance(cut, bytes)  # half a character is no text
    assert len(cut) == 2 + ECHO_LIMIT
    await socket.send_bytes(LINE)
    assert await frame(socket) == AT


async def test_answers_keep_their_order_though_a_whatsat_waits(home: Gateway, socket: Socket) -> None:
    await home.tcp(LINE)
    home.places.open.clear()
    await socket.send_bytes(b"before")
    await socket.send_str("WHATSAT kiwi 10 1")
    await socket.send_bytes(b"behind")
    await socket.send_str("WHATSAT nobody 10 1")
    assert await frame(socket) == b"? before"
    await until(lambda: home.places.asked, "the search")
    home.places.open.set()
    said = await frame(socket)
    assert isinstance(said, str)
    assert said.encode() == (await home.tcp(b"WHATSAT kiwi 10 1")).rstrip(b"\n")
    assert await frame(socket) == b"? behind"
    assert await frame(socket) == "? WHATSAT nobody 10 1"


async def test_at_most_eight_whatsats_wait_and_then_reading_does(home: Gateway, socket: Socket) -> None:
    await home.tcp(LINE)
    home.places.open.clear()
    for _ in range(3 * WAITING_LIMIT):
        await socket.send_bytes(b"WHATSAT kiwi 10 1")
    await socket.send_bytes(b"IAMAT last +1+2 5")
    await until(lambda: len(home.places.asked) >= WAITING_LIMIT, "as many searches as may wait")
    assert await home.tcp(b"x") == b"? x\n"
    assert len(home.places.asked) == WAITING_LIMIT
    assert home.server.node.store.newest(b"last") is None
    home.places.open.set()
    for _ in range(3 * WAITING_LIMIT):
        said = await frame(socket)
        assert isinstance(said, bytes)
        assert said.startswith(AT + b"\n{")
    assert await frame(socket) == b"AT Home +1520023930.000000000 last +1+2 5"


async def test_a_search_that_a_defect_breaks_off_is_answered_all_the_same(home: Gateway, socket: Socket) -> None:
    await home.tcp(LINE)
    home.places.fails = ZeroDivisionError("a defect")
    await socket.send_bytes(b"WHATSAT kiwi 10 1")
    said = await frame(socket)
    assert isinstance(said, bytes)
    assert b'"status" : "UNKNOWN_ERROR"' in said
    home.server.node.guard.caught -= 1


async def test_many_frames_sent_ahead_are_answered_in_order(socket: Socket) -> None:
    for number in range(2_000):
        await socket.send_bytes(b"IAMAT c%d +1+2 5" % number)
    for number in range(2_000):
        assert await frame(socket) == b"AT Home +1520023930.000000000 c%d +1+2 5" % number


# ---- endings, and clients that mean no good


def framed(payload: bytes, first: int = 0x81) -> bytes:
    """Return a masked frame, as clients send them; 0x81 is a whole text."""
    mask = b"herd"  # any four bytes: the names of tests must not change from run to run
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes([first]) + length + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


@asynccontextmanager
async def shake_hands(home: Gateway) -> AsyncIterator[Lines]:
    """Open a WebSocket by hand."""
    async with talk(home.port) as client:
        client.writer.write(b"GET /ws HTTP/1.1\r\nHost: localhost\r\n" + HANDSHAKE)
        assert await client.line() == b"HTTP/1.1 101 Switching Protocols\r"
        while await client.line() != b"\r":
            pass
        yield client


def close_of(said: bytes) -> int:
    """Return the code of a close frame that stands at the end, without a reason."""
    assert said[-4:-2] == b"\x88\x02", said
    return int.from_bytes(said[-2:], "big")


async def test_what_was_heard_is_answered_before_the_close_is(home: Gateway) -> None:
    await home.tcp(LINE)
    home.places.open.clear()
    async with shake_hands(home) as client:
        client.writer.write(framed(b"x") + framed(b"WHATSAT kiwi 1 0") + framed(b"y") + framed(b"\x03\xe8", 0x88))
        await until(lambda: home.places.asked, "the search")
        home.places.open.set()
        said = await client.rest()
    assert said.startswith(b"\x81\x03? x\x81\x7e")
    assert b"\x81\x03? y\x88\x02" in said
    assert close_of(said) == 1000


@pytest.mark.parametrize(
    ("garbage", "code"),
    [
        (framed(b"\xff"), 1007),
        (framed(b"x", 0xF1), 1002),  # reserved bits
        (framed(b"x", 0x83), 1002),  # a reserved kind
        (framed(b"x", 0x80), 1002),  # goes on with nothing
        (framed(b"x", 0x09), 1002),  # a ping in parts
        (framed(b"x", 0x88), 1002),  # a close with half a code
        (b"\x81\xff" + (2**62).to_bytes(8, "big") + bytes(4), 1009),
        (b"\x82\xff" + (FRAME + 1).to_bytes(8, "big") + bytes(4), 1009),
    ],
)
async def test_garbage_closes_with_the_code_that_says_why(home: Gateway, garbage: bytes, code: int) -> None:
    async with shake_hands(home) as client:
        client.writer.write(framed(b"x"))
        assert (await within(client.reader.readexactly(5))) == b"\x81\x03? x"
        client.writer.write(garbage)
        assert close_of(await client.rest()) == code


async def test_parts_of_a_frame_that_grow_beyond_the_limit_close_with_1009(home: Gateway) -> None:
    async with shake_hands(home) as client:
        part = framed(b"x" * 60_000, 0x01)
        client.writer.write(part + framed(b"x" * 60_000, 0x00) * 2)
        assert close_of(await client.rest()) == 1009


async def test_a_client_that_goes_away_leaves_nothing_behind_and_is_no_defect(home: Gateway) -> None:
    await home.tcp(LINE)
    home.places.open.clear()
    async with shake_hands(home) as client:
        client.writer.write(framed(b"WHATSAT kiwi 1 1") * (2 * WAITING_LIMIT))
        await until(lambda: len(home.places.asked) == WAITING_LIMIT, "the searches")
        client.reset()
        home.places.open.set()
    await until(lambda: "#2 ! closed: " in home.log.read_text(), "the end of the connection")


@pytest.mark.parametrize("path", ["/ws", "/live"])
async def test_a_client_that_is_gone_before_its_handshake_is_answered_is_no_defect(
    home: Gateway, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        async with talk(home.port) as client:
            client.writer.write(b"GET %b HTTP/1.1\r\nHost: localhost\r\n%b" % (path.encode(), HANDSHAKE))
            client.reset()
    assert home.runner.server is not None
    await until(lambda: not home.runner.server.connections, "the end of the connections")  # type: ignore[union-attr]
    assert caplog.text == ""


async def test_a_client_that_never_reads_is_not_heard_for_ever(home: Gateway) -> None:
    async with shake_hands(home) as client:
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        line = framed(b"x" * 60_000)
        written = 0
        # Its own socket fills up only if the server stops reading: 200 times what kernel and server may hold.
        while client.writer.transport.get_write_buffer_size() < 2**20:
            assert written < 2**30
            client.writer.write(line)
            written += len(line)
            await asyncio.sleep(0)
        assert await home.tcp(LINE) == AT + b"\n"
        client.reset()


async def test_a_stopping_server_says_goodbye(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home, home.session.ws_connect(home.url + "/ws") as socket:
        await socket.send_str("x")
        assert await frame(socket) == "? x"
        receiving = asyncio.ensure_future(socket.receive())
        await home.runner.cleanup()
        assert (await within(receiving)).type is WSMsgType.CLOSE
        assert socket.close_code == 1001


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Upgrade": "websocket"},
        {"Upgrade": "websocket", "Connection": "Upgrade"},
        {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"},
        {"Upgrade": "h2c", "Connection": "Upgrade"},
    ],
)
async def test_what_is_no_handshake_is_426_and_the_connection_goes_on(
    home: Gateway, headers: dict[str, str]
) -> None:
    reply = await home.get("/ws", **headers)
    assert (reply.status, reply.headers["Upgrade"]) == (426, "websocket")
    assert (await home.get("/whatsat")).status == 400


async def test_frames_and_answers_are_lines_of_the_traffic_log(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home, home.session.ws_connect(home.url + "/ws") as socket:
        for line in ("x", "AUTH hunter2", "y\nz"):
            await socket.send_str(line)
            await frame(socket)
    log = home.log.read_text()
    assert "#1 ! opened by 127.0.0.1:" in log
    for said in ("< x", "> ? x", "< AUTH ***", "> ? AUTH ***", "< y z", "! closed: 1000"):
        assert f"#1 {said}\n" in log
    assert "hunter2" not in log


@pytest.mark.parametrize("door", [b"/ws", b"/live"])
@pytest.mark.parametrize("header", [b"Upgrade", b"Connection", b"Sec-WebSocket-Version", b"Sec-WebSocket-Key"])
async def test_a_handshake_in_bytes_that_are_no_text_is_426_as_well(
    home: Gateway, door: bytes, header: bytes
) -> None:
    headers = {
        b"Host": b"localhost",
        b"Connection": b"close, Upgrade",
        b"Upgrade": b"websocket",
        b"Sec-WebSocket-Version": b"13",
        b"Sec-WebSocket-Key": b"aGVyZCBsaXZlIGhlcmQhIQ==",
        header: b"close, \xff",
    }
    lines = [name + b": " + value for name, value in headers.items()]
    answer = await home.raw(b"\r\n".join([b"GET %b HTTP/1.1" % door, *lines, b"", b""]))
    assert answer.startswith(b"HTTP/1.1 426 ")
