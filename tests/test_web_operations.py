"""/herd, /healthz, /readyz and /metrics of real servers: links up and down, others dead and hanging, scrapes."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from herd.config import Address, Config, Server
from herd.links.hearing import Hearing, Shared
from herd.links.seen import Seen
from herd.links.telling import Telling
from herd.links.wire import Wire
from herd.server import RunningServer
from tests.describing import check_reply
from tests.herding import HOST, PATIENCE, SECRET, free_ports, iamat, running, talk, until, within
from tests.webbing import Reply
from web.app import make_app
from web.operations.others import ANSWER_LIMIT
from web.operations.readiness import UNREACHABLE_SECONDS, Readiness
from web.operations.routes import OTHERS, READINESS

OPEN_METRICS = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.3"
METHODS = ["GET", "POST", "DELETE", "PROPFIND", "OPTIONS"]


@dataclass
class Site:
    """A server of the herd, and its gateway."""

    server: RunningServer
    app: web.Application
    session: ClientSession

    @property
    def url(self) -> str:
        """Where the gateway is."""
        return f"http://{self.server.config.servers[self.server.node.name].http}"

    async def ask(self, method: str, path: str, **headers: str) -> Reply:
        """Ask for a path."""
        async with self.session.request(method, self.url + path, headers=headers) as response:
            return Reply(response.status, dict(response.headers), await within(response.read()))

    async def get(self, path: str, **headers: str) -> Reply:
        """GET a path."""
        return await self.ask("GET", path, **headers)

    async def link(self, query: str = "") -> Any:
        """Return what it says of its first link."""
        return (await self.get(f"/herd{query}")).json["links"][0]

    async def scrape(self) -> dict[str, Metric]:
        """Return its metrics by name."""
        return {metric.name: metric for metric in parse_text((await self.get("/metrics")).body.decode())}


def settings(http: dict[str, int] | None = None) -> Config:
    """Return a herd in which Home and Away are neighbours; every address is fixed, some of HTTP may be given."""
    names = ("Home", "Away")
    ports = free_ports(4)
    servers = {
        name: Server(
            name,
            Address(HOST, ports[place]),
            Address(HOST, (http or {}).get(name, ports[place + 2])),
            tuple(other for other in names if other != name),
        )
        for place, name in enumerate(names)
    }
    return Config(servers, SECRET)


@asynccontextmanager
async def site(
    config: Config, name: str, folder: Path, clock: Callable[[], float] | None = None
) -> AsyncIterator[Site]:
    """Run a server with its gateway; `clock` is what its readiness goes by."""
    async with running(config, name, folder) as server:
        app = make_app(server)
        if clock:
            app[READINESS] = Readiness(server.node, server.links, clock)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        try:
            address = config.servers[name].http
            await web.TCPSite(runner, address.host, address.port).start()
            async with ClientSession() as session:
                yield Site(server, app, session)
        finally:
            await runner.cleanup()


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Site]:
    """Run Home, whose neighbour Away is not there."""
    async with site(settings(), "Home", tmp_path) as running_site:
        yield running_site


async def eventually(question: Callable[[], Awaitable[Any]], hoped: Callable[[Any], object]) -> Any:
    """Ask until the answer is as hoped, and return it."""
    async with asyncio.timeout(PATIENCE):
        while not hoped(answer := await question()):
            pass
    return answer


class Stub:
    """What answers at another server's HTTP address: the same bytes to everyone, when the test lets it."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: list[bytes] = []  # request lines
        self.open = asyncio.Event()
        self.port = 0

    @asynccontextmanager
    async def run(self) -> AsyncIterator["Stub"]:
        """Listen inside the block."""
        server = await asyncio.start_server(self._talk, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self
            self.open.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append((await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")[0])
            await self.open.wait()
            writer.write(self.answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # it was not waited for
        finally:
            writer.close()


def http(body: bytes, status: bytes = b"200 OK", more: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\nConnection: close\r\n%b\r\n%b" % (status, len(body), more, body)


@asynccontextmanager
async def beside(stub: Stub, folder: Path) -> AsyncIterator[Site]:
    """Run Home in a herd where the stub has the HTTP address of Away."""
    async with stub.run(), site(settings({"Away": stub.port}), "Home", folder) as home:
        yield home


async def test_herd_says_of_a_link_that_is_up_how_far_it_has_come(tmp_path: Path) -> None:
    config = settings()
    async with (
        site(config, "Home", tmp_path) as home,
        running(config, "Away", tmp_path),
        talk(home.server.port) as client,
    ):
        await client.ask(iamat(b"kiwi"))
        link = await eventually(home.link, lambda link: link["acknowledged"] and link["heard_number"])
        number = home.server.node.store.number
        assert link == {
            "peer": "Away",
            "up": True,
            "heard": True,
            "state": "up",
            "lag": 0,
            "acknowledged": number,
            "cursor": number,
            "heard_number": 1,  # what Home itself told it
            "clock_ahead": link["clock_ahead"],
            "eager": True,
            "reason": None,
        }
        said = (await home.get("/herd")).json
        del said["links"], said["uptime"], said["clock_off"]
        assert said == {
            "server": "Home",
            "life": home.server.node.life.decode(),
            "clients": 1,
            "number": number,
            "viewers": 0,
            "tcp": str(config.servers["Home"].tcp),
            "http": str(config.servers["Home"].http),
        }


async def test_herd_shows_that_a_link_went_down(tmp_path: Path) -> None:
    config = settings()
    async with site(config, "Home", tmp_path) as home:
        async with running(config, "Away", tmp_path):
            await eventually(home.link, lambda link: link["up"] and link["heard"])
        link = await eventually(home.link, lambda link: not link["up"] and not link["heard"])
    assert link["state"] == "down"
    assert link["lag"] is link["acknowledged"] is link["cursor"] is link["heard_number"] is None


async def test_what_came_from_the_peer_itself_is_no_lag(tmp_path: Path) -> None:
    config = settings()
    async with (
        site(config, "Home", tmp_path) as home,
        running(config, "Away", tmp_path) as away,
        talk(away.port) as client,
        talk(home.server.port) as here,
    ):
        await eventually(home.link, lambda link: link["up"])
        await client.ask(iamat(b"kiwi"))
        await here.knows(b"kiwi")
        said = (await home.get("/herd")).json
        assert said["number"] > 0
        assert said["links"][0]["lag"] == 0


async def test_lag_is_what_the_peer_has_not_acknowledged(home: Site) -> None:
    node = home.server.node
    telling = Telling(node, Wire(node, "to-Away"), "Away", b"life", 0, Seen())
    home.server.links.tellings["Away"] = telling
    async with talk(home.server.port) as client:
        for name in (b"a", b"b", b"c"):
            await client.ask(iamat(name))
    assert (await home.link())["state"] == "connecting"
    assert (await home.link())["lag"] == 3
    telling.acknowledged = 1
    link = await home.link()
    assert (link["state"], link["lag"]) == ("up", 2)
    telling.cursor = -1  # before all that the log reaches
    assert (await home.link())["state"] == "repairing"


async def test_all_shows_every_server_as_it_sees_itself(tmp_path: Path) -> None:
    config = settings()
    async with site(config, "Home", tmp_path) as home, site(config, "Away", tmp_path) as away:
        await eventually(home.link, lambda link: link["up"] and link["heard"])
        reply = await home.get("/herd?all=1")
        check_reply("get", "/herd", reply)
        both = reply.json
        assert list(both["servers"]) == ["Away"]
        assert both["servers"]["Away"]["life"] == away.server.node.life.decode()
        assert both["servers"]["Away"]["links"][0]["peer"] == "Home"
        assert "servers" not in both["servers"]["Away"]
        assert "servers" not in (await home.get("/herd")).json


async def test_a_dead_server_is_said_to_be_out_of_reach(home: Site) -> None:
    said = (await home.get("/herd?all=1")).json
    assert said["servers"] == {"Away": {"error": "could not be reached, or broke off"}}
    assert said["server"] == "Home"


async def test_a_server_that_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    async with beside(Stub(b""), tmp_path) as home:
        home.app[OTHERS].patience = 0.05
        said = (await home.get("/herd?all=1")).json
    assert said["servers"] == {"Away": {"error": "no answer in 0.05 s"}}


async def test_a_server_whose_port_is_left_open_cannot_be_asked(tmp_path: Path) -> None:
    async with site(settings({"Away": 0}), "Home", tmp_path) as home:
        said = (await home.get("/herd?all=1")).json
    assert "nobody knows it" in said["servers"]["Away"]["error"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http(b'{"server": "Welsh"}'), "another server answers at its address"),
        (http(b'["Away"]'), "another server answers at its address"),
        (http(b'{"server": "Away", "uptime": NaN}'), "answered with something that is not JSON"),
        (http(b'{"server": "Away", "uptime": 1e999}'), "answered with something that is not JSON"),
        (http(b"[" * 500_000), "answered with something that is not JSON"),
        (http(b"\xff"), "answered with something that is not JSON"),
        (http(b" " * (ANSWER_LIMIT + 1)), f"answered more than {ANSWER_LIMIT} bytes"),
        (http(b"", b"404 Not Found"), "answered with HTTP status 404"),
        (http(b"", b"302 Found", b"Location: /healthz\r\n"), "answered with HTTP status 302"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "could not be reached, or broke off"),
        (b"AT Away +0.1\n", "could not be reached, or broke off"),
        (b"", "could not be reached, or broke off"),
    ],
)
async def test_what_is_no_view_of_that_server_is_said_to_be_none(tmp_path: Path, answer: bytes, error: str) -> None:
    stub = Stub(answer)
    stub.open.set()
    async with beside(stub, tmp_path) as home:
        home.app[OTHERS].patience = PATIENCE
        assert (await home.get("/herd?all=1")).json["servers"] == {"Away": {"error": error}}


async def test_a_crowd_asks_the_others_once_and_never_for_all(tmp_path: Path) -> None:
    stub = Stub(http(b'{"server": "Away"}'))
    async with beside(stub, tmp_path) as home:
        home.app[OTHERS].patience = home.app[OTHERS].fresh = PATIENCE
        asking = [asyncio.create_task(home.get("/herd?all=1")) for _ in range(50)]
        await until(lambda: stub.asked, "Away is asked")
        stub.open.set()
        answers = await within(asyncio.gather(*asking))
        assert {answer.status for answer in answers} == {200}
        assert [answer.json["servers"] for answer in answers] == [{"Away": {"server": "Away"}}] * 50
        assert stub.asked == [b"GET /herd HTTP/1.1"]
        home.app[OTHERS].fresh = 0
        await home.get("/herd?all=1")
        await home.get("/herd?all=1")
        assert stub.asked == [b"GET /herd HTTP/1.1"] * 3


async def test_who_leaves_a_crowd_does_not_take_the_answer_from_the_others(tmp_path: Path) -> None:
    stub = Stub(http(b'{"server": "Away"}'))
    async with beside(stub, tmp_path) as home:
        home.app[OTHERS].patience = PATIENCE
        leaving = asyncio.create_task(home.get("/herd?all=1"))
        await until(lambda: stub.asked, "Away is asked")
        staying = asyncio.create_task(home.get("/herd?all=1"))
        leaving.cancel()
        await asyncio.wait([leaving])
        stub.open.set()
        assert (await within(staying)).json["servers"] == {"Away": {"server": "Away"}}
        assert len(stub.asked) == 1


async def test_all_is_zero_or_one(home: Site) -> None:
    reply = await home.get("/herd?all=yes")
    assert (reply.status, reply.kind, reply.json["field"]) == (400, "application/problem+json", "all")
    assert "servers" not in (await home.get("/herd?all=0")).json


async def test_a_server_is_healthy_as_soon_as_it_answers(home: Site) -> None:
    reply = await home.get("/healthz")
    assert (reply.status, reply.kind, reply.body) == (200, "text/plain; charset=utf-8", b"ok\n")
    assert (await home.ask("HEAD", "/healthz")).status == 200
    assert (await home.ask("POST", "/healthz")).status == 405


async def test_a_server_is_ready_once_a_neighbour_was_out_of_reach_for_long(tmp_path: Path) -> None:
    now = [100.0]
    async with site(settings(), "Home", tmp_path, lambda: now[0]) as home:
        now[0] += UNREACHABLE_SECONDS - 0.001
        reply = await home.get("/readyz")
        assert (reply.status, reply.kind) == (503, "application/problem+json")
        assert reply.json["missing"] == ["Away"]
        check_reply("get", "/readyz", reply)
        assert reply.json["detail"] == "not caught up with Away yet"
        plain = await home.get("/readyz", Accept="text/plain")
        assert (plain.status, plain.body) == (503, b"? GET /readyz\n")
        now[0] += 0.001
        assert (await home.get("/readyz")).status == 200


async def test_a_server_is_ready_once_its_neighbour_was_heard_and_stays_so(tmp_path: Path) -> None:
    config = settings()
    async with site(config, "Home", tmp_path, lambda: 0.0) as home:
        assert (await home.get("/readyz")).status == 503
        async with running(config, "Away", tmp_path) as away:
            async with talk(away.port) as client:
                await client.ask(iamat(b"kiwi"))
            await eventually(lambda: home.get("/readyz"), lambda reply: reply.status == 200)
        await eventually(home.link, lambda link: not link["heard"])
        assert (await home.get("/readyz")).body == b"ok\n"


async def test_what_happens_between_two_questions_counts_for_readiness(tmp_path: Path) -> None:
    config = settings()
    async with site(config, "Home", tmp_path, lambda: 0.0) as home:
        async with running(config, "Away", tmp_path):
            await until(lambda: b"ready: " in (tmp_path / "Home.log").read_bytes(), "Home says that it is ready")
        assert (await home.get("/readyz")).status == 200


async def test_metrics_say_what_the_server_knows(home: Site) -> None:
    node = home.server.node
    async with talk(home.server.port) as client:
        await client.ask(iamat(b"kiwi"))
        metrics = await home.scrape()
    values = {name: metric.samples[0].value for name, metric in metrics.items() if len(metric.samples) == 1}
    assert values["herd_clients"] == 1
    assert values["herd_feed_number"] == node.store.number
    doors = {sample.labels["door"]: sample.value for sample in metrics["herd_connections"].samples}
    assert doors["tcp"] == 1
    limits = {sample.labels["limit"]: sample.value for sample in metrics["herd_limit"].samples}
    assert limits["connections"] == node.limits.connections
    assert limits["requests"] == 200
    assert {sample.value for sample in metrics["herd_connections_refused"].samples} == {0}
    assert {sample.labels["of"] for sample in metrics["herd_buffered_bytes"].samples} == {"tcp", "http", "links"}
    assert values["herd_defects"] == 0
    assert values["herd_link_up"] == 0
    (server,) = metrics["herd_server_info"].samples
    assert server.labels == {"server": "Home", "life": node.life.decode()}
    states = {sample.labels["state"]: sample.value for sample in metrics["herd_links"].samples}
    assert states == {"up": 0, "connecting": 0, "repairing": 0, "down": 1}
    assert {sample.labels["of"] for sample in metrics["herd_viewers"].samples} == {"feed", "protocol"}


async def test_metrics_come_in_the_format_that_is_asked_for(home: Site) -> None:
    reply = await home.get("/metrics", Accept=OPEN_METRICS)
    assert reply.kind.startswith("application/openmetrics-text; version=1.0.0")
    families = parse_open_metrics(reply.body.decode())  # type: ignore[no-untyped-call]
    assert {family.name for family in families} >= {"herd_clients", "herd_http_requests"}
    assert (await home.get("/metrics")).kind.startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text; version=abc",
        "application/openmetrics-text; version=1.x.0",
        f"application/openmetrics-text; version={'9' * 5000}",
        "text/plain; version=1.0.0; escaping=<script>",
        "text/plain; version=",
        ";;;,=,",
        "*/*",
    ],
)
async def test_a_hostile_accept_gets_plain_metrics(home: Site, accept: str) -> None:
    reply = await home.get("/metrics", Accept=accept)
    assert (reply.status, reply.kind) == (200, "text/plain; version=0.0.4; charset=utf-8")


async def test_requests_are_counted_by_route_whatever_strangers_ask_for(home: Site) -> None:
    for number in range(20):
        for method in METHODS:
            await home.ask(method, f"/{number}/%ff%22?{number}")
    await home.get("/whatsat?client=nobody")
    metrics = await home.scrape()
    counted = {
        (sample.labels["route"], sample.labels["status"]): sample.value
        for sample in metrics["herd_http_requests"].samples
        if sample.name.endswith("_total")
    }
    assert counted == {("nowhere", "4xx"): 20 * len(METHODS), ("/whatsat", "4xx"): 1}
    timed = {
        sample.labels["route"]: sample.value
        for sample in metrics["herd_http_answer_seconds"].samples
        if sample.name.endswith("_count")
    }
    assert timed == {"nowhere": 20 * len(METHODS), "/whatsat": 1}


async def test_viewers_and_websockets_are_counted_while_they_stay(home: Site) -> None:
    async with (
        home.session.ws_connect(f"{home.url}/live") as live,
        home.session.ws_connect(f"{home.url}/ws"),
    ):
        assert json.loads((await within(live.receive())).data)["type"] == "snapshot"
        assert (await home.get("/herd")).json["viewers"] == 1
        viewers = (await home.scrape())["herd_viewers"].samples
    assert {sample.labels["of"]: sample.value for sample in viewers} == {"feed": 1, "protocol": 1}


async def test_servers_in_one_process_count_each_their_own(tmp_path: Path) -> None:
    config = settings()
    async with AsyncExitStack() as stack:
        home, away = [await stack.enter_async_context(site(config, name, tmp_path)) for name in ("Home", "Away")]
        for _ in range(3):
            await home.get("/healthz")
        assert not (await away.scrape())["herd_http_requests"].samples


async def test_a_server_is_not_ready_while_a_neighbour_has_more_to_tell(tmp_path: Path) -> None:
    config = settings()
    async with site(config, "Home", tmp_path, lambda: 0.0) as home:
        routing, wire = home.server.links.routing, Wire(home.server.node, "from-Away")
        shared = Shared(routing.seen, routing.filling, routing.moved)
        home.server.links.hearings["Away"] = Hearing(home.server.node, wire, "Away", b"life", shared)
        assert (await home.get("/readyz")).json["missing"] == ["Away"]
        wire.data_received(b"MARK 1000 1 5000\n")
        assert (await home.get("/readyz")).json["missing"] == ["Away"]
        wire.data_received(b"MARK 5000 1\n")
        assert (await home.get("/readyz")).status == 200
        del home.server.links.hearings["Away"]


async def test_a_link_that_is_down_says_why(home: Site) -> None:
    link = await eventually(home.link, lambda link: link["reason"])
    assert link["state"] == "down"
    assert "refused" in link["reason"] or "connect" in link["reason"].lower()
