"""The Places API (New) against a stub on loopback that answers, and fails, as the real one is known to."""

import json
from contextlib import AbstractAsyncContextManager
from decimal import Decimal

import pytest
from aiohttp import web

from herd.places.cut import cut
from herd.places.google_new import FIELD_MASK, REASON_LIMIT, GoogleNew
from herd.position import Position, parse_location
from tests.sourcing import BIG, HERE, KEY, TEN, Handler, asking, breaks_off, dripping, refusal, says

ANSWER = {
    "places": [
        {
            "id": f"ChIJ{number}",
            "displayName": {"text": f"Kaffihús {number}", "languageCode": "is"},
            "location": {"latitude": 34.07, "longitude": -118.44},
            "types": ["cafe"],
            "attributions": [{"provider": "Somebody", "providerUri": "https://example.org/"}],
        }
        for number in range(3)
    ]
}


def google(handler: Handler, key: str = KEY, timeout: float = 30) -> AbstractAsyncContextManager[GoogleNew]:
    """Open the client with a stub at its other end."""
    return asking(handler, lambda url: GoogleNew(key, url, timeout))


def error(code: int, status: str, message: str, *reasons: str) -> bytes:
    """Return an error object, as https://cloud.google.com/apis/design/errors has it."""
    details: list[object] = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
        for reason in reasons
    ]
    details.append({"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "message": message})
    return json.dumps({"error": {"code": code, "message": message, "status": status, "details": details}}).encode()


@pytest.mark.parametrize(
    ("position", "radius", "latitude", "longitude", "metres"),
    [
        (HERE, TEN, 34.06893, -118.445127, 10000),
        (parse_location(b"-90+180.000"), Decimal("49." + "9" * 60_000), -90, 180, 49999.999),
        (HERE, Decimal(0), 34.06893, -118.445127, 0.001),
    ],
)
async def test_the_request_is_a_post_with_the_key_in_a_header_and_a_mask(
    position: Position, radius: Decimal, latitude: float, longitude: float, metres: float
) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append((request.method, request.raw_path, dict(request.headers), await request.json()))
        return web.json_response({})

    async with google(handler) as client:
        await client.nearby(position, radius)
    ((method, path, headers, body),) = asked
    assert (method, path) == ("POST", "/source")
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Goog-Api-Key"] == KEY
    assert headers["X-Goog-FieldMask"] == FIELD_MASK
    circle = {"center": {"latitude": latitude, "longitude": longitude}, "radius": metres}
    assert body == {"locationRestriction": {"circle": circle}, "maxResultCount": 20}


def test_the_mask_asks_for_nothing_of_the_dearer_kind() -> None:
    assert " " not in FIELD_MASK
    assert not any(dear in FIELD_MASK for dear in ("rating", "userRatingCount", "priceLevel", "Hours", "*"))


async def test_an_answer_is_laid_out_as_the_legacy_one() -> None:
    async with google(says(json.dumps(ANSWER).encode())) as client:
        answer = await client.nearby(HERE, TEN)
    assert cut(answer, 1).decode() == (
        '{\n   "html_attributions" : [ "<a href=\\"https://example.org/\\">Somebody</a>" ],\n   "results" : [\n'
        '      {\n         "geometry" : {\n            "location" : {\n'
        '               "lat" : 34.07,\n               "lng" : -118.44\n            }\n         },\n'
        '         "name" : "Kaffihús 0",\n         "place_id" : "ChIJ0",\n         "reference" : "ChIJ0",\n'
        '         "scope" : "GOOGLE",\n         "types" : [ "cafe" ]\n      }\n   ],\n   "status" : "OK"\n}'
    )


async def test_no_more_than_twenty_are_taken() -> None:
    async with google(says(json.dumps({"places": [{"id": "a"}] * 30}).encode())) as client:
        assert len(json.loads(await client.nearby(HERE, TEN))["results"]) == 20


@pytest.mark.parametrize("body", [b"{}", b'{"places":[]}'])
async def test_no_places_are_zero_results(body: bytes) -> None:
    async with google(says(body)) as client:
        assert json.loads(await client.nearby(HERE, TEN)) == {
            "html_attributions": [],
            "results": [],
            "status": "ZERO_RESULTS",
        }


NOT_VALID = "API key not valid. Please pass a valid API key."


@pytest.mark.parametrize(
    ("body", "http", "status", "reason"),
    [
        (error(400, "INVALID_ARGUMENT", NOT_VALID, "API_KEY_INVALID"), 400, "REQUEST_DENIED", NOT_VALID),
        (error(400, "INVALID_ARGUMENT", "expired", "X", "API_KEY_EXPIRED"), 400, "REQUEST_DENIED", "expired"),
        (error(400, "INVALID_ARGUMENT", "FieldMask is required"), 400, "INVALID_REQUEST", "FieldMask is required"),
        (error(401, "UNAUTHENTICATED", "who?"), 401, "REQUEST_DENIED", "who?"),
        (error(403, "PERMISSION_DENIED", "no", "API_KEY_HTTP_REFERRER_BLOCKED"), 403, "REQUEST_DENIED", "no"),
        (error(429, "RESOURCE_EXHAUSTED", "Quota", "RATE_LIMIT_EXCEEDED"), 429, "OVER_QUERY_LIMIT", "Quota"),
        (error(500, "INTERNAL", "oops"), 500, "UNKNOWN_ERROR", "oops"),
        (error(503, "UNAVAILABLE", "x" * 5000), 503, "UNKNOWN_ERROR", "x" * REASON_LIMIT),
        (b"<html>Bad gateway</html>", 502, "UNKNOWN_ERROR", "the source of places answered with HTTP status 502"),
        (b'{"error":"what"}', 404, "UNKNOWN_ERROR", "the source of places answered with HTTP status 404"),
        (b'{"error":{"details":7}}', 403, "REQUEST_DENIED", "the source of places answered with HTTP status 403"),
        (b"[" * 50_000, 500, "UNKNOWN_ERROR", "the source of places answered with HTTP status 500"),
        (b" " * BIG, 500, "UNKNOWN_ERROR", "the source of places answered with HTTP status 500"),
    ],
)
async def test_an_error_becomes_the_fitting_status_and_keeps_its_words(
    body: bytes, http: int, status: str, reason: str
) -> None:
    async with google(says(body, http)) as client:
        told = await refusal(client)
    assert (told.status, told.reason, told.passing) == (status, reason, http >= 500)


async def test_the_key_does_not_come_back_in_an_error() -> None:
    body = error(403, "PERMISSION_DENIED", f"The key {KEY} is blocked, key%3D{KEY.replace('/', '%2F')}")
    async with google(says(body, 403)) as client:
        assert (await refusal(client)).reason == "The key *** is blocked, key%3D***"


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Sign in</html>",
        b"",
        b'{"places":[',
        b'{"places":{}}',
        b'{"places":[7]}',
        b"[]",
        b'{"places":[{"displayName":{"text":"\xff"}}]}',
        b'{"places":[{"rating":NaN}]}',
        b'{"places":' + b"[" * 100_000,
        b"{".ljust(BIG),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/html"])
async def test_what_is_no_answer_is_an_unknown_error(body: bytes, content_type: str) -> None:
    async with google(says(body, content_type=content_type)) as client:
        assert (await refusal(client)).status == "UNKNOWN_ERROR"


@pytest.mark.parametrize("length", [None, 1000])
async def test_half_a_body_is_no_answer(length: int | None) -> None:
    async with google(breaks_off(b'{"places":[', length)) as client:
        assert (await refusal(client)).status == "UNKNOWN_ERROR"


async def test_a_slow_drip_ends_with_the_time_out() -> None:
    async with dripping(b" ") as handler, google(handler, timeout=0.3) as client:
        assert "did not answer within 0.3 seconds" in str(await refusal(client))


async def test_a_key_that_is_no_header_stays_a_secret() -> None:
    async with google(says(b"{}"), key="AIza\r\nX-Evil: 1") as client:
        assert (await refusal(client, "Evil")).status == "UNKNOWN_ERROR"
