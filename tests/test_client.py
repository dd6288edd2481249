"""The client against a stub that speaks the line protocol, well and badly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from aiohttp.test_utils import unused_port

from herd.answers import ANSWER_LIMIT
from herd.client import BadAnswer, Client, ClientError, Disconnected, Nearby, Refused, TimedOut
from herd.messages import At
from herd.position import Malformed

HERE = "+34.068930-118.445127"
TIME = "1520023934.918963997"
AT = b"AT Stub +0.263873386 kiwi +34.068930-118.445127 1520023934.918963997"
PLACES = '{\n   "results" : [],\n   "status" : "é"\n}'.encode()
PATIENCE = 30  # seconds a test waits for what must come

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def stub(serve: Serve, timeout: float = PATIENCE) -> AsyncIterator[Client]:
    """Connect a client to a server that serves so."""
    served = asyncio.Event()

    async def whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()
            served.set()

    server = await asyncio.start_server(whole, "127.0.0.1", 0, limit=2**20)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with Client.connect("127.0.0.1", port, timeout, lambda: 1520023934_000000007) as client:
            yield client
        async with asyncio.timeout(PATIENCE):
            await served.wait()


def answers(*said: bytes, lines: list[bytes] | None = None) -> Serve:
    """Return how to serve one answer for each line, whatever it is, and then wait for the end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in said:
            line = await reader.readline()
            if lines is not None:
                lines.append(line)
            writer.write(answer)
        await reader.read()

    return serve


async def herd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve as a server does; a WHATSAT's places name its radius and limit."""
    while line := await reader.readline():
        match line.split():
            case [b"IAMAT", client, location, time]:
                writer.write(b"AT Stub +0.000000000 %b %b %b\n" % (client, location, time))
            case [b"WHATSAT", client, radius, limit]:
                places = b'{"asked" : ["%b", "%b"]}' % (radius, limit)
                writer.write(b"AT Stub +0.000000000 %b +1+1 1\n%b\n\n" % (client, places))


async def test_a_report_comes_back_as_the_server_took_it() -> None:
    lines: list[bytes] = []
    async with stub(answers(AT + b"\n", lines=lines)) as client:
        report = await client.iamat("kiwi", HERE, TIME)
    assert report == At(b"Stub", b"+0.263873386", b"kiwi", HERE.encode(), TIME.encode())
    assert lines == [b"IAMAT kiwi +34.068930-118.445127 1520023934.918963997\n"]


async def test_without_a_time_it_is_now_to_the_nanosecond() -> None:
    async with stub(herd) as client:
        assert (await client.iamat("kiwi", HERE)).time == b"1520023934.000000007"


async def test_ids_that_are_not_utf8_go_through_as_bytes_and_as_str() -> None:
    async with stub(herd) as client:
        name = b"\xff\x00\xc3\xa9"
        assert (await client.iamat(name, HERE)).client == name
        assert (await client.iamat(name.decode("utf-8", "surrogateescape"), HERE)).client == name


async def test_places_come_with_the_report_as_json_and_as_text() -> None:
    async with stub(answers(AT + b"\n" + PLACES + b"\n\n", AT + b"\n{}\n\n")) as client:
        nearby = await client.whatsat("kiwi", 10, 5)
        assert nearby.places == {"results": [], "status": "é"}
        assert nearby.text == PLACES
        assert bytes(nearby.report) == AT
        assert (await client.whatsat("kiwi", 10, 5)).text == b"{}"


@pytest.mark.parametrize(
    ("radius", "limit", "said"),
    [
        (10, 5, b"10 5"),
        (Decimal("1E+1"), "005", b"10 005"),
        (0.5, 20, b"0.5 20"),
        (0.00001, 0, b"0.00001 0"),
        ("0050.000", "0", b"0050.000 0"),
    ],
)
async def test_a_radius_is_sent_in_plain_decimals(
    radius: Decimal | float | str, limit: int | str, said: bytes
) -> None:
    async with stub(herd) as client:
        nearby = await client.whatsat("kiwi", radius, limit)
    assert nearby.places["asked"] == said.decode().split()


