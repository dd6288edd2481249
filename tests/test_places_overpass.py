"""Overpass against a stub on loopback that answers, and fails, as the real one is known to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from herd import VERSION
from herd.places.careful import Spared
from herd.places.choose import open_places
from herd.places.nearest import NearestFirst, Surroundings
from herd.places.overpass import Overpass
from herd.places.provider import Provider, Unavailable
from herd.sections.places import PlacesSettings
from tests.sourcing import (
    BIG,
    HERE,
    TEN,
    Clock,
    Handler,
    asking,
    breaks_off,
    dripping,
    refusal,
    says,
    serving,
    world,
)

CAFE = {
    "type": "node",
    "id": 1,
    "lat": 34.0689,
    "lon": -118.4452,
    "tags": {"amenity": "cafe", "name": "Kaffihús", "addr:street": "High Street", "addr:housenumber": "1"},
}
MUSEUM = {
    "type": "way",
    "id": 2,
    "center": {"lat": 34.0690, "lon": -118.4452},
    "tags": {"tourism": "museum", "name": "Museum"},
}
HEAD = {"version": 0.6, "generator": "Overpass API 0.7.62", "osm3s": {"copyright": "... ODbL."}}


@asynccontextmanager
async def chosen(
    handler: Handler, spared: Spared, per_minute: int | None = None
) -> AsyncIterator[tuple[Provider, Clock]]:
    """Open the source as a server does, and give it with its clock."""
    async with serving(handler) as url, world() as outside:
        settings = PlacesSettings("overpass", url, per_minute=per_minute)
        async with open_places(settings, outside.means, spared) as source:
            yield source, outside.clock


@asynccontextmanager
async def overpass(
    handler: Handler, contact: str | None = None, timeout: float = 30
) -> AsyncIterator[NearestFirst]:
    """Open the source with a stub at its other end, and with nothing around it."""
    async with asking(handler, lambda url: Overpass(url, contact, timeout)) as client:
        yield NearestFirst(Surroundings(client.around).learn)


def finds(*elements: object, **more: object) -> bytes:
    return json.dumps({**HEAD, "elements": elements, **more}).encode()


async def test_the_question_is_a_form_in_the_language_of_overpass() -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append((request.method, request.content_type, (await request.post())["data"]))
        return web.Response(body=finds(*[CAFE] * 20), content_type="application/json")

    async with overpass(handler) as source:
        await source.nearby(HERE, TEN)
    ((method, kind, question),) = asked
    assert (method, kind) == ("POST", "application/x-www-form-urlencoded")
    assert question == (
        "[out:json][timeout:8][maxsize:16777216];nwr(around:580,34.069000,-118.445000)"
        '[~"^(amenity|shop|tourism|leisure|office|craft|historic|public_transport)$"~"."][name];out tags center;'
    )


@pytest.mark.parametrize(
    ("contact", "agent"),
    [
        ("https://example.org/herd", f"herd/{VERSION} (https://example.org/herd)"),
        (None, f"herd/{VERSION} (servers that tell each other where everyone is)"),
    ],
)
async def test_the_user_agent_says_who_asks(contact: str | None, agent: str) -> None:
    agents = []

    async def handler(request: web.Request) -> web.Response:
        agents.append(request.headers["User-Agent"])
        return web.Response(body=finds(), content_type="application/json")

    async with overpass(handler, contact) as source:
        await source.nearby(HERE, TEN)
    assert set(agents) == {agent}


def test_the_version_is_the_one_of_the_package() -> None:
    assert f'version = "{VERSION}"' in (Path(__file__).parents[1] / "pyproject.toml").read_text()


async def test_elements_become_results_nearest_first_with_honest_ids_and_the_credit() -> None:
    async with overpass(says(finds(MUSEUM, {"type": "node"}, CAFE))) as source:
        answer = json.loads(await source.nearby(HERE, TEN))
    assert [(each["name"], each["place_id"], each["scope"]) for each in answer["results"]] == [
        ("Kaffihús", "osm:node/1", "OSM"),
        ("Museum", "osm:way/2", "OSM"),
    ]
    assert answer["results"][0]["vicinity"] == "1 High Street"
    assert "OpenStreetMap" in answer["html_attributions"][0]
    assert answer["status"] == "OK"


async def test_no_elements_are_zero_results() -> None:
    async with overpass(says(finds())) as source:
        assert json.loads(await source.nearby(HERE, TEN))["status"] == "ZERO_RESULTS"


async def test_a_remark_is_an_error_also_beside_elements() -> None:
    remark = 'runtime error: Query run out of memory in "query" at line 1 using about 17 MB of RAM.'
    async with overpass(says(finds(CAFE, remark=remark))) as source:
        told = await refusal(source)
    assert str(told) == f"UNKNOWN_ERROR: the source of places did not finish: {remark}"


@pytest.mark.parametrize(
    ("http", "status", "passing"),
    [
        (400, "INVALID_REQUEST", False),
        (403, "REQUEST_DENIED", False),
        (406, "REQUEST_DENIED", False),
        (429, "OVER_QUERY_LIMIT", False),
        (500, "UNKNOWN_ERROR", True),
        (502, "UNKNOWN_ERROR", True),
        (504, "UNKNOWN_ERROR", False),
        (302, "UNKNOWN_ERROR", False),
    ],
)
async def test_an_http_status_becomes_the_fitting_status(http: int, status: str, passing: bool) -> None:
    async with overpass(says(b"<html>rate_limited</html>", http, "text/html")) as source:
        told = await refusal(source)
    assert (told.status, told.passing) == (status, passing)
    assert str(http) in told.reason


@pytest.mark.parametrize(
    "body",
    [
        b"<html><p>Error: runtime error</p></html>",
        b"",
        b"{}",
        b'{"elements":[',
        b'{"elements":[{"tags":{"name":"\xff"}}]}',
        b'{"elements":' + b"[" * 100_000,
        b'{"elements":[]}'.ljust(BIG),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "application/osm3s+xml"])
async def test_what_is_no_answer_is_an_unknown_error(body: bytes, content_type: str) -> None:
    async with overpass(says(body, content_type=content_type)) as source:
        assert (await refusal(source)).status == "UNKNOWN_ERROR"


@pytest.mark.parametrize("length", [None, 1000])
async def test_half_a_body_is_no_answer(length: int | None) -> None:
    async with overpass(breaks_off(b'{"elements":[', length)) as source:
        assert (await refusal(source)).status == "UNKNOWN_ERROR"


async def test_a_slow_drip_ends_with_the_time_out() -> None:
    async with dripping(b" ") as handler, overpass(handler, timeout=0.3) as source:
        assert "did not answer within 0.3 seconds" in str(await refusal(source))


async def test_nobody_at_the_address_is_unavailable() -> None:
    client = Overpass(f"http://127.0.0.1:{unused_port()}/", None, 30)
    assert (await refusal(NearestFirst(Surroundings(client.around).learn))).passing
    await client.close()


async def test_a_long_answer_lets_others_have_their_turn() -> None:
    async with overpass(says(finds(*[CAFE] * 2000))) as source:
        search = asyncio.create_task(source.nearby(HERE, TEN))
        turns = 0
        while not search.done():
            turns += 1
            await asyncio.sleep(0)
    assert turns >= 100


async def test_of_very_many_the_nearest_are_found_wherever_they_stand() -> None:
    many = [{**CAFE, "id": number, "lat": 34.0690 + (number * 7919 % 4000) / 1e6} for number in range(4000)]
    async with overpass(says(finds(*many))) as source:
        answer = json.loads(await source.nearby(HERE._replace(latitude=Decimal("34.0690")), TEN))
    assert [each["geometry"]["location"]["lat"] for each in answer["results"]] == [
        pytest.approx(34.0690 + number / 1e6) for number in range(20)
    ]


async def test_after_a_429_the_source_is_left_alone_for_half_a_minute() -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=429) if len(asked) == 1 else web.json_response({"elements": []})

    spared = Spared()
    async with chosen(handler, spared) as (source, clock):
        assert (await refusal(source)).status == "OVER_QUERY_LIMIT"
        clock.now += 29
        told = await refusal(source)
        assert (told.status, len(asked)) == ("OVER_QUERY_LIMIT", 1)
        assert "asked again in 1 s" in told.reason
        clock.now += 1
        assert b"ZERO_RESULTS" in await source.nearby(HERE, TEN)
    assert spared.paused == 1


async def test_one_request_is_in_flight_at_a_time() -> None:
    under_way, most = 0, 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return web.Response(body=finds(CAFE), content_type="application/json")

    async with chosen(handler, Spared(), per_minute=100) as (source, _):
        positions = [HERE._replace(latitude=HERE.latitude + number) for number in range(10)]
        await asyncio.gather(*(source.nearby(each, TEN) for each in positions))
    assert most == 1


async def test_two_in_a_cell_are_answered_from_one_question_each_with_its_own_distances() -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=finds(CAFE, MUSEUM), content_type="application/json")

    spared = Spared()
    async with chosen(handler, spared) as (source, _):
        first = json.loads(await source.nearby(HERE, TEN))
        north = HERE._replace(latitude=HERE.latitude + Decimal("0.0004"))
        second = json.loads(await source.nearby(north, TEN))
    assert [each["name"] for each in first["results"]] == ["Kaffihús", "Museum"]
    assert [each["name"] for each in second["results"]] == ["Museum", "Kaffihús"]
    assert (len(asked), spared.remembered) == (2, 1)


async def test_a_refusal_of_overpass_is_an_exception_with_a_reason() -> None:
    async with overpass(says(b"", 406)) as source:
        with pytest.raises(Unavailable, match="REQUEST_DENIED: the source of places answered with HTTP status 406"):
            await source.nearby(HERE, TEN)
