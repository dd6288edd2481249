"""/live and /events on real connections: what comes first, who is told what, and who is sent away."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse, WSMsgType, web

from herd.server import RunningServer
from tests.herding import HOST, iamat, running, small_herd, talk, until, within
from tests.watching import Frame, Picture, known, put, read_binary, read_json
from web.app import make_app
from web.box import Box
from web.feed.channel import FRAME_MOST
from web.feed.feed import Feed
from web.feed.watching import FEED
from web.search.keeping import FINDER

MANY = FRAME_MOST + 1


def said(frame: Frame) -> list[Any]:
    """Return the reports of a frame of either form."""
    found: list[Any] = frame["reports"] if "reports" in frame else frame["rows"]
    return found


class Watched:
    """A server whose feed is told at fifty frames a second, and the ways to see it."""

    def __init__(self, server: RunningServer, feed: Feed, session: ClientSession, runner: web.AppRunner) -> None:
        self.server = server
        self.store = server.node.store
        self.feed = feed
        self.runner = runner
        self.port: int = runner.addresses[0][1]
        self._session = session

    @property
    def here(self) -> str:
        """The place in the feed that a viewer which is up to date has come to."""
        return f"{self.store.life.decode()}:{self.store.number}"

    @asynccontextmanager
    async def live(self, query: str = "") -> AsyncIterator["Viewing"]:
        """Watch /live."""
        url = f"http://{HOST}:{self.port}/live{query}"
        async with self._session.ws_connect(url, max_msg_size=0) as connection:
            yield Viewing(connection)

    @asynccontextmanager
    async def events(self, query: str = "", **headers: str) -> AsyncIterator["Listening"]:
        """Watch /events."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://{HOST}:{self.port}/events{query}"
        async with self._session.get(url, headers=named, read_bufsize=2**22) as response:
            yield Listening(response)

    async def refusal(self, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
        """Ask for what is refused; return status and problem."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.get(f"http://{HOST}:{self.port}{path}", headers=named) as response:
            return response.status, await within(response.json(content_type="application/problem+json"))

    async def put_many(self, count: int) -> None:
        """Have the server hear of many clients over TCP."""
        async with talk(self.server.port) as client:
            client.send(*[iamat(b"many%d" % number) for number in range(count)])
            await client.lines(count)


class Viewing:
    """A viewer on a WebSocket."""

    def __init__(self, connection: ClientWebSocketResponse) -> None:
        self.connection = connection
        self.picture = Picture()

    async def payload(self) -> bytes:
        """Return the next frame as it came."""
        message = await within(self.connection.receive())
        assert message.type in {WSMsgType.TEXT, WSMsgType.BINARY}, message
        data: str | bytes = message.data
        return data.encode() if isinstance(data, str) else data

    async def frame(self) -> Frame:
        """Return the next frame, and show it."""
        payload = await self.payload()
        frame = read_json(payload) if payload[:1] == b"{" else read_binary(payload)
        self.picture.apply(frame)
        return frame

    async def reaches(self, number: int) -> None:
        """Take frames up to a number."""
        while self.picture.number < number:
            await self.frame()


class Listening:
    """A viewer of events."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response
        self.id = ""

    async def frame(self) -> Frame:
        """Return the next frame."""
        lines = [(await within(self.response.content.readline())).decode() for _ in range(3)]
        assert [line.partition(" ")[0] for line in lines] == ["id:", "data:", "\n"]
        self.id = lines[0].removeprefix("id: ").strip()
        frame: Frame = json.loads(lines[1].removeprefix("data: "))
        return frame


@asynccontextmanager
async def watched(folder: Path, patience: float = 60, heartbeat: float = 60) -> AsyncIterator[Watched]:
    """Run a server and its gateway."""
    async with running(small_herd({"Home": ()}, {}), "Home", folder) as server:
        app = make_app(server)
        feed = Feed(server.node, app[FINDER], frames_a_second=50, heartbeat=heartbeat, patience=patience)
        app[FEED] = feed
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        try:
            async with ClientSession() as session:
                yield Watched(server, feed, session, runner)
        finally:
            await runner.cleanup()
        assert not feed.viewers()


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path) as server:
        yield server


