"""The proxy of the chaos run does to connections what its faults are called after, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest

from tests.chaos.proxy import HOST, Lane
from tests.herding import Lines, talk, until, within

TEXT = b"".join(b"%d bottles\n" % number for number in range(20_000))


@asynccontextmanager
async def lane_to_an_echo() -> AsyncIterator[tuple[Lane, int, list[Lines]]]:
    """Give a lane, its port, and the far ends that came out of it, each of which says again what it hears."""
    far: list[Lines] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far.append(Lines(reader, writer))
        try:
            while data := await reader.read(2**16):
                writer.write(data)
                await writer.drain()
            writer.close()
        except ConnectionError:
            writer.transport.abort()

    server = await asyncio.start_server(echo, HOST, 0)
    lane = Lane("test", Random(1))
    lane.lead_to(server.sockets[0].getsockname()[1])
    async with asyncio.TaskGroup() as group:
        try:
            yield lane, await lane.open(group), far
        finally:
            lane.mend()
            lane.close()
            server.close()
            for one in far:
                one.writer.transport.abort()


async def test_what_passes_is_the_same_bytes_whole_or_in_pieces() -> None:
    async with lane_to_an_echo() as (lane, port, _):
        for split in (0, 1000, 7):
            lane.there.split = lane.back.split = split
            async with talk(port, HOST) as line:
                line.writer.write(TEXT)
                line.writer.write_eof()
                assert await line.rest() == TEXT


async def test_a_slow_lane_carries_everything_too() -> None:
    async with lane_to_an_echo() as (lane, port, _), talk(port, HOST) as line:
        lane.there.rate = 100_000
        line.send(TEXT[:9_999])
        assert await within(line.reader.readexactly(10_000)) == TEXT[:9_999] + b"\n"


async def test_a_cut_resets_connections_and_lets_nobody_in_until_it_is_mended() -> None:
    async with lane_to_an_echo() as (lane, port, far):
        async with talk(port, HOST) as line:
            assert await line.ask(b"a") == b"a"
            lane.cut()
            with pytest.raises(ConnectionResetError):
                await line.ask(b"b")
        async with talk(port, HOST) as line:
            assert await line.rest() == b""
        assert len(far) == 1
        lane.mend()
        async with talk(port, HOST) as line:
            assert await line.ask(b"c") == b"c"


async def test_what_is_stalled_comes_in_order_when_it_goes_on() -> None:
    async with lane_to_an_echo() as (lane, port, _), talk(port, HOST) as line, talk(port, HOST) as other:
        lane.back.going.clear()
        line.send(b"a")
        other.send(b"b")
        lane.there.going.clear()
        line.send(b"c")
        waiting = asyncio.ensure_future(line.lines(2))
        await asyncio.sleep(0)
        lane.mend()
        assert await waiting == [b"a", b"c"]
        assert await other.line() == b"b"


async def test_of_a_torn_connection_some_bytes_pass_and_then_both_ends_are_reset() -> None:
    async with lane_to_an_echo() as (lane, port, far), talk(port, HOST) as line:
        assert await line.ask(b"a") == b"a"
        lane.each(lambda carried: carried.tear(3))
        line.send(b"bottles")
        with pytest.raises(ConnectionResetError):
            await line.line()
        await until(far[0].writer.transport.is_closing, "the far end is reset, too")


@pytest.mark.parametrize("near_learns", [True, False])
async def test_of_a_half_open_connection_one_end_learns_and_the_other_is_told_nothing(near_learns: bool) -> None:
    async with lane_to_an_echo() as (lane, port, far), talk(port, HOST) as line:
        assert await line.ask(b"a") == b"a"
        lane.each(lambda carried: carried.half_open(near_learns=near_learns))
        if near_learns:
            assert await line.rest() == b""
            assert not far[0].writer.transport.is_closing()
        else:
            await until(far[0].writer.transport.is_closing, "the far end is reset")
            line.send(TEXT)  # and it is swallowed
            await line.writer.drain()
            assert not line.reader.at_eof()
        async with talk(port, HOST) as other:  # behind it, all is well
            assert await other.ask(b"b") == b"b"


async def test_a_deaf_lane_takes_connections_and_carries_nothing() -> None:
    async with lane_to_an_echo() as (lane, port, _):
        lane.deafen()
        async with talk(port, HOST) as line:
            await until(lambda: lane.carried, "it is let in")
            line.send(TEXT)
            await line.writer.drain()
            assert lane.unnoticed == 1
            lane.mend()  # only for those that come later
            async with talk(port, HOST) as other:
                assert await other.ask(b"b") == b"b"
            assert not line.reader.at_eof()
        await until(lambda: not lane.unnoticed, "who dialled is gone")
