"""Google's Nearby Search against a stub on loopback that answers, and fails, as the real one is known to."""

import asyncio
from contextlib import AbstractAsyncContextManager
from decimal import Decimal

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from herd.places.asking import BODY_LIMIT
from herd.places.cut import cut
from herd.places.google import Google, metres
from herd.places.provider import Unavailable, unavailable_text
from herd.position import Position, parse_location
from tests.sourcing import BIG, HERE, KEY, TEN, Handler, asking, breaks_off, dripping, refusal, says


def google(handler: Handler, key: str = KEY, timeout: float = 30) -> AbstractAsyncContextManager[Google]:
    """Open the client with a stub at its other end."""
    return asking(handler, lambda url: Google(key, url, timeout))


@pytest.mark.parametrize(
    ("position", "radius", "location", "metres"),
    [
        (HERE, TEN, "34.068930,-118.445127", "10000"),
        (parse_location(b"-0.0+0"), Decimal("0"), "-0.0,0", "0"),
        (parse_location(b"+0.000000000000001-0.000000000000001"), Decimal("0.0005"), "", "0.5"),
        (parse_location(b"+90.000+180.000"), Decimal("0050.000"), "90.000,180.000", "50000"),
    ],
)
async def test_the_query_has_plain_decimals_metres_and_the_key(
    position: Position, radius: Decimal, location: str, metres: str
) -> None:
    queries = []

    async def handler(request: web.Request) -> web.Response:
        queries.append((dict(request.query), request.raw_path.partition("?")[2]))
        return web.Response(body=b'{"results":[]}', content_type="application/json")

    async with google(handler) as client:
        await client.nearby(position, radius)
    (query, raw), *more = queries
    location = location or "0.000000000000001,-0.000000000000001"
    assert query == {"location": location, "radius": metres, "key": KEY}
    assert raw.startswith(f"location={location}&radius={metres}&key=")
    assert not more


@pytest.mark.parametrize(
    ("radius", "wanted"),
    [
        ("0", "0"),
        ("0.0000000001", "0"),
        ("1.5", "1500"),
        ("12.3456789", "12345.678"),
        ("49." + "9" * 60_000, "49999.999"),
        ("0" * 60_000 + "7.25", "7250"),
        ("50." + "0" * 60_000, "50000"),
    ],
)
def test_kilometres_become_metres_and_never_more_than_were_asked_for(radius: str, wanted: str) -> None:
    assert metres(Decimal(radius)) == wanted


async def test_an_answer_comes_byte_for_byte_also_where_it_is_not_utf8() -> None:
    body = b'{\n   "results" : [],\n\n\n   "name" : "\xff\xc3\xa9"\n}\n'
    async with google(says(body)) as client:
        assert await client.nearby(HERE, TEN) == body


async def test_one_session_serves_many_requests_at_once() -> None:
    ports = set()
    barrier = asyncio.Barrier(5)

    async def handler(request: web.Request) -> web.Response:
        assert request.transport
        ports.add(request.transport.get_extra_info("peername"))
        await barrier.wait()
        return web.Response(body=b'{"results":[]}', content_type="application/json")

    async with google(handler) as client:
        for _ in range(2):
            answers = await asyncio.gather(*(client.nearby(HERE, TEN) for _ in range(5)))
            assert answers == [b'{"results":[]}'] * 5
    assert len(ports) == 5


async def test_a_denied_key_arrives_as_googles_own_answer_without_the_key() -> None:
    body = (
        '{\n   "error_message" : "The provided API key %s is invalid. ?key=%s",\n   "html_attributions" : [],\n'
        '   "results" : [],\n   "status" : "REQUEST_DENIED"\n}\n'
    )
    sent = body % (KEY, KEY.replace("/", "%2F"))
    async with google(says(sent.encode())) as client:
        told = await refusal(client)
    assert told.status == "REQUEST_DENIED"
    assert unavailable_text(told) == (body % ("***", "***")).encode().rstrip()


@pytest.mark.parametrize("status", ["OVER_QUERY_LIMIT", "INVALID_REQUEST", "UNKNOWN_ERROR", "NEW_WORD"])
async def test_a_refusal_among_results_keeps_none_of_them(status: str) -> None:
    body = b'{\n\n   "results" : [ 1, 2 ],\n   "status" : "%b"\n}\n' % status.encode()
    async with google(says(body)) as client:
        told = await refusal(client)
    assert (told.status, told.passing) == (status, status == "UNKNOWN_ERROR")
    assert unavailable_text(told) == b'{\n   "results" : [],\n   "status" : "%s"\n}' % status.encode()