async def test_a_viewer_is_told_all_and_then_what_changes_as_it_is_heard_over_tcp(home: Watched) -> None:
    put(home.store, (b"old", 1, 2))
    async with home.live() as viewer, talk(home.server.port) as client:
        first = await viewer.frame()
        assert first == {
            "type": "snapshot",
            "server": "Home",
            "life": home.store.life.decode(),
            "number": home.store.number,
            "reports": first["reports"],
        }
        assert [report["client"] for report in first["reports"]] == ["old"]
        line = await client.ask(iamat(b"walker\xff"))
        changes = await viewer.frame()
        assert (changes["type"], changes["number"]) == ("changes", home.store.number)
        assert [report["at"].encode("utf-8", "surrogateescape") for report in changes["reports"]] == [line]
        assert viewer.picture.clients == known(home.store)


async def test_the_first_frame_is_a_snapshot_even_where_nobody_is_known(home: Watched) -> None:
    async with home.live() as viewer, home.live("?format=binary") as other, home.events() as listener:
        assert (await viewer.frame())["reports"] == []
        assert (await other.frame())["rows"] == []
        assert (await listener.frame())["type"] == "snapshot"


async def test_a_binary_frame_says_what_time_it_is_by_the_servers_clock(home: Watched) -> None:
    now = [1_520_023_934_750_000_000]
    home.server.node.clock = lambda: now[0]
    async with home.live("?format=binary") as viewer, home.live(f"?format=binary&since={home.here}") as other:
        assert (await viewer.frame())["now"] == 1520023934.75
        assert (await other.frame())["now"] == 1520023934.75
        now[0] += 1_250_000_000
        put(home.store, (b"walker", 1, 1))
        assert (await viewer.frame())["now"] == 1520023936.0


@pytest.mark.parametrize("query", ["", "&format=binary"])
async def test_who_says_life_and_number_gets_only_what_changed(home: Watched, query: str) -> None:
    put(home.store, (b"old", 1, 2), (b"both", 1, 2))
    async with home.live("?" + query[1:]) as viewer:
        await viewer.frame()
        picture = viewer.picture
    since = home.here
    for _ in range(50):
        put(home.store, (b"new", 3, 4), (b"both", 3, 4))
    async with home.live(f"?since={since}{query}") as viewer:
        viewer.picture = picture
        picture.told.clear()
        frames = [await viewer.frame()]
        while picture.number < home.store.number:  # what no tick has told yet comes with the next one
            frames.append(await viewer.frame())
        assert {frame["type"] for frame in frames} == {"changes"}
        # What no tick had told yet is told at once, and may be again with the next one.
        assert set(picture.told) == {"new", "both"}
        assert len(picture.told) <= 4
        assert picture.clients == known(home.store)
    async with home.live(f"?since={home.here}{query}") as viewer:
        frame = await viewer.frame()
        assert (frame["type"], said(frame)) == ("changes", [])


async def test_a_number_of_another_life_or_of_the_future_brings_a_snapshot(home: Watched) -> None:
    put(home.store, (b"old", 1, 2))
    life = home.store.life.decode()
    for since in ("0123:1", f"{life}:{home.store.number + 1}", f"{life}:{10**17}"):
        async with home.live(f"?since={since}") as viewer:
            assert (await viewer.frame())["type"] == "snapshot"


@pytest.mark.parametrize("query", ["?", "?format=binary"])
async def test_ten_thousand_and_one_reports_come_in_two_frames(home: Watched, query: str) -> None:
    await home.put_many(MANY)
    for since, kind in (("", "snapshot"), (f"&since={home.store.life.decode()}:0", "changes")):
        async with home.live(query + since) as viewer:
            frames = [await viewer.frame(), await viewer.frame()]
            assert [frame["type"] for frame in frames] == [kind] * 2
            assert [frame.get("more", False) for frame in frames] == [True, False]
            counts = [len(said(frame)) for frame in frames]
            assert sum(counts) == MANY
            assert max(counts) <= FRAME_MOST
            assert viewer.picture.clients == known(home.store)


