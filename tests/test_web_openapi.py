"""/openapi.json and /api: they say what the gateway has, no more and no less, and what it answers."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from herd.sections.limits import LimitsSettings
from tests.describing import ORIGIN, Shape, check_reply, described_path
from tests.herding import HOST, within
from tests.watching import put
from tests.webbing import NOW, Gateway, gateway
from web.app import make_app
from web.assets import shelf
from web.clients.routes import TRAILS
from web.describe.openapi import OPERATIONS, describe
from web.describe.samples import AT, REPORT

UNDESCRIBED = {("get", "/static/{}"), ("get", "/tiles/{}/{}/{}")}  # what pages are made of is for pages
CLIENT = "client=kiwi.cs.ucla.edu"
JSON = {"Content_Type": "application/json"}
FORM = {"Content_Type": "application/x-www-form-urlencoded"}
SOCKET = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "aGVyZCBsaXZlIGhlcmQhIQ==",
}  # fmt: skip
FOREIGN = {"Origin": "http://evil.example"}
# Method, path, status, body, headers.
Asked = tuple[str, str, int, bytes | None, dict[str, str]]
ASKED: list[Asked] = [
    ("post", "/iamat", 200, json.dumps({"client": "a", "lat": 1, "lon": "-2.5"}).encode(), JSON),
    ("post", "/iamat", 200, b'[{"client": "a", "location": "+1+1"}, {"client": 1}]', JSON),
    ("post", "/iamat", 200, b"client=b&location=+1+1", FORM),
    ("post", "/iamat", 200, b"client=b&location=+1+1", {**FORM, "Accept": "text/plain"}),
    ("post", "/iamat", 200, b"IAMAT a +1+1 5\nx\n", {"Content_Type": "text/plain"}),
    ("post", "/iamat", 400, b"client=b", FORM),
    ("post", "/iamat", 400, b"client=b&lat=91&lon=0", FORM),
    ("post", "/iamat", 403, b"client=b&location=+1+1", {**FORM, **FOREIGN}),
    ("post", "/iamat", 413, b"x" * (1024 * 1024 + 1), FORM),
    ("post", "/iamat", 415, b"<x/>", {"Content_Type": "text/xml"}),
    ("get", f"/whatsat?{CLIENT}", 200, None, {}),
    ("get", f"/whatsat?{CLIENT}", 200, None, {"Accept": "text/plain"}),
    ("get", f"/whatsat?{CLIENT}&radius=51", 400, None, {}),
    ("get", "/whatsat?client=nobody", 404, None, {}),
    ("get", "/ws", 426, None, {}),
    ("get", "/ws", 403, None, {**SOCKET, **FOREIGN}),
    ("get", "/live", 426, None, {}),
    ("get", "/live?bbox=1", 400, None, {}),
    ("get", "/live", 403, None, {**SOCKET, **FOREIGN}),
    ("get", "/events?since=1", 400, None, {}),
    ("get", "/clients", 200, None, {}),
    ("get", "/clients", 304, None, {"If_None_Match": "*"}),
    ("get", f"/clients?{CLIENT}", 200, None, {}),
    ("get", "/clients?near=34.07,-118.45&radius=50&limit=1", 200, None, {}),
    ("get", "/clients?bbox=-125,32,-114,42&since=x:1", 200, None, {}),
    ("get", "/clients?bbox=x", 400, None, {}),
    ("get", "/clients?radius=1", 400, None, {}),
    ("get", "/clients?client=nobody", 404, None, {}),
    ("get", "/clients/kiwi.cs.ucla.edu", 200, None, {}),
    ("get", "/clients/kiwi.cs.ucla.edu?trail=1", 200, None, {}),
    ("get", "/clients/kiwi.cs.ucla.edu", 304, None, {"If_None_Match": "*"}),
    ("get", "/clients/kiwi.cs.ucla.edu?trail=2", 400, None, {}),
    ("get", "/clients/nobody", 404, None, {}),
    ("delete", "/clients/kiwi.cs.ucla.edu", 403, None, {"Origin": "https://evil.example"}),
    ("delete", "/clients/kiwi.cs.ucla.edu", 204, None, {}),
    ("delete", "/clients/nobody", 404, None, {}),
    ("get", "/herd", 200, None, {}),
    ("get", "/herd?all=1", 200, None, {}),
    ("get", "/herd?all=2", 400, None, {}),
    ("get", "/healthz", 200, None, {}),
    ("get", "/readyz", 200, None, {}),
    ("get", "/metrics", 200, None, {}),
    ("get", "/metrics", 200, None, {"Accept": "application/openmetrics-text; version=1.0.0"}),
    ("get", "/", 200, None, {}),
    ("get", "/login", 303, None, {}),
    ("post", "/login", 303, b"token=", FORM),
    ("post", "/logout", 303, None, {}),
    ("get", "/api", 200, None, {}),
    ("get", "/openapi.json", 200, None, {}),
    ("get", "/herd", 421, None, {"Host": "evil.example"}),
]  # fmt: skip
# Those that last, or need a server of their own: the tests below that name them, test_web_operations and
# test_web_tokens.
ASKED_BELOW = {
    ("get", "/live", 101), ("get", "/ws", 101), ("get", "/events", 200), ("get", "/live", 503),
    ("get", "/events", 503), ("post", "/iamat", 408), ("get", "/readyz", 503), ("delete", "/clients/{id}", 503),
    ("post", "/iamat", 503),
    # test_web_tokens
    ("get", "/", 303), ("get", "/login", 200), ("post", "/login", 403), ("post", "/login", 429),
}  # fmt: skip


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path) as running:
        yield running


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every body that the description shows, with where it stands."""
    for path, methods in describe(ORIGIN)["paths"].items():  # type: ignore[attr-defined]
        for method, said in methods.items():
            for kind, content in said.get("requestBody", {}).get("content", {}).items():
                yield f"{method} {path} {kind}", content
            for status, answer in said["responses"].items():
                for kind, content in answer.get("content", {}).items():
                    yield f"{method} {path} {status} {kind}", content


