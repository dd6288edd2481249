"""/openapi.json and /api: they say what the gateway has, no more and no less, and what it answers."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.herding import within
from tests.webbing import NOW, Gateway, Reply, gateway
from web.app import make_app
from web.assets import shelf
from web.clients.geojson import write_trailed
from web.clients.trails import Point
from web.describe.openapi import OPERATIONS, describe
from web.describe.samples import AT, REPORT

ORIGIN = "http://127.0.0.1:8101"
UNDESCRIBED = {("get", "/static/{}"), ("get", "/tiles/{}/{}/{}")}  # what pages are made of is for pages
KEYWORDS = {
    "type", "const", "enum", "pattern", "minimum", "maximum", "minItems", "maxItems", "items", "required",
    "properties", "additionalProperties", "oneOf", "$ref", "description", "default",
}  # fmt: skip
TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "null": type(None),
}  # fmt: skip
CLIENT = "client=kiwi.cs.ucla.edu"
JSON = {"Content_Type": "application/json"}
FORM = {"Content_Type": "application/x-www-form-urlencoded"}
ASKED: list[tuple[str, str, bytes | None, dict[str, str]]] = [
    ("post", "/iamat", json.dumps({"client": "a", "lat": 1, "lon": "-2.5"}).encode(), JSON),
    ("post", "/iamat", b'[{"client": "a", "location": "+1+1"}, {"client": 1}]', JSON),
    ("post", "/iamat", b"client=b&location=+1+1", FORM),
    ("post", "/iamat", b"client=b&location=+1+1", {**FORM, "Accept": "text/plain"}),
    ("post", "/iamat", b"client=b", FORM),
    ("post", "/iamat", b"client=b&lat=91&lon=0", FORM),
    ("post", "/iamat", b"<x/>", {"Content_Type": "text/xml"}),
    ("post", "/iamat", b"client=b&location=+1+1", {**FORM, "Origin": "http://evil.example"}),
    ("post", "/iamat", b"x" * (1024 * 1024 + 1), FORM),
    ("get", f"/whatsat?{CLIENT}", None, {}),
    ("get", f"/whatsat?{CLIENT}", None, {"Accept": "text/plain"}),
    ("get", "/whatsat?client=nobody", None, {}),
    ("get", f"/whatsat?{CLIENT}&radius=51", None, {}),
    ("get", "/ws", None, {}),
    ("get", "/live", None, {}),
    ("get", "/live?bbox=1", None, {}),
    ("get", "/events?since=1", None, {}),
    ("get", "/clients", None, {}),
    ("get", f"/clients?{CLIENT}", None, {}),
    ("get", "/clients?near=34.07,-118.45&radius=50&limit=1", None, {}),
    ("get", "/clients?bbox=x", None, {}),
    ("get", "/clients/kiwi.cs.ucla.edu", None, {}),
    ("get", "/clients/kiwi.cs.ucla.edu?trail=1", None, {}),
    ("get", "/clients?bbox=-125,32,-114,42&since=x:1", None, {}),
    ("get", "/clients?radius=1", None, {}),
    ("get", "/clients/nobody", None, {}),
    ("get", "/herd", None, {}),
    ("get", "/herd?all=1", None, {}),
    ("get", "/herd?all=2", None, {}),
    ("get", "/healthz", None, {}),
    ("get", "/readyz", None, {}),
    ("get", "/metrics", None, {}),
    ("get", "/metrics", None, {"Accept": "application/openmetrics-text; version=1.0.0"}),
    ("get", "/", None, {}),
    ("get", "/api", None, {}),
    ("get", "/openapi.json", None, {}),
    ("get", "/herd", None, {"Host": "evil.example"}),
]  # fmt: skip


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path) as running:
        yield running


class Shape:
    """The schemas of a description, and whether a value has one's shape.

    Stricter than JSON Schema: a field that is not described, or a keyword that is not known here, is an error.
    """

    def __init__(self, description: dict[str, Any]) -> None:
        self.schemas = description["components"]["schemas"]

    def check(self, value: Any, schema: dict[str, Any], where: str = "$") -> None:
        """AssertionError where the value is not as the schema says."""
        assert set(schema) <= KEYWORDS, f"{where}: {set(schema) - KEYWORDS}"
        if "$ref" in schema:
            self.check(value, self.schemas[schema["$ref"].removeprefix("#/components/schemas/")], where)
        if "oneOf" in schema:
            fits = [option for option in schema["oneOf"] if self._fits(value, option)]
            assert len(fits) == 1, f"{where}: {len(fits)} of {len(schema['oneOf'])} fit {value!r}"
        if "type" in schema:
            self._check_type(value, schema["type"], where)
        assert value == schema.get("const", value), where
        assert value in schema.get("enum", [value]), where
        if isinstance(value, str):
            assert re.search(schema.get("pattern", ""), value), f"{where}: {value!r}"
        elif isinstance(value, list):
            assert schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)), where
            for place, item in enumerate(value):
                self.check(item, schema.get("items", {}), f"{where}[{place}]")
        elif (
            isinstance(value, dict)
            and "properties" in schema | {"properties": 0}
            and schema.get("type") == "object"
        ):
            self._check_fields(value, schema, where)
        elif isinstance(value, int | float):
            assert schema.get("minimum", value) <= value <= schema.get("maximum", value), f"{where}: {value}"

    def _check_type(self, value: Any, types: str | list[str], where: str) -> None:
        names = [types] if isinstance(types, str) else types
        assert any(
            isinstance(value, TYPES[name]) and (name == "boolean") == isinstance(value, bool) for name in names
        ), f"{where}: {value!r} is not {types}"

    def _check_fields(self, value: dict[str, Any], schema: dict[str, Any], where: str) -> None:
        known, others = schema.get("properties", {}), schema.get("additionalProperties", False)
        assert set(schema.get("required", ())) <= set(value), f"{where}: {set(value)}"
        for name, field in value.items():
            assert name in known or others, f"{where}: {name} is not described"
            self.check(field, known.get(name, others if isinstance(others, dict) else {}), f"{where}.{name}")

    def _fits(self, value: Any, schema: dict[str, Any]) -> bool:
        try:
            self.check(value, schema)
        except AssertionError:
            return False
        return True


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
    assert referred == {f"#/components/{kind}/{name}" for kind, named in components.items() for name in named}


def test_every_field_in_a_path_is_described_and_no_other() -> None:
    for operation in OPERATIONS:
        named = [parameter.name for parameter in operation.parameters if parameter.where == "path"]
        assert re.findall(r"\{([^}]*)\}", operation.path) == named
        assert all(parameter.required for parameter in operation.parameters if parameter.where == "path")


@pytest.mark.parametrize(("method", "path", "body", "headers"), ASKED)
async def test_answers_are_as_described(
    home: Gateway, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> None:
    await home.post("text/plain", f"IAMAT {CLIENT.partition('=')[2]} +34.068930-118.445127 1520023934\n".encode())
    reply = await home.ask(method.upper(), path, body, **headers)
    check_reply(describe(ORIGIN), method, path, reply)


def check_reply(described: Any, method: str, path: str, reply: Reply) -> None:
    """AssertionError where an answer is not as described."""
    exact, _, pattern = path.partition("?")[0], "", "/clients/{id}"
    said = described["paths"].get(exact) or described["paths"][pattern]
    answer = said[method]["responses"][str(reply.status)]
    if "$ref" in answer:
        answer = described["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    content = answer["content"][reply.kind.partition(";")[0]]
    text = reply.body.decode()
    Shape(described).check(reply.json if "json" in reply.kind else text, content["schema"])


@pytest.mark.parametrize("longitudes", [(179.0, 179.5), (179.0, -179.0)])
def test_a_trail_is_as_described(longitudes: tuple[float, float]) -> None:
    trail = [Point(longitude, 0.5, 1520023934.0 + place) for place, longitude in enumerate(longitudes)]
    feature = json.loads(write_trailed(AT.encode(), trail))
    assert feature["geometry"]["type"] == "GeometryCollection"
    Shape(describe(ORIGIN)).check(feature, {"$ref": "#/components/schemas/Feature"})


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