@pytest.mark.parametrize("query", ["", "?format=binary"])
async def test_viewers_that_are_up_to_date_get_the_very_same_bytes(home: Watched, query: str) -> None:
    async with home.live(query) as one, home.live(query) as other:
        await one.payload()
        await other.payload()
        for latitude in range(5):
            put(home.store, *[(b"walker%d" % number, latitude, number) for number in range(100)])
            # Each is told in one tick, for both wait for it before the next change.
            assert await one.payload() == await other.payload()


async def test_a_viewer_with_a_box_is_told_of_who_is_in_it_and_who_leaves(home: Watched) -> None:
    put(home.store, (b"in", 0, 180), (b"out", 0, 0))
    box = Box(170, -10, -170, 10)
    for query in ("?bbox=170,-10,-170,10", "?bbox=170,-10,-170,10&format=binary"):
        async with home.live(query) as viewer:
            await viewer.frame()
            assert set(viewer.picture.clients) == {"in"}
            put(home.store, (b"out", 5, -175))
            await viewer.reaches(home.store.number)
            assert set(viewer.picture.clients) == {"in", "out"}
            put(home.store, (b"out", 15, -175))
            await viewer.reaches(home.store.number)
            assert viewer.picture.clients == known(home.store, box)


async def test_events_say_the_same_and_resume_where_the_browser_stopped(home: Watched) -> None:
    put(home.store, (b"old", 1, 2))
    async with home.events() as listener, home.live() as viewer:
        assert listener.response.headers["Content-Type"] == "text/event-stream"
        assert await listener.frame() == await viewer.frame()
        put(home.store, (b"new", 1, 2))
        assert await listener.frame() == await viewer.frame()
        assert listener.id == home.here
    put(home.store, (b"new", 3, 4))
    stale = f"?since={home.store.life.decode()}:0"
    await until(lambda: not home.feed.ticking, "the listener is gone")
    async with home.events(stale, Last_Event_ID=listener.id) as listener:
        frame = await listener.frame()
        assert (frame["type"], [report["lat"] for report in frame["reports"]]) == ("changes", [3.0])
    async with home.events(stale) as listener:
        assert len((await listener.frame())["reports"]) == 2


async def test_events_reach_a_program_that_speaks_http_1_0(home: Watched) -> None:
    put(home.store, (b"old", 1, 2))
    async with talk(home.port) as program:
        program.send(b"GET /events?bbox=0,0,9,9 HTTP/1.0\r", b"\r")
        while await program.line() != b"\r":
            pass
        assert (await program.line()).decode() == f"id: {home.here}"
        assert json.loads((await program.line()).removeprefix(b"data: "))["number"] == home.store.number


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=", "since"),
        ("since=life", "since"),
        ("since=life:-1", "since"),
        ("since=life:1e3", "since"),
        ("since=li%20fe:1", "since"),
        ("bbox=", "bbox"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=0,10,1,9", "bbox"),
        ("bbox=0,0,181,1", "bbox"),
        ("format=xml", "format"),
    ],
)
async def test_what_is_asked_wrongly_is_a_problem_that_names_its_field(
    home: Watched, query: str, field: str
) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
    for path, headers in (("/live", upgrade), ("/events", {})):
        status, problem = await home.refusal(f"{path}?{query}", **headers)
        assert (status, problem["field"]) == (400, field)


async def test_live_without_a_websocket_and_events_in_binary_are_refused(home: Watched) -> None:
    assert (await home.refusal("/live"))[0] == 426
    assert (await home.refusal("/live", Upgrade="websocket", Connection="Upgrade"))[0] == 426
    assert (await home.refusal("/events?format=binary"))[0] == 400
    status, problem = await home.refusal("/events", Last_Event_ID="nonsense")
    assert (status, problem["field"]) == (400, "Last-Event-ID")