@pytest.mark.parametrize("size", [1, 2, 7, 70])
async def test_answers_may_come_in_pieces_of_any_size(size: int) -> None:
    said = AT + b"\n" + PLACES + b"\n\n? WHATSAT x\n" + AT + b"\n" + AT + b"\n\n\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(4):
            await reader.readline()
        for i in range(0, len(said), size):
            writer.write(said[i : i + size])
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()

    async with stub(serve) as client:
        got = await asyncio.gather(
            client.whatsat("kiwi", 1, 1),
            client.whatsat("kiwi", 1, 1),
            client.iamat("kiwi", HERE, TIME),
            client.whatsat("kiwi", 1, 1),
            return_exceptions=True,
        )
    assert isinstance(got[0], Nearby)
    assert isinstance(got[1], Refused)
    assert isinstance(got[2], At)
    assert isinstance(got[3], BadAnswer)  # no places at all


async def test_many_coroutines_each_get_their_own_answer() -> None:
    async with stub(herd) as client:

        async def one(i: int) -> None:
            name = f"client{i}"
            if i % 3:
                assert (await client.iamat(name, HERE)).client == name.encode()
            else:
                nearby = await client.whatsat(name, i % 50, i % 20)
                assert nearby.report.client == name.encode()
                assert nearby.places["asked"] == [str(i % 50), str(i % 20)]

        await asyncio.gather(*(one(i) for i in range(2000)))


async def test_five_megabytes_of_places_are_an_answer() -> None:
    text = b'{"results" : ["' + b"x" * 5_000_000 + b'"]}'
    async with stub(answers(AT + b"\n" + text + b"\n\n")) as client:
        assert (await client.whatsat("kiwi", 10, 5)).text == text


async def test_an_endless_answer_is_not_held() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(AT)
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with stub(serve) as client:
        with pytest.raises(BadAnswer, match=f"more than {ANSWER_LIMIT} bytes"):
            await client.iamat("kiwi", HERE)
        with pytest.raises(Disconnected, match="more than"):
            await client.iamat("kiwi", HERE)


async def test_a_refusal_carries_the_copy() -> None:
    async with stub(answers(b"? WHATSAT a\xff 1 1\n", AT + b"\n")) as client:
        with pytest.raises(Refused, match=r"127\.0\.0\.1 port \d+ refused: WHATSAT a\\xff 1 1") as refusal:
            await client.whatsat(b"a\xff", 1, 1)
        assert refusal.value.copy == b"WHATSAT a\xff 1 1"
        assert bytes(await client.iamat("kiwi", HERE, TIME)) == AT


@pytest.mark.parametrize(
    ("client_id", "location", "time"),
    [
        ("", HERE, TIME),
        ("a b", HERE, TIME),
        ("a\n", HERE, TIME),
        ("\x0bkiwi", HERE, TIME),
        ("x" * 1025, HERE, TIME),
        ("kiwi", "34.0-118.0", TIME),
        ("kiwi", "+91.0-118.0", TIME),
        ("kiwi", "", TIME),
        ("kiwi", HERE + " 1\nIAMAT kiwi " + HERE, TIME),
        ("kiwi", HERE, ""),
        ("kiwi", HERE, "-1"),
        ("kiwi", HERE, "nan"),
        ("kiwi", HERE, "1e9"),
        ("\ud800", HERE, TIME),
    ],
)
async def test_a_bad_report_is_never_sent(client_id: str, location: str, time: str) -> None:
    lines: list[bytes] = []
    async with stub(answers(AT + b"\n", lines=lines)) as client:
        with pytest.raises(ValueError, match=r"\S"):
            await client.iamat(client_id, location, time)
        assert bytes(await client.iamat("kiwi", HERE, TIME)) == AT
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("client_id", "radius", "limit"),
    [
        ("a b", 1, 1),
        ("kiwi", 50.1, 1),
        ("kiwi", -1, 1),
        ("kiwi", float("nan"), 1),
        ("kiwi", float("inf"), 1),
        ("kiwi", "1e1", 1),
        ("kiwi", "", 1),
        ("kiwi", "0" * 70_000, 1),
        ("kiwi", 1, 21),
        ("kiwi", 1, -1),
        ("kiwi", 1, "1.0"),
        ("kiwi", 1, "1 1"),
    ],
)
async def test_a_bad_question_is_never_sent(
    client_id: str, radius: Decimal | float | str, limit: int | str
) -> None:
    lines: list[bytes] = []
    async with stub(answers(AT + b"\n", lines=lines)) as client:
        with pytest.raises(Malformed):
            await client.whatsat(client_id, radius, limit)
        assert bytes(await client.iamat("kiwi", HERE, TIME)) == AT
    assert len(lines) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"\n",
        b"hello\n",
        b"?\n",
        b"AT\n",
        AT.replace(b" ", b"  ") + b"\n",
        AT + b"\r\n",
        AT.replace(b"kiwi", b"plum") + b"\n",
        AT.replace(b"+34.068930", b"+34.06893") + b"\n",
        AT.replace(b"997", b"998") + b"\n",
    ],
)
async def test_an_answer_to_something_else_closes_the_connection(answer: bytes) -> None:
    async with stub(answers(answer)) as client:
        with pytest.raises(BadAnswer, match=r"127\.0\.0\.1 port"):
            await client.iamat("kiwi", HERE, TIME)
        with pytest.raises(Disconnected):
            await client.iamat("kiwi", HERE, TIME)