def shape_of(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


async def test_what_is_described_is_what_there_is(home: Gateway) -> None:
    routes = {
        (route.method.lower(), shape_of(route.resource.canonical))
        for route in make_app(home.server).router.routes()
        if route.resource and route.method != "HEAD"
    }
    described = [(operation.method, shape_of(operation.path)) for operation in OPERATIONS]
    assert set(described) == routes - UNDESCRIBED
    assert len(described) == len(set(described)) == len({operation.name for operation in OPERATIONS})


def test_every_example_has_the_shape_that_stands_beside_it() -> None:
    shape = Shape(describe(ORIGIN))
    shown = [(where, content) for where, content in bodies() if "example" in content]
    assert len(shown) > 10
    for where, content in shown:
        shape.check(content["example"], content["schema"], where)
    for operation in OPERATIONS:
        for parameter in operation.parameters:
            if parameter.example is not None:
                shape.check(parameter.example, parameter.schema, f"{operation.name} {parameter.name}")


def test_every_reference_leads_somewhere_and_every_schema_is_needed() -> None:
    described = describe(ORIGIN)
    referred = set(re.findall(r'"\$ref": "(#[^"]+)"', json.dumps(described)))
    components: dict[str, Any] = described["components"]  # type: ignore[assignment]
    schemes = set(components.pop("securitySchemes"))  # these are named without a $ref
    assert {name for option in described["security"] for name in option} == schemes  # type: ignore[attr-defined]
    assert referred == {f"#/components/{kind}/{name}" for kind, named in components.items() for name in named}


def test_every_field_in_a_path_is_described_and_no_other() -> None:
    for operation in OPERATIONS:
        named = [parameter.name for parameter in operation.parameters if parameter.where == "path"]
        assert re.findall(r"\{([^}]*)\}", operation.path) == named
        assert all(parameter.required for parameter in operation.parameters if parameter.where == "path")


def test_every_answer_that_is_described_is_asked_for() -> None:
    asked = {(method, described_path(path), status) for method, path, status, *_ in ASKED}
    described = {
        (operation.method, operation.path, int(status)) for operation in OPERATIONS for status in operation.answers
    }
    assert described <= asked | ASKED_BELOW
    assert described >= ASKED_BELOW


@pytest.mark.parametrize(("method", "path", "status", "body", "headers"), ASKED)
async def test_answers_are_as_described(
    home: Gateway, method: str, path: str, status: int, body: bytes | None, headers: dict[str, str]
) -> None:
    await home.post("text/plain", f"IAMAT {CLIENT.partition('=')[2]} +34.068930-118.445127 1520023934\n".encode())
    reply = await home.ask(method.upper(), path, body, **headers)
    assert reply.status == status
    check_reply(method, path, reply)


async def test_refusals_beyond_a_limit_are_as_described(tmp_path: Path) -> None:
    async with gateway(tmp_path, limits=LimitsSettings(viewers=0, requests=2)) as home:
        replies = [("/live", await home.get("/live", **SOCKET)), ("/events", await home.get("/events"))]
        while replies[-1][1].status != 429:
            replies.append(("/herd", await home.get("/herd")))
        assert [reply.status for _, reply in replies[:2]] == [503, 503]
        for path, reply in replies:
            check_reply("get", path, reply)


async def test_a_body_that_does_not_arrive_is_answered_as_described(tmp_path: Path) -> None:
    async with gateway(tmp_path, patience=0.01) as home:
        head = (
            f"POST /iamat HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
        )
        answer = await home.raw(head.encode())
    opening, _, body = answer.partition(b"\r\n\r\n")
    assert opening.startswith(b"HTTP/1.1 408 ")
    Shape(describe(ORIGIN)).check(json.loads(body), {"$ref": "#/components/schemas/Problem"})


@pytest.mark.parametrize("path", ["/live", "/ws"])
async def test_a_websocket_is_opened_with_the_headers_that_are_described(home: Gateway, path: str) -> None:
    described: Any = describe(ORIGIN)
    async with home.session.ws_connect(home.url + path) as socket:
        said = {name.lower() for name in socket._response.headers}
    assert {name.lower() for name in described["paths"][path]["get"]["responses"]["101"]["headers"]} <= said


@pytest.mark.parametrize("longitudes", [(170, 175, 179), (178, 179, -179)])
async def test_features_and_collections_are_as_described(home: Gateway, longitudes: tuple[int, ...]) -> None:
    store, trails = home.server.node.store, home.runner.app[TRAILS]
    begun = f"{store.life.decode()}:{store.number}"
    for longitude in longitudes:
        put(store, (b"ship", 1, longitude), (b"stone", 2, 2))
        trails.tick()
    found = {}
    for query in ("", "?near=1,170&limit=5", "?bbox=0,0,9,9", f"?since={begun}", f"?since={begun}&bbox=0,0,9,9"):
        reply = await home.get(f"/clients{query}")
        check_reply("get", "/clients", reply)
        found[query] = reply.json
    assert found["?near=1,170&limit=5"]["features"][0]["distance"] > 0
    assert (found[f"?since={begun}"]["full"], found[f"?since={begun}&bbox=0,0,9,9"]["gone"]) == (False, ["ship"])
    for path in (
        "/clients/ship",
        "/clients/ship?trail=1",
        "/clients/stone?trail=1",
        "/clients?client=ship&trail=1",
    ):
        reply = await home.get(path)
        check_reply("get", path, reply)
        found[path] = reply.json
    point, line = found["/clients/ship?trail=1"]["geometry"]["geometries"]
    assert (point["type"], line["type"]) == ("Point", "LineString" if longitudes[-1] > 0 else "MultiLineString")
    assert "times" in found["/clients/ship?trail=1"]
    assert found["/clients/stone?trail=1"]["geometry"]["type"] == "Point"


async def test_frames_of_the_feed_are_as_described(home: Gateway) -> None:
    shape, frame = Shape(describe(ORIGIN)), {"$ref": "#/components/schemas/Frame"}
    assert [operation.path for operation in OPERATIONS if operation.frames == "Frame"] == ["/live", "/events"]
    async with (
        home.session.ws_connect(f"{home.url}/live") as live,
        home.session.get(f"{home.url}/events") as events,
    ):
        await home.tcp(f"IAMAT {REPORT['client']} {REPORT['location']} {REPORT['time']}\n".encode())
        reports: list[Any] = []
        while not reports:
            said = json.loads((await within(live.receive())).data)
            shape.check(said, frame)
            reports = said["reports"]
        assert (await within(events.content.readline())).startswith(b"id: ")
        shape.check(json.loads((await within(events.content.readline())).removeprefix(b"data: ")), frame)


async def test_the_example_of_a_report_is_what_a_server_answers(home: Gateway) -> None:
    assert REPORT["at"] == AT
    home.server.node.clock = lambda: NOW + 182_837_383
    home.server.node.heard_by = b"AT Goloman "
    reply = await home.tell({name: dict(REPORT)[name] for name in ("client", "location", "time")})
    assert reply.json == REPORT


async def test_the_description_speaks_of_the_origin_that_was_asked(home: Gateway) -> None:
    described = (await home.get("/openapi.json")).json
    assert described["openapi"] == "3.1.0"
    assert described["servers"] == [{"url": home.url}]
    for methods in described["paths"].values():
        for said in methods.values():
            (sample,) = said["x-codeSamples"]
            assert sample["source"].startswith("curl ")
            assert home.url in sample["source"]
    named = (await home.get("/openapi.json", Host="localhost:99999")).json  # no port, but a word all the same
    assert named["servers"] == [{"url": "http://localhost:99999"}]


async def test_the_page_shows_each_endpoint_with_its_curl_line(home: Gateway) -> None:
    reply = await home.get("/api")
    page = unescape(reply.body.decode())
    assert reply.kind == "text/html; charset=utf-8"
    for operation in OPERATIONS:
        assert f'id="{operation.name}"' in page
        assert f">{operation.curl.replace('{origin}', home.url)}<" in page
    assert "<script" not in page
    assert "style=" not in page
    links = re.findall(r'href="#([^"]+)"', page)
    assert set(links) <= set(re.findall(r'id="([^"]+)"', page))


async def test_the_page_has_its_style_sheet(home: Gateway) -> None:
    page = (await home.get("/api")).body.decode()
    (sheet,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    assert "css/api.css" in shelf()
    reply = await home.get(sheet)
    assert (reply.status, reply.kind) == (200, "text/css; charset=utf-8")