async def test_an_answer_whose_status_is_no_word_or_is_missing_is_taken_by_its_results() -> None:
    for body in (b'{"results":[1]}', b'{"results":[1],"status":7}', b'{"results":[1],"status":"not a word"}'):
        async with google(says(body)) as client:
            assert await client.nearby(HERE, TEN) == body


async def test_a_placeholder_for_a_key_spoils_no_names() -> None:
    body = b'{"results":[{"name":"none"}]}'
    async with google(says(body), key="none") as client:
        assert await client.nearby(HERE, TEN) == body


@pytest.mark.parametrize(
    ("http", "status"),
    [
        (400, "INVALID_REQUEST"),
        (401, "REQUEST_DENIED"),
        (403, "REQUEST_DENIED"),
        (429, "OVER_QUERY_LIMIT"),
        (404, "UNKNOWN_ERROR"),
        (500, "UNKNOWN_ERROR"),
        (503, "UNKNOWN_ERROR"),
        (201, "UNKNOWN_ERROR"),
    ],
)
async def test_an_http_status_becomes_the_fitting_status(http: int, status: str) -> None:
    async with google(says(f"{KEY} is wrong".encode(), http)) as client:
        assert (await refusal(client)).status == status


async def test_a_redirect_is_not_followed() -> None:
    async def handler(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"/source?key={KEY}&again")

    async with google(handler) as client:
        assert "302" in str(await refusal(client))


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/octet-stream"])
async def test_a_page_for_people_is_no_answer_but_json_by_another_name_is(content_type: str) -> None:
    async with google(says(b"<html>Sign in</html>", content_type=content_type)) as client:
        assert (await refusal(client)).status == "UNKNOWN_ERROR"
    async with google(says(b'\n{"results":[]}', content_type=content_type)) as client:
        assert await client.nearby(HERE, TEN) == b'\n{"results":[]}'


async def test_a_page_that_says_it_is_json_is_found_out_where_it_is_cut() -> None:
    async with google(says(b"<html>Sign in</html>")) as client:
        with pytest.raises(Unavailable, match="UNKNOWN_ERROR"):
            cut(await client.nearby(HERE, TEN), 5)


@pytest.mark.parametrize("length", [None, 1000])
async def test_half_a_body_is_no_answer(length: int | None) -> None:
    async with google(breaks_off(b'{"results":[', length)) as client:
        assert (await refusal(client)).status == "UNKNOWN_ERROR"


async def test_a_slow_drip_ends_with_the_time_out() -> None:
    async with dripping(b" ") as handler, google(handler, timeout=0.3) as client:
        told = await refusal(client)
    assert str(told) == "UNKNOWN_ERROR: the source of places did not answer within 0.3 seconds"


async def test_nobody_at_the_address_is_unavailable() -> None:
    client = Google(KEY, f"http://127.0.0.1:{unused_port()}/maps/json", 30)
    assert (await refusal(client)).status == "UNKNOWN_ERROR"
    await client.close()


@pytest.mark.parametrize("body", [b"garbage\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}"])
async def test_a_server_that_speaks_no_http_is_unavailable(body: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(body)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        client = Google(KEY, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", 30)
        assert (await refusal(client)).status == "UNKNOWN_ERROR"
        await client.close()


@pytest.mark.parametrize("size", [BODY_LIMIT + 1, BIG])
async def test_more_than_four_mebibytes_are_not_held(size: int) -> None:
    async with google(says(b'{"results":[]}'.ljust(size))) as client:
        assert "more than" in str(await refusal(client))
    async with google(says(b'{"results":[]}'.ljust(BODY_LIMIT))) as client:
        assert len(await client.nearby(HERE, TEN)) == BODY_LIMIT


async def test_a_packed_giant_is_not_held_either() -> None:
    async def handler(request: web.Request) -> web.Response:
        response = web.Response(body=b"{".ljust(64 * 1024 * 1024), content_type="application/json")
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async with google(handler) as client:
        assert "more than" in str(await refusal(client))
