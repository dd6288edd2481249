"""The errands of the command line, against a stub that speaks the line protocol."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port

from herd.client import Client, Disconnected
from herd.commands import FAILED, MISUSED, iamat, replay, whatsat
from herd.config import Address, Config, Server
from herd.gpx import Track, TrackPoint
from herd.replay import Replay
from herd.sections.access import AccessSettings

HERE = "+34.068930-118.445127"
PATIENCE = 30  # seconds a test waits for what must come
TRACK = Track([TrackPoint(b"+%d+0" % i, i * 10.0) for i in range(7)], skipped=0)


class Stub:
    """A server that answers as servers do, or goes away after a number of lines; keeps what it was told."""

    def __init__(self) -> None:
        self.lines: list[list[bytes]] = []
        self.leave_after: list[int] = []  # for each connection to come, how many lines until it breaks

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer each line of a connection."""
        left = self.leave_after.pop(0) if self.leave_after else -1
        while left and (line := await reader.readline()):
            left -= 1
            self.lines.append(line.split())
            match line.split():
                case [b"IAMAT", b"nobody", *_]:
                    writer.write(b"? " + line)
                case [b"IAMAT", client, location, time]:
                    writer.write(b"AT Stub +0.000000000 %b %b %b\n" % (client, location, time))
                case [b"WHATSAT", b"nobody", *_]:
                    writer.write(b"? " + line)
                case [b"WHATSAT", client, _, _]:
                    writer.write(b'AT Stub -0.500000000 %b +1+1 1\n{\n   "a" : "\xc3\xa9\xff"\n}\n\n' % client)
        writer.close()


@asynccontextmanager
async def stub() -> AsyncIterator[tuple[Stub, Config, int]]:
    """Serve a stub as the second server of a herd, whose first is down."""
    stub = Stub()
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield stub, herd_of(Down=unused_port(), Stub=port), port


def herd_of(**ports: int) -> Config:
    servers = {
        name: Server(name, Address("127.0.0.1", port), Address("127.0.0.1", 0), ()) for name, port in ports.items()
    }
    return Config(servers)


