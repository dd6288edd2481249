"""/clients through a real gateway: who is told, in which order, as what; and what is asked wrongly."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from aiohttp import ClientSession, DummyCookieJar, web

from herd.batch import OWN_CLIENTS
from herd.facts import Forget
from herd.messages import parse_at
from herd.store import LOG_LEAST
from tests.herding import HOST, iamat, running, small_herd, talk, until, within
from tests.watching import put
from tests.webbing import NOW, Gateway, Places, Reply
from web.accept import accepts_gzip
from web.app import make_app
from web.clients.routes import SLICE, TRAILS
from web.clients.streaming import headers_of, stream
from web.clients.trails import CHANGES_A_TICK, CLIENTS_MOST, POINTS_MOST, Trails
from web.keys import SERVER
from web.schema import to_json, to_text
from web.search.keeping import FINDER

Json = dict[str, Any]
GEOJSON = "application/geo+json"


@asynccontextmanager
async def gateway(folder: Path, *routes: web.AbstractRouteDef) -> AsyncIterator[Gateway]:
    """Run a server and a gateway with /clients; nothing may have met a defect when they end."""
    async with running(small_herd({"Home": ()}, {}), "Home", folder) as server:
        server.node.clock = lambda: NOW
        app = make_app(server)
        app.add_routes(routes)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, 0).start()
            plain = {"Accept-Encoding": "identity"}
            jar = DummyCookieJar()
            async with ClientSession(cookie_jar=jar, headers=plain, auto_decompress=False) as session:
                yield Gateway(server, Places(), session, runner, folder / "Home.log")
        finally:
            await runner.cleanup()


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path) as home:
        yield home


def here(home: Gateway) -> str:
    """Return the place in the feed that an answer of now has come to."""
    store = home.server.node.store
    return f"{store.life.decode()}:{store.number}"


def names(collection: Json) -> list[str]:
    return [feature["id"] for feature in collection["features"]]


async def collection(home: Gateway, query: str = "") -> Json:
    """Ask for a collection, and check what every one has."""
    reply = await home.get(f"/clients{query}")
    assert (reply.status, reply.kind, reply.headers["Cache-Control"]) == (200, GEOJSON, "no-cache")
    found: Json = reply.json
    store = home.server.node.store
    assert found["type"] == "FeatureCollection"
    assert (found["server"], found["life"], found["number"]) == ("Home", store.life.decode(), store.number)
    assert ("full" in found) == ("gone" in found) == ("since" in query)
    for feature in found["features"]:
        report = feature["properties"]
        assert feature["type"] == "Feature"
        assert feature["geometry"] == {"type": "Point", "coordinates": [report["lon"], report["lat"]]}
        assert feature["id"] == report["client"]
        line = store.reports[report["client"].encode("utf-8", "surrogateescape")][1]
        assert report == to_json(parse_at(line))
    return found


async def test_all_clients_are_a_feature_collection_with_life_and_number(home: Gateway) -> None:
    assert names(await collection(home)) == []
    await home.tcp(b"\n".join([iamat(b"kiwi"), iamat(b"\xff\xfe", location=b"-90+180"), iamat(b'"<b>')]))
    assert sorted(names(await collection(home))) == ['"<b>', "kiwi", "\udcff\udcfe"]


async def test_more_clients_than_a_slice_are_all_told_once(home: Gateway) -> None:
    put(home.server.node.store, *[(b"%d" % number, number % 90, number % 180) for number in range(3 * SLICE + 1)])
    assert len(set(names(await collection(home)))) == 3 * SLICE + 1
    inside = await collection(home, "?bbox=-180,-90,180,90")
    assert len(set(names(inside))) == 3 * SLICE + 1
    assert len(names(await collection(home, f"?near=0,0&limit={2 * SLICE}"))) == 2 * SLICE


@pytest.mark.parametrize(
    ("box", "found"),
    [
        ("170,-20,-170,20", {"east", "west"}),
        ("-170,-20,170,20", {"zero", "edge"}),
        ("10,10,20,20", {"edge"}),
        ("0,0,10,10", {"zero", "edge"}),
        ("-180,80,180,90", {"pole"}),
        ("30,30,30,30", set()),
    ],
)
async def test_a_box_has_its_edges_and_may_cross_the_antimeridian(home: Gateway, box: str, found: set[str]) -> None:
    store = home.server.node.store
    put(store, (b"east", 0, 175), (b"west", 0, -175), (b"zero", 0, 0), (b"edge", 10, 10), (b"pole", 90, 77))
    assert set(names(await collection(home, f"?bbox={box}"))) == found


async def test_the_nearest_come_first_with_their_distance_in_km(home: Gateway) -> None:
    store = home.server.node.store
    put(store, (b"fiji", -17, 179), (b"over", -17, -179), (b"far", 40, 0), (b"pole", 90, 0), (b"same", -17, 179))
    found = await collection(home, "?near=-17,179.9")
    assert names(found) == ["fiji", "same", "over", "pole", "far"]
    distances = [feature["distance"] for feature in found["features"]]
    assert distances == sorted(distances)
    assert distances[0] == distances[1] == pytest.approx(95.7, abs=0.1)
    assert names(await collection(home, "?near=-17,179.9&radius=100")) == ["fiji", "same"]
    assert names(await collection(home, "?near=-17,179.9&limit=1")) == ["fiji"]
    assert names(await collection(home, "?near=90,-133&radius=0")) == ["pole"]
    assert names(await collection(home, "?near=+90,+5&radius=1.5")) == ["pole"]
    assert names(await collection(home, "?near=%2B90,-5&limit=0")) == []


async def test_a_search_sees_who_moved_since_the_last(home: Gateway) -> None:
    store = home.server.node.store
    put(store, (b"a", 1, 1), (b"b", 2, 2))
    assert names(await collection(home, "?near=1,1&radius=5")) == ["a"]
    put(store, (b"a", 50, 50), (b"b", 1, 1))
    assert names(await collection(home, "?near=1,1&radius=5")) == ["b"]
    assert names(await collection(home, "?bbox=49,49,51,51")) == ["a"]


async def test_a_server_that_nobody_searches_has_no_grid(home: Gateway) -> None:
    put(home.server.node.store, (b"a", 1, 1))
    await collection(home)
    await collection(home, f"?since={here(home)}")
    assert (await home.ask("HEAD", "/clients?near=1,1")).status == 200
    finder = home.runner.app[FINDER]
    assert not finder.made
    await collection(home, "?near=1,1")
    assert finder.made


async def test_whoever_says_life_and_number_is_told_only_what_changed(home: Gateway) -> None:
    store = home.server.node.store
    put(store, (b"still", 1, 1), (b"moves", 2, 2))
    before = here(home)
    put(store, (b"moves", 3, 3))
    put(store, (b"moves", 4, 4), (b"new", 5, 5))
    found = await collection(home, f"?since={before}")
    assert (sorted(names(found)), found["full"], found["gone"]) == (["moves", "new"], False, [])
    found = await collection(home, f"?since={here(home)}")
    assert (names(found), found["full"], found["gone"]) == ([], False, [])


@pytest.mark.parametrize("since", ["other:0", "{life}:999999"])
async def test_a_number_of_another_life_or_of_the_future_brings_everything(home: Gateway, since: str) -> None:
    store = home.server.node.store
    put(store, (b"a", 1, 1), (b"b", 2, 2))
    found = await collection(home, f"?since={since.format(life=store.life.decode())}")
    assert (sorted(names(found)), found["full"], found["gone"]) == (["a", "b"], True, [])


async def test_a_number_that_the_log_has_lost_brings_everything(home: Gateway) -> None:
    store = home.server.node.store
    put(store, (b"old", 1, 1))
    before = here(home)
    for number in range(2 * LOG_LEAST // 1000 + 1):
        put(store, *[(b"%d" % client, number % 90, 1) for client in range(1000)])
    found = await collection(home, f"?since={before}")
    assert (len(names(found)), found["full"]) == (1001, True)


async def test_whoever_left_the_box_is_gone(home: Gateway) -> None:
    store = home.server.node.store
    put(store, (b"stays", 1, 1), (b"leaves", 1, 1), (b"also\xff", 1, 1), (b"elsewhere", 50, 50))
    before = here(home)
    put(store, (b"stays", 2, 2), (b"leaves", 60, 60), (b"also\xff", 70, 1))
    found = await collection(home, f"?since={before}&bbox=0,0,9,9")
    assert (names(found), sorted(found["gone"])) == (["stays"], ["also\udcff", "leaves"])


@pytest.mark.parametrize(
    "client",
    [
        b"a/b",
        b"a%2Fb",
        b"%",
        b"..",
        b".",
        b"a/../b",
        b"//",
        b"\xff\x00\xfe",
        "Café".encode(),
        b"?#&=+",
        b"a+b",
        b"/",
        b"*",
    ],
)
@pytest.mark.parametrize("escaped", ["all", "few"])
async def test_any_client_can_be_asked_for_by_its_bytes(home: Gateway, client: bytes, escaped: str) -> None:
    await home.tcp(iamat(client))
    if escaped == "all":
        path = "".join(f"%{byte:02x}" for byte in client)
    else:
        path = quote_from_bytes(client, safe="/.+&=*")
    answer = await home.raw(b"GET /clients/%b HTTP/1.0\r\n\r\n" % path.encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 "), answer
    assert json.loads(body)["properties"]["client"] == to_text(client)
    asked = await home.raw(b"GET /clients?client=%b HTTP/1.0\r\n\r\n" % quote_from_bytes(client, safe="").encode())
    assert asked.partition(b"\r\n\r\n")[2] == body


async def test_one_client_is_one_feature(home: Gateway) -> None:
    await home.tcp(iamat(b"kiwi"))
    reply = await home.get("/clients/kiwi")
    line = home.server.node.store.reports[b"kiwi"][1]
    assert (reply.status, reply.kind) == (200, GEOJSON)
    assert reply.json == {
        "type": "Feature",
        "id": "kiwi",
        "geometry": {"type": "Point", "coordinates": [-118.445127, 34.06893]},
        "properties": to_json(parse_at(line)),
    }
    assert (await home.get("/%63lients/kiwi")).json == reply.json


@pytest.mark.parametrize(
    "path", ["/clients/nobody", "/clients?client=nobody", "/clients?client=", "/clients/a%20b"]
)
async def test_a_client_that_nobody_knows_is_not_found(home: Gateway, path: str) -> None:
    reply = await home.get(path)
    assert (reply.status, reply.kind, reply.json["field"]) == (404, "application/problem+json", "client")


@pytest.mark.parametrize("path", ["/clients/", "/clients%2Fkiwi", "/clientsx"])
async def test_a_path_without_a_client_leads_nowhere(home: Gateway, path: str) -> None:
    assert (await home.raw(b"GET %b HTTP/1.0\r\n\r\n" % path.encode())).startswith(b"HTTP/1.0 404 ")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("bbox=1,2,3", "bbox"),
        ("bbox=", "bbox"),
        ("bbox=0,10,10,0", "bbox"),
        ("bbox=-181,0,0,0", "bbox"),
        ("bbox=0,0,1e1,1", "bbox"),
        ("bbox=%ff", "bbox"),
        ("near=1", "near"),
        ("near=91,0", "near"),
        ("near=0,180.1", "near"),
        ("near=nan,0", "near"),
        ("near=1e1,0", "near"),
        ("near=--1,0", "near"),
        ("near=1,2,3", "near"),
        ("near=", "near"),
        ("near=1,%D9%A1", "near"),
        ("near=0,0&radius=-1", "radius"),
        ("near=0,0&radius=20101", "radius"),
        ("near=0,0&radius=1_0", "radius"),
        ("near=0,0&radius=", "radius"),
        ("near=0,0&limit=10001", "limit"),
        ("near=0,0&limit=1.0", "limit"),
        ("near=0,0&limit=-1", "limit"),
        ("near=0,0&limit=" + "9" * 5000, "limit"),
        ("since=7", "since"),
        ("since=life:-1", "since"),
        ("since=life:1.5", "since"),
        ("since=", "since"),
        ("radius=5", "radius"),
        ("limit=5", "limit"),
        ("bbox=0,0,1,1&limit=5", "limit"),
        ("near=0,0&bbox=0,0,1,1", "bbox"),
        ("near=0,0&since=life:1", "since"),
        ("client=a&near=0,0", "near"),
        ("client=a&since=life:1", "since"),
        ("client=a&trail=yes", "trail"),
        ("trail=1", "trail"),
        ("near=0,0&near=1,1", "near"),
        ("since=a:1&since=a:1", "since"),
        ("client=a&client=a", "client"),
    ],
)
async def test_what_is_asked_wrongly_is_a_problem_that_names_its_field(
    home: Gateway, query: str, field: str
) -> None:
    await home.tcp(iamat(b"a"))
    reply = await home.get(f"/clients?{query}")
    assert (reply.status, reply.kind, reply.json["field"]) == (400, "application/problem+json", field)


@pytest.mark.parametrize(
    ("query", "field"),
    [("trail=2", "trail"), ("near=0,0", "near"), ("client=a", "client"), ("trail=1&trail=1", "trail")],
)
async def test_so_it_is_of_one_client(home: Gateway, query: str, field: str) -> None:
    await home.tcp(iamat(b"a"))
    reply = await home.get(f"/clients/a?{query}")
    assert (reply.status, reply.json["field"]) == (400, field)


async def test_fields_that_nobody_knows_are_ignored(home: Gateway) -> None:
    await home.tcp(iamat(b"a"))
    assert names(await collection(home, "?_=1700000000&x=%ff")) == ["a"]


@pytest.mark.parametrize("query", ["", "?near=0,0", "?bbox=-180,-90,180,90", "?since=x:1"])
async def test_gzip_says_the_same_where_it_is_accepted(home: Gateway, query: str) -> None:
    put(home.server.node.store, *[(b"%d" % number, 1, 1) for number in range(500)])
    plain = await home.get(f"/clients{query}")
    packed = await home.get(f"/clients{query}", Accept_Encoding="br, GZIP;q=0.5")
    assert "Content-Encoding" not in plain.headers
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 5


@pytest.mark.parametrize(
    ("accept", "accepted"),
    [
        ("gzip", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("notgzip", False),
    ],
)
def test_gzip_is_accepted_by_name_or_by_star_unless_it_is_refused(accept: str, accepted: bool) -> None:
    assert accepts_gzip(accept) is accepted


@pytest.mark.parametrize("path", ["/clients", "/clients?near=0,0", "/clients/kiwi", "/clients/kiwi?trail=1"])
async def test_what_has_not_changed_is_not_told_again(home: Gateway, path: str) -> None:
    await home.tcp(iamat(b"kiwi"))
    tag = (await home.get(path)).headers["Etag"]
    for known in (tag, "*", f'"other", {tag}'):
        reply = await home.get(path, If_None_Match=known)
        assert (reply.status, reply.body, reply.headers["Etag"]) == (304, b"", tag)
        assert reply.headers["Cache-Control"] == "no-cache"
    await home.tcp(iamat(b"kiwi", b"1520023934.95", b"+1+1"))
    reply = await home.get(path, If_None_Match=tag)
    assert (reply.status, reply.headers["Etag"] == tag) == (200, False)


async def test_a_clients_tag_does_not_change_with_others(home: Gateway) -> None:
    await home.tcp(iamat(b"kiwi"))
    tag = (await home.get("/clients/kiwi")).headers["Etag"]
    await home.tcp(iamat(b"other"))
    assert (await home.get("/clients/kiwi", If_None_Match=tag)).status == 304
    assert (await home.get("/clients/kiwi?trail=1", If_None_Match=tag)).status == 200


@pytest.mark.parametrize("path", ["/clients", "/clients?near=0,0", "/clients/kiwi", "/clients?bbox=0,0,1,1"])
async def test_head_says_the_headers_only(home: Gateway, path: str) -> None:
    await home.tcp(iamat(b"kiwi"))
    got = await home.get(path)
    request = f"HEAD {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    answer = await home.raw(request.encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert f"\r\nEtag: {got.headers['Etag']}\r\n".encode() in head
    assert f"\r\nContent-Type: {GEOJSON}\r\n".encode() in head
    assert body == b""
    assert (await home.ask("HEAD", "/clients/nobody")).status == 404
    assert (await home.ask("HEAD", "/clients?near=x")).status == 400


async def test_a_program_that_speaks_http_1_0_is_told_everything(home: Gateway) -> None:
    put(home.server.node.store, *[(b"%d" % number, 1, 1) for number in range(500)])
    answer = await home.raw(b"GET /clients HTTP/1.0\r\n\r\n")
    assert len(json.loads(answer.partition(b"\r\n\r\n")[2])["features"]) == 500


async def test_only_get_and_head_go_here(home: Gateway) -> None:
    for path, method, allowed in (
        ("/clients", "DELETE", "GET,HEAD"),
        ("/clients/kiwi", "PUT", "DELETE,GET,HEAD"),
    ):
        reply = await home.ask(method, path)
        assert (reply.status, reply.headers["Allow"]) == (405, allowed)


async def test_a_client_is_forgotten_by_delete_whatever_bytes_its_id_has(home: Gateway) -> None:
    await home.tcp(iamat(b"a/\xff") + b"\n" + iamat(b"other") + b"\n")
    begun = here(home)
    reply = await home.ask("DELETE", "/clients/a%2F%FF")
    assert (reply.status, reply.body) == (204, b"")
    assert (await home.get("/clients/a%2F%FF")).status == 404
    again = await home.ask("DELETE", "/clients/a%2F%FF")
    assert (again.status, again.json["field"]) == (404, "client")
    found = (await home.get(f"/clients?since={begun}")).json
    assert (names(found), found["full"], found["gone"]) == ([], False, ["a/\udcff"])
    assert names((await home.get("/clients")).json) == ["other"]
    assert names((await home.get("/clients?near=34.07,-118.45")).json) == ["other"]


async def test_who_is_back_after_being_forgotten_has_no_trail_from_before(home: Gateway) -> None:
    store, trails = home.server.node.store, home.runner.app[TRAILS]
    put(store, (b"ship", 1, 1))
    trails.tick()
    put(store, (b"ship", 2, 2))
    trails.tick()
    assert len(trails.of(b"ship")) == 2
    stamp = store.reports[b"ship"][0]
    assert store.forget(Forget(b"Home", b"ship", stamp), store.batch(OWN_CLIENTS))
    put(store, (b"ship", 3, 3))  # and no tick saw that it was gone
    trails.tick()
    assert [point.latitude for point in trails.of(b"ship")] == [3.0]
    store.forget(Forget(b"Home", b"ship", store.reports[b"ship"][0]), store.batch(OWN_CLIENTS))
    store.close()
    trails.tick()
    assert (trails.of(b"ship"), len(trails)) == ([], 0)


async def test_a_reader_that_takes_nothing_is_sent_away(tmp_path: Path) -> None:
    gone = asyncio.Event()

    def endless() -> Iterator[str]:
        while True:
            yield "x" * 100_000

    async def tell(request: web.Request) -> web.StreamResponse:
        try:
            node = request.app[SERVER].node
            return await stream(request, node, headers_of("text/plain", "x"), endless(), patience=0.05)
        except ConnectionResetError:
            gone.set()
            raise

    async with gateway(tmp_path, web.get("/endless", tell)) as home, talk(home.port) as client:
        client.writer.write(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await within(gone.wait())


async def trail(home: Gateway, client: str) -> Json:
    reply: Reply = await home.get(f"/clients/{client}?trail=1")
    assert (reply.status, reply.kind) == (200, GEOJSON)
    feature: Json = reply.json
    return feature


async def test_a_trail_is_a_line_beside_the_point(home: Gateway) -> None:
    trails: Trails = home.runner.app[TRAILS]
    store = home.server.node.store
    for latitude in (1, 2, 2, 3):
        put(store, (b"walker", latitude, 10))
        trails.tick()
    put(store, (b"walker", 4, 10))  # no tick saw this yet
    feature = await trail(home, "walker")
    point, line = feature["geometry"]["geometries"]
    assert feature["geometry"]["type"] == "GeometryCollection"
    assert point == {"type": "Point", "coordinates": [10.0, 4.0]}
    assert line == {"type": "LineString", "coordinates": [[10.0, 1.0], [10.0, 2.0], [10.0, 3.0], [10.0, 4.0]]}
    assert len(feature["times"]) == 4
    assert feature["times"] == sorted(feature["times"])
    assert feature["times"][-1] == float(feature["properties"]["time"])


async def test_ticks_record_what_is_heard_over_tcp(home: Gateway) -> None:
    trails: Trails = home.runner.app[TRAILS]
    await home.tcp(iamat(b"walker", b"1520023934.1", b"+1+1"))
    await until(lambda: len(trails) == 1, "a tick comes")
    await home.tcp(iamat(b"walker", b"1520023934.2", b"+2+1"))
    feature = await trail(home, "walker")
    assert feature["geometry"]["geometries"][1]["coordinates"] == [[1.0, 1.0], [1.0, 2.0]]


async def test_whoever_has_not_moved_has_no_trail(home: Gateway) -> None:
    put(home.server.node.store, (b"stone", 1, 1))
    home.runner.app[TRAILS].tick()
    feature = await trail(home, "stone")
    assert (feature["geometry"]["type"], "times" in feature) == ("Point", False)


async def test_a_trail_over_the_antimeridian_is_cut_there(home: Gateway) -> None:
    trails: Trails = home.runner.app[TRAILS]
    for latitude, longitude in ((0, 178), (0, 179), (2, -179), (2, -178), (0, 178)):
        put(home.server.node.store, (b"ship", latitude, longitude))
        trails.tick()
    feature = await trail(home, "ship")
    line = feature["geometry"]["geometries"][1]
    assert line["type"] == "MultiLineString"
    assert line["coordinates"] == [
        [[178, 0], [179, 0], [180, 1]],
        [[-180, 1], [-179, 2], [-178, 2], [-180, 1]],
        [[180, 1], [178, 0]],
    ]
    assert [len(part) for part in feature["times"]] == [3, 4, 2]


async def test_trails_keep_the_last_points_of_those_that_moved_last(home: Gateway) -> None:
    trails = Trails(home.server.node)
    store = home.server.node.store
    for number in range(POINTS_MOST + 20):
        put(store, (b"walker", number % 90, number))
        trails.tick()
    points = trails.of(b"walker")
    assert [point.longitude for point in points] == list(range(20, POINTS_MOST + 20))
    for number in range(0, CLIENTS_MOST, CHANGES_A_TICK // 2):
        put(store, *[(b"%d" % client, 1, 1) for client in range(number, number + CHANGES_A_TICK // 2)])
        trails.tick()
    assert len(trails) == CLIENTS_MOST
    assert trails.of(b"walker") == []
    assert len(trails.of(b"0")) == 1


async def test_what_is_too_much_for_a_tick_is_left_out(home: Gateway) -> None:
    trails = Trails(home.server.node)
    store = home.server.node.store
    put(store, *[(b"%d" % client, 1, 1) for client in range(10 * CHANGES_A_TICK)])
    trails.tick()
    assert CHANGES_A_TICK <= len(trails) < 2 * CHANGES_A_TICK
    seen = len(trails)
    trails.tick()
    assert len(trails) == seen
    put(store, (b"next", 1, 1))
    trails.tick()
    assert len(trails.of(b"next")) == 1