@pytest.mark.parametrize("query", ["?", "?format=binary&"])
async def test_where_nothing_changes_an_empty_frame_shows_that_the_server_is_there(
    tmp_path: Path, query: str
) -> None:
    async with watched(tmp_path, heartbeat=0.01) as home:
        put(home.store, (b"old", 1, 2))
        async with home.live(f"{query}since={home.here}") as viewer:
            for _ in range(3):
                frame = await viewer.frame()
                assert (frame["type"], frame["number"]) == ("changes", home.store.number)
                assert said(frame) == []


def shake_hands(home: Watched, path: str = "/live") -> socket.socket:
    """Connect as a viewer that will read nothing, with little room for what it does not read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((HOST, home.port))
    key = base64.b64encode(bytes(16)).decode()
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    return connection


@pytest.mark.parametrize("path", ["/live", "/live?format=binary", "/events"])
async def test_a_viewer_that_stops_reading_holds_one_frame_until_it_is_sent_away(tmp_path: Path, path: str) -> None:
    async with watched(tmp_path, patience=0.5) as home:
        await home.put_many(MANY)
        with shake_hands(home, path):
            await until(home.feed.viewers, "the viewer that does not read")
            async with home.live() as viewer:
                await viewer.reaches(home.store.number)
                for latitude in range(20):
                    put(home.store, *[(b"many%d" % number, latitude, 0) for number in range(1000)])
                    await viewer.reaches(home.store.number)
                assert viewer.picture.clients == known(home.store)
                await until(lambda: len(home.feed.viewers()) == 1, "the viewer that does not read is sent away")


async def test_a_viewer_that_reads_on_late_gets_one_merged_frame(home: Watched) -> None:
    async with home.live() as viewer:
        await viewer.frame()
        assert viewer.connection._response.connection is not None
        transport = viewer.connection._response.connection.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        async with home.live() as witness:
            for latitude in range(40):
                put(home.store, *[(b"walker%d" % number, latitude, 0) for number in range(2000)])
                await witness.reaches(home.store.number)
        transport.resume_reading()
        await viewer.reaches(home.store.number)
        assert viewer.picture.clients == known(home.store)
        assert viewer.picture.frames < witness.picture.frames


async def test_a_viewer_that_leaves_is_forgotten_and_with_the_last_one_the_ticks_end(home: Watched) -> None:
    async with home.live() as viewer:
        await viewer.frame()
        assert len(home.feed.viewers()) == 1
    await until(lambda: not home.feed.viewers(), "the viewer is gone")
    with shake_hands(home) as connection:
        await until(home.feed.viewers, "the viewer")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))  # a reset
    await until(lambda: not home.feed.viewers(), "the viewer is gone")
    await until(lambda: not home.feed.ticking, "nothing runs")


async def test_a_listener_that_leaves_is_forgotten_though_nothing_changes(home: Watched) -> None:
    async with home.events() as listener:
        await listener.frame()
    await until(lambda: not home.feed.viewers(), "the listener is gone")


async def test_what_a_viewer_says_is_not_listened_to_and_a_long_message_ends_it(home: Watched) -> None:
    async with home.live() as viewer:
        await viewer.frame()
        await viewer.connection.send_str("IAMAT x +0+0 0")
        await viewer.connection.ping()
        put(home.store, (b"walker", 1, 1))
        assert (await viewer.frame())["number"] == home.store.number
        await viewer.connection.send_bytes(bytes(4096))
        message = await within(viewer.connection.receive())
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1009)
    assert home.server.node.store.newest(b"x") is None


async def test_at_shutdown_viewers_are_told_to_come_back_and_nobody_holds_it_up(home: Watched) -> None:
    await home.put_many(MANY)
    with shake_hands(home), shake_hands(home, "/events"):
        async with home.live() as viewer, home.events() as listener:
            await viewer.frame()
            await listener.frame()
            await until(lambda: len(home.feed.viewers()) == 4, "everyone")
            ending = asyncio.ensure_future(home.runner.cleanup())
            while (message := await within(viewer.connection.receive())).type is WSMsgType.TEXT:
                pass
            assert (message.type, message.data) == (WSMsgType.CLOSE, 1001)
            await within(listener.response.content.read())
            await within(ending)