async def test_iamat_prints_the_line_of_the_server(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    async with stub() as (_, config, _):
        assert await iamat(config, "caf\udcff", HERE, "1520023934.918963997", "Stub") == 0
    said = capfdbinary.readouterr()
    assert said.out == b"AT Stub +0.000000000 caf\xff +34.068930-118.445127 1520023934.918963997\n"
    assert said.err == b""


async def test_whatsat_prints_the_answer_as_it_came(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    async with stub() as (server, config, _):
        assert await whatsat(config, "kiwi", "0010.50", "05", "Stub") == 0
    said = capfdbinary.readouterr()
    assert said.out == b'AT Stub -0.500000000 kiwi +1+1 1\n{\n   "a" : "\xc3\xa9\xff"\n}\n\n'
    assert said.err == b""
    assert server.lines == [[b"WHATSAT", b"kiwi", b"0010.50", b"05"]]


async def test_a_command_says_its_token_first_and_never_prints_it(capfd: pytest.CaptureFixture[str]) -> None:
    async with stub() as (server, config, _):
        with_token = replace(config, access=AccessSettings(mine="0123456789abcdef"))
        assert await iamat(with_token, "kiwi", HERE, "5", "Stub") == 0
        assert await whatsat(with_token, "nobody", "1", "1", "Stub") == FAILED
        assert (
            await iamat(replace(config, access=AccessSettings(mine="two words")), "kiwi", HERE, None, "Stub")
            == MISUSED
        )
    auth = [b"AUTH", b"0123456789abcdef"]
    assert server.lines == [
        auth,
        [b"IAMAT", b"kiwi", HERE.encode(), b"5"],
        auth,
        [b"WHATSAT", b"nobody", b"1", b"1"],
    ]
    said = capfd.readouterr()
    assert "0123456789abcdef" not in said.out + said.err
    assert said.err.endswith("a token is one word without white space\n")


async def test_without_a_name_the_first_server_is_asked(capfd: pytest.CaptureFixture[str]) -> None:
    async with stub() as (server, config, port):
        assert await iamat(herd_of(First=port, Second=unused_port()), "kiwi", HERE, None, None) == 0
        assert await iamat(config, "kiwi", HERE, None, None) == FAILED
    assert len(server.lines) == 1
    assert capfd.readouterr().err.startswith("cannot reach 127.0.0.1 port ")


async def test_a_refusal_is_one_line_of_error_and_a_failure(capfd: pytest.CaptureFixture[str]) -> None:
    async with stub() as (_, config, port):
        assert await whatsat(config, "nobody", "10", "5", "Stub") == FAILED
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == f"127.0.0.1 port {port} refused: WHATSAT nobody 10 5\n"


async def test_bad_arguments_are_told_before_anybody_is_asked(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = herd_of(Down=unused_port())
    track = tmp_path / "track.gpx"
    track.write_text("<gpx><trk><trkseg><trkpt lat='1' lon='1'/></trkseg></trk></gpx>")
    for errand in (
        iamat(config, "a b", HERE, None, None),
        iamat(config, "kiwi", "34.06,-118.44", None, None),
        iamat(config, "kiwi", HERE, "", None),
        iamat(config, "kiwi", HERE, None, "Nobody"),
        whatsat(config, "kiwi", "51", "5", None),
        whatsat(config, "kiwi", "10", "21", None),
        whatsat(config, "kiwi", "10", "5", "Nobody"),
        replay(config, tmp_path / "none.gpx", "kiwi", 1.0, None),
        replay(config, track, "kiwi", 1.0, "Nobody"),
        replay(config, track, "a b", 1.0, None),
        replay(config, track, "kiwi", 0.0, None),
        replay(config, track, "kiwi", -1.0, None),
        replay(config, track, "kiwi", float("nan"), None),
        replay(config, track, "kiwi", float("inf"), None),
    ):
        assert await errand == MISUSED
        said = capfd.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1


async def test_replay_reports_every_point_of_the_file(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    track = tmp_path / "track.gpx"
    points = "".join(f"<trkpt lat='{i}' lon='0'/>" for i in range(3)) + "<trkpt/>"
    track.write_text(f"<gpx><trk><trkseg>{points}</trkseg></trk></gpx>")
    async with stub() as (server, config, _):
        assert await replay(config, track, "kiwi", 1e6, "Stub") == 0
    assert [line[2] for line in server.lines] == [b"+0+0", b"+1+0", b"+2+0"]
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.endswith("reported 3 of 3 points; 1 more in the file had no position\n")


class Time:
    """A clock that goes on only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        """Return the seconds slept so far."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the others go on, and the clock."""
        self.now += seconds
        await asyncio.sleep(0)


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Say that somebody looks at it."""
        return True


@pytest.mark.parametrize("speed", [0.5, 1.0, 10.0])
async def test_a_walk_keeps_the_rhythm_of_the_track(speed: float) -> None:
    time, output = Time(), io.StringIO()
    async with stub() as (server, _, port):
        await Replay(partial(Client.connect, "127.0.0.1", port), output, time.clock, time.sleep).walk(
            TRACK, "kiwi", speed
        )
    assert [line[2] for line in server.lines] == [point.location for point in TRACK.points]
    assert time.now == pytest.approx(60 / speed)


async def test_a_walk_goes_on_where_it_was_when_the_server_is_back() -> None:
    time, output = Time(), io.StringIO()
    async with stub() as (server, _, port):
        server.leave_after = [2, 0, 0, 3]
        await Replay(partial(Client.connect, "127.0.0.1", port), output, time.clock, time.sleep).walk(
            TRACK, "kiwi", 1.0
        )
    # The stub answers the last line before it leaves, so none is reported twice.
    assert [line[2] for line in server.lines] == [point.location for point in TRACK.points]
    assert output.getvalue().count("trying again") == 4
    assert output.getvalue().endswith("reported 7 of 7 points\n")


async def test_a_server_that_is_not_there_in_the_beginning_is_an_error() -> None:
    with pytest.raises(Disconnected):
        await Replay(partial(Client.connect, "127.0.0.1", unused_port()), io.StringIO()).walk(TRACK, "kiwi", 1.0)


async def test_kept_output_has_a_line_now_and_then() -> None:
    time, output = Time(), io.StringIO()
    async with stub() as (_, _, port):
        await Replay(partial(Client.connect, "127.0.0.1", port), output, time.clock, time.sleep).walk(
            TRACK, "kiwi", 2.0
        )
    first, *rest, last = output.getvalue().splitlines()
    assert first == "point 1 of 7  +0+0  0:00:30 left"
    assert rest
    assert len(rest) <= 3
    assert last == "reported 7 of 7 points"


async def test_a_terminal_has_one_line_that_changes() -> None:
    time, output = Time(), Terminal()
    async with stub() as (_, _, port):
        await Replay(partial(Client.connect, "127.0.0.1", port), output, time.clock, time.sleep).walk(
            TRACK, "kiwi", 1.0
        )
    states = output.getvalue().split("\r")
    assert "point 1 of 7  +0+0  0:00:57 left\x1b[K" in states
    assert "point 6 of 7  +5+0  0:00:01 left\x1b[K" in states
    assert output.getvalue().count("\n") == 1
    assert states[-1] == "reported 7 of 7 points\x1b[K\n"


async def test_a_walk_that_is_cancelled_says_how_far_it_came() -> None:
    output, arrived = io.StringIO(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        arrived.set()
        await asyncio.Event().wait()

    async with stub() as (server, _, port):
        walk = asyncio.ensure_future(
            Replay(partial(Client.connect, "127.0.0.1", port), output, sleep=sleep).walk(TRACK, "kiwi", 1.0)
        )
        async with asyncio.timeout(PATIENCE):
            await arrived.wait()
        walk.cancel()
        with pytest.raises(asyncio.CancelledError):
            await walk
    assert output.getvalue().endswith("reported 1 of 7 points\n")
    assert len(server.lines) == 1