@pytest.mark.parametrize("text", [b"<html>", b"[]", b"", b"[" * 200_000, b'{"a":'])
async def test_places_that_are_no_json_object_cost_only_their_own_call(text: bytes) -> None:
    async with stub(answers(AT + b"\n" + text + b"\n\n", AT + b"\n")) as client:
        with pytest.raises(BadAnswer, match="not a JSON object"):
            await client.whatsat("kiwi", 1, 1)
        assert bytes(await client.iamat("kiwi", HERE, TIME)) == AT


async def test_words_that_nobody_asked_for_close_the_connection() -> None:
    async with stub(answers(AT + b"\nhello\n")) as client:
        assert bytes(await client.iamat("kiwi", HERE, TIME)) == AT
        with pytest.raises((Disconnected, BadAnswer)):  # whether they come before the next request, or after
            await client.iamat("kiwi", HERE, TIME)


@pytest.mark.parametrize("said", [b"", b"AT Stub", AT + b"\n{\n"])
async def test_a_server_that_goes_away_disconnects_everyone_who_waits(said: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        await reader.readline()
        writer.write(said)

    async with stub(serve) as client:
        calls = (client.whatsat("kiwi", 1, 1), client.iamat("kiwi", HERE))
        got = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(error) for error in got] == [Disconnected, Disconnected]
        with pytest.raises(Disconnected, match=r"127\.0\.0\.1 port \d+ closed the connection"):
            await client.iamat("kiwi", HERE)


@pytest.mark.parametrize("how", ["time-out", "cancel"])
async def test_after_a_call_that_was_given_up_the_next_gets_its_own_answer(how: str) -> None:
    late = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        await late.wait()
        writer.write(AT.replace(b"kiwi", b"late") + b"\n" + PLACES + b"\n\n")
        await reader.readline()
        writer.write(AT + b"\n")
        await reader.read()

    async with stub(serve, timeout=0.05 if how == "time-out" else PATIENCE) as client:
        call = asyncio.ensure_future(client.whatsat("late", 1, 1))
        if how == "cancel":
            await asyncio.sleep(0)
            call.cancel()
        with pytest.raises((TimedOut, asyncio.CancelledError)):
            await call
        client._timeout = PATIENCE
        late.set()
        assert bytes(await client.iamat("kiwi", HERE, TIME)) == AT


async def test_a_server_that_does_not_read_gets_no_more_lines_than_the_buffers_hold() -> None:
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert isinstance(writer.transport, asyncio.Transport)
        writer.transport.pause_reading()
        await over.wait()

    async with stub(serve, timeout=0.5) as client:
        calls = [client.iamat(f"{i:01000}", HERE) for i in range(20_000)]
        got = await asyncio.gather(*calls, return_exceptions=True)
        over.set()
        assert {type(error) for error in got} == {TimedOut}
        assert len(client._answers._requests) < len(calls)


async def test_nobody_at_the_address_is_disconnected_with_the_reason() -> None:
    port = unused_port()
    with pytest.raises(Disconnected, match=f"cannot reach 127.0.0.1 port {port}: "):
        async with Client.connect("127.0.0.1", port):
            pass


async def test_every_error_of_the_client_has_one_base() -> None:
    assert all(issubclass(error, ClientError) for error in (Refused, TimedOut, Disconnected, BadAnswer))


async def test_leaving_the_block_does_not_wait_for_answers() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with stub(serve) as client:
        call = asyncio.ensure_future(client.iamat("kiwi", HERE))
        await asyncio.sleep(0)
    with pytest.raises(Disconnected, match="was closed here"):
        await call
