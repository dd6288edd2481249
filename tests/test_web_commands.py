"""/iamat and /whatsat over a real server: what is heard, what is refused, and that TCP says the same."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
import pytest_asyncio

from herd.messages import LINE_LIMIT, parse_at
from herd.ordering import WAITING_LIMIT
from herd.sections.limits import BODY
from tests.herding import HERE, talk, until, within
from tests.webbing import PLACES, Gateway, gateway
from web.schema import to_json

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
PLAIN = "text/plain"
TIME = b"1520023934.918963997"
LINE = b"IAMAT kiwi %b %b" % (HERE, TIME)
AT = b"AT Home +0.081036003 kiwi %b %b" % (HERE, TIME)
KIWI = {"client": "kiwi", "location": HERE.decode(), "time": TIME.decode()}
GOOGLES = PLACES.rstrip("\n")


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[Gateway]:
    """Run a server and its gateway."""
    async with gateway(tmp_path) as home:
        yield home


async def hear_kiwi(home: Gateway) -> None:
    assert (await home.tell(KIWI)).status == 200


# ---- one report


async def test_a_report_in_json_is_heard_and_answered_with_the_report(home: Gateway) -> None:
    reply = await home.tell(KIWI)
    assert (reply.status, reply.kind) == (200, JSON)
    assert reply.json == to_json(parse_at(AT))
    assert home.server.node.store.newest(b"kiwi") == AT


@pytest.mark.parametrize("accept", [PLAIN, "text/*", "text/plain, */*;q=0.5", "text/plain;q=0.9, */*;q=0.5"])
async def test_a_report_is_answered_in_plain_text_byte_for_byte_as_on_tcp(home: Gateway, accept: str) -> None:
    reply = await home.tell(KIWI, Accept=accept)
    assert reply.kind == "text/plain; charset=utf-8"
    assert reply.body == AT + b"\n" == await home.tcp(LINE + b"\n")


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        JSON,
        "",
        "text/html, */*;q=0.8",
        "application/json, text/plain, */*",
        "text/plain;q=0",
        "image/png",
        ";q,,",
    ],
)
async def test_json_is_answered_unless_plain_text_ranks_above_it(home: Gateway, accept: str) -> None:
    assert (await home.tell(KIWI, Accept=accept)).kind == JSON


@pytest.mark.parametrize(
    ("said", "location", "time"),
    [
        ('"lat": 34.068930, "lon": -118.445127, "time": 1520023934.918963997', HERE, TIME),
        ('"lat": "34.068930", "lon": "-118.445127", "time": "1520023934.918963997"', HERE, TIME),
        ('"lat": "+34.068930", "lon": "-118.445127", "time": 1520023934', HERE, b"1520023934"),
        ('"lat": -0, "lon": 180.0000, "time": 0.100000000000000001', b"-0+180.0000", b"0.100000000000000001"),
        ('"lat": 1.123456789012345, "lon": 007', None, None),
        ('"lat": 1, "lon": 2, "speed": {"a": [1e400]}, "time": "000000000001.5"', b"+1+2", b"000000000001.5"),
        ('"location": "+1-2", "time": 999999999999.9', b"+1-2", b"999999999999.9"),
    ],
)
async def test_numbers_in_json_keep_their_digits(
    home: Gateway, said: str, location: bytes | None, time: bytes | None
) -> None:
    reply = await home.post(JSON, b'{"client": "kiwi", %b}' % said.encode())
    if location is None:
        assert (reply.status, home.server.node.store.newest(b"kiwi")) == (400, None)
    else:
        at = parse_at(reply.json["at"].encode())
        assert (at.location, at.time) == (location, time)


async def test_a_report_without_a_time_is_of_now(home: Gateway) -> None:
    reply = await home.tell({"client": "kiwi", "lat": 1, "lon": 2})
    assert (reply.json["time"], reply.json["skew"]) == ("1520023935.000000000", "+0.000000000")


@pytest.mark.parametrize(
    "form",
    [
        b"client=kiwi&location=%2B34.068930-118.445127&time=1520023934.918963997",
        b"client=kiwi&location=+34.068930-118.445127&time=1520023934.918963997",
        b"time=1520023934.918963997&&client=k%69wi&lat=34.068930&lon=-118.445127&other=+&another",
        b"client=kiwi&lat=+34.068930&lon=%2d118.445127&time=1520023934.918963997",
    ],
)
async def test_a_report_may_come_as_a_form(home: Gateway, form: bytes) -> None:
    assert (await home.post(FORM, form)).json["at"].encode() == AT


@pytest.mark.parametrize(
    ("said", "client"),
    [
        (b"%FF%00", b"\xff\x00"),
        ("é".encode(), "é".encode()),
        (b"%C3%A9", "é".encode()),
        (b"a%2Bb", b"a+b"),
        (b"%C2%A0%C2%85", b"\xc2\xa0\xc2\x85"),
        (b"100%", b"100%"),
        (b"x=y", b"x=y"),
    ],
)
async def test_client_ids_of_any_bytes_survive_the_way_through_form_json_and_url(
    home: Gateway, said: bytes, client: bytes
) -> None:
    told = await home.post(FORM, b"client=%b&lat=1&lon=2" % said)
    assert told.json["client"].encode("utf-8", "surrogateescape") == client
    assert parse_at(home.server.node.store.newest(client) or b"").client == client
    again = await home.tell({"client": told.json["client"], "lat": 1, "lon": 2})
    assert again.json == told.json
    asked = await home.raw(b"GET /whatsat?client=%b HTTP/1.0\r\n\r\n" % quote_from_bytes(client).encode())
    report = json.loads(asked.partition(b"\r\n\r\n")[2])["report"]
    assert report == told.json


@pytest.mark.parametrize(
    ("report", "field", "answer"),
    [
        ({"location": "+1+2"}, "client", "? IAMAT +1+2"),
        ({"client": "", "location": "+1+2"}, "client", "? IAMAT  +1+2"),
        ({"client": "a b", "location": "+1+2"}, "client", "? IAMAT a%20b +1+2"),
        ({"client": "a\n", "location": "+1+2", "time": "5"}, "client", "? IAMAT a%0A +1+2 5"),
        ({"client": "a +1+2", "location": "", "time": "5"}, "client", "? IAMAT a%20+1+2  5"),
        ({"client": "a", "location": "", "time": "+1.0+2.0 1520023934.918963997"}, "location", None),
        ({"client": "a", "location": "+1.0+2.0 1520023934.918963997", "time": ""}, "location", None),
        ({"client": "x" * 1025, "location": "+1+2"}, "client", None),
        ({"client": 5, "location": "+1+2"}, "client", "? IAMAT"),
        ({"client": None, "location": "+1+2"}, "client", "? IAMAT"),
        ({"client": ["a"], "location": "+1+2"}, "client", "? IAMAT"),
        ({"client": "\ud800", "location": "+1+2"}, "client", "? IAMAT"),
        ({"client": "a"}, "location", "? IAMAT a"),
        ({"client": "a", "location": "1,2"}, "location", "? IAMAT a 1,2"),
        ({"client": "a", "location": 12}, "location", "? IAMAT"),
        ({"client": "a", "location": "+1+2/"}, "location", "? IAMAT a +1+2/"),
        ({"client": "a", "location": "+1+2", "lat": 1}, "location", "? IAMAT a +1+2 1"),
        ({"client": "a", "lat": 1}, "lon", "? IAMAT a 1"),
        ({"client": "a", "lon": 1}, "lat", "? IAMAT a 1"),
        ({"client": "a", "lat": 90.1, "lon": 1}, "lat", "? IAMAT a 90.1 1"),
        ({"client": "a", "lat": 1, "lon": -180.5}, "lon", "? IAMAT a 1 -180.5"),
        ({"client": "a", "lat": "1+2", "lon": ""}, "lat", "? IAMAT a 1+2 "),
        ({"client": "a", "lat": "", "lon": "1"}, "lat", "? IAMAT a  1"),
        ({"client": "a", "lat": "1.1234567890123456", "lon": "1"}, "lat", None),
        ({"client": "a", "lat": "\u0661", "lon": "1"}, "lat", "? IAMAT a \u0661 1"),
        ({"client": "a", "lat": True, "lon": 1}, "lat", "? IAMAT"),
        ({"client": "a", "lat": 1e-7, "lon": 1}, "lat", "? IAMAT a 1e-07 1"),
        ({"client": "a", "location": "+1+2", "time": -5}, "time", "? IAMAT a +1+2 -5"),
        ({"client": "a", "location": "+1+2", "time": "1e9"}, "time", "? IAMAT a +1+2 1e9"),
        ({"client": "a", "location": "+1+2", "time": " 5"}, "time", "? IAMAT a +1+2 %205"),
        ({"client": "a", "location": "+1+2", "time": 10**12}, "time", "? IAMAT a +1+2 1000000000000"),
        ({"client": "a", "location": "+1+2", "time": None}, "time", "? IAMAT"),
        ("kiwi", None, "? IAMAT"),
        (5, None, "? IAMAT"),
        (None, None, "? IAMAT"),
    ],
)
async def test_a_report_that_is_wrong_is_a_problem_that_names_the_field_and_says_what_tcp_would(
    home: Gateway, report: Any, field: str | None, answer: str | None
) -> None:
    reply = await home.tell(report)
    assert (reply.status, reply.kind) == (400, "application/problem+json")
    said = reply.json
    assert (said["type"], said["title"], said["status"], said.get("field")) == (
        "about:blank",
        "Bad Request",
        400,
        field,
    )
    assert said["detail"]
    if answer is not None:
        assert said["answer"] == answer
    plain = await home.tell(report, Accept=PLAIN)
    assert (plain.status, plain.body.decode("utf-8", "surrogateescape")) == (400, said["answer"] + "\n")
    assert not home.server.node.store.reports


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[",
        b"nonsense",
        b'{"client": "a", "location": "+1+2"} x',
        b'{"client": "a", "client": "b", "location": "+1+2"}',
        b'{"client": "a", "lat": NaN, "lon": 1}',
        b'{"client": "a", "lat": Infinity, "lon": 1}',
        b'{"client": "a", "lat": 1e1, "lon": 1}',
        b'{"client": "a", "lat": .5, "lon": 1}',
        b'{"client": "a\nb", "location": "+1+2"}',
        b'{"client": "\xff", "location": "+1+2"}',
        b'\xef\xbb\xbf{"client": "a", "location": "+1+2"}',
        '{"client": "a", "location": "+1+2"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 100_000,
        b'"' + b"\\u0000" * 20_000,
    ],
)
async def test_a_body_that_is_no_json_is_refused(home: Gateway, body: bytes) -> None:
    reply = await home.post(JSON, body)
    assert (reply.status, reply.kind) == (400, "application/problem+json")
    assert not home.server.node.store.reports


async def test_a_nul_may_stand_in_a_client_id(home: Gateway) -> None:
    reply = await home.post(JSON, rb'{"client": "a\u0000b", "location": "+1+2", "time": 5}')
    assert reply.json["at"] == "AT Home +1520023930.000000000 a\0b +1+2 5"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (b"", "client"),
        (b"client=a&client=a&location=+1+2", "client"),
        (b"client=a+b&location=+1+2", "client"),
        (b"client=a%0ab&location=+1+2", "client"),
        (b"client=a&location=%201+2", "location"),
        (b"client=a&lat=1%2B2&lon=", "lat"),
        (b"client=a&location=+1+2&time=", "time"),
        (b"&".join(b"f%d=" % number for number in range(101)), None),
    ],
)
async def test_a_form_that_is_wrong_is_refused(home: Gateway, form: bytes, field: str | None) -> None:
    reply = await home.post(FORM, form)
    assert (reply.status, reply.json.get("field")) == (400, field)
    assert not home.server.node.store.reports


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "application/octet-stream",
        "multipart/form-data; boundary=x",
        "application/xml",
        "x",
        "application/json; charset=utf-16",
    ],
)
async def test_a_body_of_another_type_is_415_and_says_which_are_taken(home: Gateway, kind: str) -> None:
    reply = await home.post(kind, b'{"client": "a", "location": "+1+2"}')
    assert (reply.status, reply.json["title"]) == (415, "Unsupported Media Type")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x"])
async def test_a_compressed_body_is_415_and_not_unpacked(home: Gateway, encoding: str) -> None:
    bomb = gzip.compress(bytes(20 * BODY))
    reply = await home.post(JSON, bomb, Content_Encoding=encoding)
    assert (reply.status, reply.headers["Accept-Encoding"]) == (415, "identity")


# ---- many in one body

NASTY = [
    LINE,
    b"WHATSAT kiwi 10 1",
    b"",
    b" \t\r\f\v",
    b"nonsense",
    b" IAMAT  kiwi\t" + HERE + b" 5 \r",
    b"IAMAT kiwi +91+0 5",
    b"IAMAT \xff\x00 +1+2 5",
    b"WHATSAT \xff\x00 0 0",
    b"WHATSAT nobody 10 5",
    b"WHATSAT kiwi 51 5",
    AT,
    b"HERD 1 Home 0 Home 0",
    b"x" * LINE_LIMIT,
    b"y" * (LINE_LIMIT + 1),
    b" " * (LINE_LIMIT + 1),
    b"z" * 3 * LINE_LIMIT,
    b"IAMAT last +1+2 1520023934.918963997",
]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
async def test_lines_are_answered_byte_for_byte_as_on_tcp(home: Gateway, end: bytes) -> None:
    body = b"\n".join(NASTY) + end
    said = await home.tcp(body)
    reply = await home.post(PLAIN, body)
    assert (reply.status, reply.kind) == (200, "text/plain; charset=utf-8")
    assert reply.body == said
    assert reply.body.count(b"AT Home ") == 7


@pytest.mark.parametrize(
    ("body", "answer"), [(b"", b""), (b"\n\n \n", b""), (b"x", b"? x\n"), (b"x\n\ny", b"? x\n? y\n")]
)
async def test_each_line_is_answered_by_one_and_a_blank_one_by_nothing(
    home: Gateway, body: bytes, answer: bytes
) -> None:
    reply = await home.post(PLAIN, body)
    assert (reply.status, reply.body) == (200, answer)


async def test_a_mebibyte_of_lines_is_answered_in_order(home: Gateway) -> None:
    lines = [b"IAMAT c%06d +1.5-2.5 1520023934.918963997" % number for number in range(BODY // 50)]
    reply = await home.post(PLAIN, b"\n".join(lines))
    assert reply.body.splitlines() == [b"AT Home +0.081036003 " + line[6:] for line in lines]
    assert len(home.server.node.store.reports) == len(lines)


async def test_answers_keep_their_order_though_more_whatsats_wait_than_may(home: Gateway) -> None:
    await hear_kiwi(home)
    home.places.open.clear()
    body = (b"WHATSAT kiwi 1 1\n" + LINE + b"\nx\n") * (2 * WAITING_LIMIT + 1)
    posting = asyncio.ensure_future(home.post(PLAIN, body))
    await until(lambda: len(home.places.asked) == WAITING_LIMIT, "as many searches as may wait")
    assert await home.tcp(LINE) == AT + b"\n"  # others are answered meanwhile
    assert len(home.places.asked) == WAITING_LIMIT
    home.places.open.set()
    assert (await within(posting)).body == await home.tcp(body)


async def test_an_array_is_answered_in_order_each_by_a_report_or_a_problem(home: Gateway) -> None:
    batch = [
        KIWI,
        5,
        {"client": "a b", "lat": 1, "lon": 2},
        {"client": "moa", "lat": 1, "lon": 2, "time": 5},
        [KIWI],
    ]
    reply = await home.tell(batch)
    assert (reply.status, reply.kind) == (200, JSON)
    first, second, third, fourth, fifth = reply.json
    assert first == to_json(parse_at(AT))
    assert (third["status"], third["field"], third["answer"]) == (400, "client", "? IAMAT a%20b 1 2")
    assert fourth["at"] == "AT Home +1520023930.000000000 moa +1+2 5"
    assert second["status"] == fifth["status"] == 400
    plain = await home.tell(batch, Accept=PLAIN)
    assert plain.body.split(b"\n") == [AT, b"? IAMAT", b"? IAMAT a%20b 1 2", fourth["at"].encode(), b"? IAMAT", b""]


async def test_an_object_that_says_a_field_twice_spoils_only_its_own_place_in_an_array(home: Gateway) -> None:
    reply = await home.post(JSON, b'[{"client": "a", "client": "b"}, {"client": "c", "location": "+1+2"}]')
    assert [answer.get("field", answer.get("client")) for answer in reply.json] == ["client", "c"]


async def test_an_empty_array_is_answered_by_one(home: Gateway) -> None:
    assert (await home.tell([])).json == []
    assert (await home.tell([], Accept=PLAIN)).body == b""


async def test_a_long_array_is_answered_in_order(home: Gateway) -> None:
    reports = [{"client": f"c{number}", "lat": 1, "lon": 2} for number in range(5_000)]
    reply = await home.tell(reports)
    assert [report["client"] for report in reply.json] == [report["client"] for report in reports]


async def test_a_client_that_goes_away_amid_a_long_answer_is_no_defect(home: Gateway) -> None:
    body = b"x\n" * (BODY // 2)
    head = (
        b"POST /iamat HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
        % len(body)
    )
    async with talk(home.port) as client:
        client.writer.write(b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body))
        assert await client.line() == b"HTTP/1.1 200 OK\r"
        client.reset()
    await hear_kiwi(home)


# ---- limits of a body


async def test_a_body_of_exactly_the_limit_is_heard_and_a_byte_more_is_413(home: Gateway) -> None:
    body = LINE + b"\n" * (BODY - len(LINE))
    assert (await home.post(PLAIN, body)).body == AT + b"\n"
    reply = await home.post(PLAIN, body + b"\n")
    assert (reply.status, reply.kind) == (413, "application/problem+json")
    assert reply.json["answer"] == "? POST /iamat"


def chunked(body: bytes, head: bytes = b"") -> bytes:
    return (
        b"POST /iamat HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: text/plain\r\n%b\r\n%x\r\n%b\r\n" % (head, len(body), body)
    )


async def test_a_chunked_body_has_the_same_limit_and_nothing_of_it_is_carried_out_beyond_it(home: Gateway) -> None:
    body = LINE + b"\n" * (BODY - len(LINE))
    assert (await home.raw(chunked(body) + b"0\r\n\r\n")).endswith(AT + b"\n")
    home.server.node.store.reports.clear()
    assert (await home.raw(chunked(body + b"\n") + b"0\r\n\r\n")).startswith(b"HTTP/1.1 413 ")
    assert not home.server.node.store.reports


BROKEN_CHUNKS = [b"zz\r\n", b"-1\r\n", b"5\r\nabcdefgh\r\n", b"\r\n"]


@pytest.mark.parametrize("rest", BROKEN_CHUNKS)
async def test_a_broken_chunk_is_400(home: Gateway, rest: bytes) -> None:
    assert (await home.raw(chunked(LINE) + rest)).startswith(b"HTTP/1.0 400 ")
    assert not home.server.node.store.reports


@pytest.mark.parametrize("rest", [*BROKEN_CHUNKS, b""])
async def test_a_body_that_breaks_off_or_never_ends_is_408_when_patience_does(tmp_path: Path, rest: bytes) -> None:
    async with gateway(tmp_path, patience=0.01) as home, talk(home.port) as client:
        client.writer.write(chunked(b"x", b"Expect: 100-continue\r\n"))
        assert await client.line() == b"HTTP/1.1 100 Continue\r"
        client.writer.write(rest)
        assert await client.lines(2) == [b"\r", b"HTTP/1.1 408 Request Timeout\r"]
        await hear_kiwi(home)


async def test_a_client_that_goes_away_amid_its_body_is_no_defect(home: Gateway) -> None:
    async with talk(home.port) as client:
        client.writer.write(chunked(b"x", b"Expect: 100-continue\r\n"))
        await client.line()
        client.reset()
    await hear_kiwi(home)


async def test_requests_may_be_sent_ahead_of_their_answers(home: Gateway) -> None:
    request = (
        b"POST /iamat HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%b\r\n%b"
    )
    several = b"".join(request % (6, b"", b"IAMAT%d" % number) for number in range(9))
    answers = await home.raw(several + request % (1, b"Connection: close\r\n", b"x"))
    assert [line for line in answers.splitlines() if line.startswith(b"? ")] == [
        *[b"? IAMAT%d" % number for number in range(9)],
        b"? x",
    ]


# ---- whatsat


async def test_whatsat_answers_with_the_report_and_the_sources_own_text(home: Gateway) -> None:
    await hear_kiwi(home)
    reply = await home.get("/whatsat?client=kiwi&radius=10&limit=1")
    assert (reply.status, reply.kind) == (200, JSON)
    assert reply.json["report"] == to_json(parse_at(AT))
    assert reply.json["places"]["results"] == [{"name": "Café", "x": 1.5}]
    everything = await home.get("/whatsat?client=kiwi")
    assert b'"places":' + GOOGLES.encode() + b"}" in everything.body


async def test_whatsat_in_plain_text_is_byte_for_byte_what_tcp_says(home: Gateway) -> None:
    await hear_kiwi(home)
    for radius, limit in (("10", "5"), ("0.50", "1"), ("050", "0")):
        reply = await home.get(f"/whatsat?client=kiwi&radius={radius}&limit={limit}", Accept=PLAIN)
        assert reply.body == await home.tcp(f"WHATSAT kiwi {radius} {limit}\n".encode())
    assert (await home.get("/whatsat?client=kiwi", Accept=PLAIN)).body == await home.tcp(b"WHATSAT kiwi 10 5\n")
    assert str(home.places.asked[-1][1]) == "10"


async def test_places_that_cannot_be_had_say_so_in_their_status(home: Gateway) -> None:
    await hear_kiwi(home)
    home.places.fail("OVER_QUERY_LIMIT", "too many")
    reply = await home.get("/whatsat?client=kiwi")
    assert reply.status == 200
    assert reply.json["places"] == {
        "error_message": "too many",
        "html_attributions": [],
        "results": [],
        "status": "OVER_QUERY_LIMIT",
    }


async def test_a_search_that_a_defect_breaks_off_is_answered_all_the_same(home: Gateway) -> None:
    await hear_kiwi(home)
    home.places.fails = ZeroDivisionError("a defect")
    reply = await home.get("/whatsat?client=kiwi", Accept=PLAIN)
    assert (reply.status, reply.body) == (200, await home.tcp(b"WHATSAT kiwi 10 5\n"))
    assert b'"status" : "UNKNOWN_ERROR"' in reply.body
    home.server.node.guard.caught -= 2


async def test_places_with_bytes_that_are_no_text_are_json_all_the_same(home: Gateway) -> None:
    await hear_kiwi(home)
    home.places.text = b'{"results" : [ "\xff" ], "status" : "OK"}'
    assert (await home.get("/whatsat?client=kiwi")).json["places"]["results"] == ["�"]
    assert b"\xff" in (await home.get("/whatsat?client=kiwi", Accept=PLAIN)).body


@pytest.mark.parametrize("query", ["client=nobody", "client=kiw", "client=kiwi%00", "client=%ff"])
async def test_whatsat_of_a_client_that_nobody_told_of_is_404(home: Gateway, query: str) -> None:
    await hear_kiwi(home)
    reply = await home.get(f"/whatsat?{query}")
    assert (reply.status, reply.json["field"]) == (404, "client")
    plain = await home.get(f"/whatsat?{query}", Accept=PLAIN)
    assert (plain.status, plain.body) == (404, await home.tcp(plain.body[2:]))


@pytest.mark.parametrize(
    ("query", "field", "answer"),
    [
        ("", "client", "? WHATSAT"),
        ("?", "client", "? WHATSAT"),
        ("?Client=kiwi", "client", "? WHATSAT"),
        ("?client=", "client", "? WHATSAT  10 5"),
        ("?client=a%20b", "client", "? WHATSAT a%20b 10 5"),
        ("?client=a+b", "client", "? WHATSAT a%20b 10 5"),
        ("?client=%E3%80%80%0b", "client", "? WHATSAT \u3000%0B 10 5"),
        ("?client=kiwi&radius=50.1", "radius", "? WHATSAT kiwi 50.1 5"),
        ("?client=kiwi&radius=-1", "radius", "? WHATSAT kiwi -1 5"),
        ("?client=kiwi&radius=1e1&limit=5", "radius", "? WHATSAT kiwi 1e1 5"),
        ("?client=kiwi&radius=", "radius", "? WHATSAT kiwi  5"),
        ("?client=kiwi&limit=21", "limit", "? WHATSAT kiwi 10 21"),
        ("?client=kiwi&limit=1.0", "limit", "? WHATSAT kiwi 10 1.0"),
        ("?client=kiwi&limit=+1", "limit", "? WHATSAT kiwi 10 %201"),
        ("?client=kiwi&client=kiwi", "client", None),
    ],
)
async def test_a_question_that_is_wrong_is_400(home: Gateway, query: str, field: str, answer: str | None) -> None:
    await hear_kiwi(home)
    reply = await home.ask("GET", f"/whatsat{query}")
    assert (reply.status, reply.json["field"]) == (400, field)
    if answer is not None:
        assert reply.json["answer"] == answer
    assert not home.places.asked


async def test_a_slow_search_holds_up_nobody_else(home: Gateway) -> None:
    await hear_kiwi(home)
    home.places.open.clear()
    asking = asyncio.ensure_future(home.get("/whatsat?client=kiwi"))
    await until(lambda: home.places.asked, "the search")
    assert (await home.tell(KIWI)).status == 200
    home.places.open.set()
    assert (await within(asking)).status == 200


# ---- what is logged


async def test_commands_and_answers_over_http_are_lines_of_the_traffic_log(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home:
        await hear_kiwi(home)
        await home.get("/whatsat?client=nobody")
        await home.post(PLAIN, b"AUTH hunter2\nx")
        await home.get("/nowhere?token=hunter2")
    log = home.log.read_text()
    for line in ("< " + LINE.decode(), "> " + AT.decode(), "< WHATSAT nobody 10 5", "> ? WHATSAT nobody 10 5"):
        assert line + "\n" in log
    for line in ("< x", "> ? x", "< GET /nowhere", "> ? GET /nowhere"):
        assert line + "\n" in log
    assert "hunter2" not in log
