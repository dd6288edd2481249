"""HTTP: reports in every form of body, queries, paths, headers and raw bytes; never a 500, and JSON that is JSON."""

import gzip
import json
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fuzz import reference
from tests.fuzz.mutating import CUTS, NASTY, cut_up, joined, mutated
from tests.fuzz.served import Served, ask, throw
from tests.fuzz.speaking import ANY_CLIENTS, ANY_LOCATIONS, CLIENTS, LIMITS, LINES, NOW, RADII, TIMES, degrees
from tests.webbing import Gateway

KINDS = ["application/json", "application/x-www-form-urlencoded", "text/plain", "text/plain; charset=utf-8"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a server."""
    home = Served(tmp_path_factory.mktemp("home"))
    yield home
    home.close()


class Answer(NamedTuple):
    """An answer over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes


def read(said: bytes, method: bytes = b"GET") -> Answer:
    """Read an answer that ends with its connection; AssertionError where it is none."""
    head, end, body = said.partition(b"\r\n\r\n")
    assert end, said
    first, *lines = head.decode("ascii").split("\r\n")
    version, status, _ = first.split(" ", 2)
    assert version in {"HTTP/1.0", "HTTP/1.1"}
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = _join(body)
    elif "content-length" in headers and method != b"HEAD" and status != "304":
        assert len(body) == int(headers["content-length"])
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return Answer(int(status), headers, body)


def _join(chunks: bytes) -> bytes:
    body = b""
    while chunks:
        size, _, chunks = chunks.partition(b"\r\n")
        body += chunks[: int(size, 16)]
        assert chunks[int(size, 16) :].startswith(b"\r\n")
        chunks = chunks[int(size, 16) + 2 :]
    return body


def check(answer: Answer) -> None:
    """Tell whether an answer is what every answer is: no defect, and of the type that it says."""
    assert answer.status != 500
    kind = answer.headers.get("content-type", "")
    if answer.body and "json" in kind:
        said = json.loads(answer.body)
        if "problem" in kind:
            assert said["status"] == answer.status >= 400
    assert "nosniff" in answer.headers.get("x-content-type-options", "nosniff")


def post(body: bytes, kind: str, *more: bytes) -> bytes:
    """Return the request that posts a body to /iamat."""
    head = [
        b"POST /iamat HTTP/1.1", b"Host: localhost", b"Connection: close",
        b"Content-Type: " + kind.encode(), b"Content-Length: %d" % len(body), *more,
    ]  # fmt: skip
    return b"\r\n".join([*head, b"", body])


# One report in every form.


@settings(max_examples=60)
@given(ANY_CLIENTS, ANY_LOCATIONS, TIMES)
@example(b"x", b"+34.068930-118.445127", b"0" * 13)
@example(b"\xed\xb3\xbf", b"+0+0", b"0")
def test_a_report_is_answered_alike_as_a_line_as_json_and_as_a_form(
    home: Served, client: bytes, location: bytes, time: bytes
) -> None:
    line = b" ".join([b"IAMAT", client, location, time])
    expected = reference.Herd(b"Home").answer(line, NOW)
    fields = {"client": client, "location": location, "time": time}
    in_json = json.dumps({name: value.decode("utf-8", "surrogateescape") for name, value in fields.items()})
    in_form = "&".join([f"{name}={quote_from_bytes(value)}" for name, value in fields.items()])

    async def say(home: Gateway) -> list[Answer]:
        plain = b"Accept: text/plain"
        requests = [
            post(line + b"\n", "text/plain"),
            post(in_json.encode(), "application/json", plain),
            post(f"[{in_json}]".encode(), "application/json", plain),
            post(in_form.encode(), "application/x-www-form-urlencoded", plain),
        ]
        return [read(await ask(home.port, request)) for request in requests]

    as_line, *others = home.run(say)
    assert (as_line.status, as_line.body) == (200, expected)
    whole = reference.split(line) == line.split(b" ")  # no white space within a field
    for answer in others:
        if expected.startswith(b"AT ") and whole:
            assert answer.body == expected
        else:
            assert answer.body.startswith(b"? IAMAT")


# Bodies of every form, mutated.

NUMBERS = st.sampled_from(["0", "-0", "1e400", "1.50", "9" * 5000, "-33.8568", "NaN", "Infinity", "1_0", "١"])
TEXTS = st.sampled_from(['""', '"a b"', '"\\ud800"', '"\\udcff"', '"\\u0000"', '"+34.068930-118.445127"', '"kiwi"'])
VALUES = st.recursive(
    NUMBERS | TEXTS | st.sampled_from(["null", "true", "[]", "{}"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]"),
    max_leaves=4,
)
FIELDS = st.sampled_from(["client", "client", "location", "lat", "lon", "time", "more", "\\u0063lient"])
REPORTS = st.lists(st.builds('"{}":{}'.format, FIELDS, VALUES), max_size=5).map(lambda parts: f"{{{','.join(parts)}}}")
GOOD = st.builds(
    '{{"client":"{}","lat":{},"lon":{},"time":{}}}'.format,
    st.sampled_from(["kiwi", "\\u00e9", "\\udcff"]), st.integers(-91, 91), st.integers(-181, 181), st.integers(0, 10**12),
)  # fmt: skip
ANY_JSON = (REPORTS | GOOD | st.lists(REPORTS | GOOD | VALUES, max_size=6).map(lambda some: f"[{','.join(some)}]")).map(
    str.encode
)
FORMS = st.lists(
    st.tuples(FIELDS.map(str.encode), st.sampled_from([b"=", b"=", b"", b"=="]), ANY_CLIENTS | ANY_LOCATIONS | TIMES).map(
        b"".join
    ),
    max_size=5,
).map(b"&".join)
BODIES = mutated(ANY_JSON) | mutated(FORMS) | mutated(joined(st.lists(LINES, max_size=8)))
BODY_HEADERS = st.sampled_from(
    [b"Accept: text/plain", b"Accept: */*;q=0,text/*;q=1.5", b"Content-Encoding: gzip", b"Content-Encoding: identity",
     b"Accept: application/json", b"Origin: http://localhost", b"Origin: null", b"X: \xff"]
)  # fmt: skip


@settings(max_examples=120)
@given(BODIES, st.sampled_from(KINDS), st.lists(BODY_HEADERS, max_size=2))
@example(b"[" * 100_000, KINDS[0], [])
@example(b"&" * 100_000, KINDS[1], [])
@example(b"=&" * 100, KINDS[1], [])
def test_any_body_is_answered_and_costs_nobody_else(
    home: Served, body: bytes, kind: str, headers: list[bytes]
) -> None:
    async def say(home: Gateway) -> bytes:
        return await ask(home.port, post(body, kind, *headers))

    answer = read(home.run(say))
    check(answer)
    if answer.status == 200 and kind.startswith("text/plain"):
        lines = body.split(b"\n")
        answered = [line for line in (lines if lines[-1] else lines[:-1]) if reference.split(line)]
        assert answer.body.count(b"\n") >= len(answered)


# Queries, paths and headers.

PATHS = st.sampled_from(
    [b"/", b"/clients", b"/clients", b"/clients/kiwi", b"/clients/%FF%00%1F", b"/clients/?", b"/whatsat", b"/herd",
     b"/healthz", b"/readyz", b"/metrics", b"/openapi.json", b"/api", b"/static/js/main.js", b"/static/../run.py",
     b"/static/%2e%2e/run.py", b"/tiles/1/1/1", b"/tiles/99/9/9", b"/ws", b"/live", b"/iamat", b"//evil.example/", b"*"]
)  # fmt: skip
DEGREES = degrees(90).map(str.encode) | degrees(180).map(str.encode) | st.sampled_from([b"34.06893", b"-118.4", b"0"])
PARAMETERS = st.one_of(
    st.builds(b"near=%b,%b".__mod__, st.tuples(DEGREES, DEGREES)),
    st.builds(b"bbox=%b,%b,%b,%b".__mod__, st.tuples(DEGREES, DEGREES, DEGREES, DEGREES)),
    st.sampled_from([b"bbox=-180,-90,180,90", b"bbox=170,-30,-170,30", b"near=0,0", b"near=90,180"]),
    st.builds(b"radius=%b".__mod__, RADII.map(lambda text: text[:20]) | st.sampled_from([b"20100", b"20100.1"])),
    st.builds(b"limit=%b".__mod__, LIMITS.map(lambda text: text[:20]) | st.sampled_from([b"10000", b"10001"])),
    st.builds(b"since=%b:%b".__mod__, st.tuples(st.sampled_from([b"LIFE", b"LIFE", b"x"]), st.sampled_from([b"0", b"1", b"9" * 18]))),
    st.builds(b"client=%b".__mod__, CLIENTS.map(lambda client: quote_from_bytes(client).encode())),
    st.sampled_from([b"trail=1", b"trail=0", b"trail=2", b"format=binary", b"format=json", b"%zz", b"=", b""]),
)  # fmt: skip
TARGETS = st.builds(
    lambda path, query: path + b"?" + query if query else path,
    mutated(PATHS, most=2),
    mutated(st.lists(PARAMETERS, max_size=3).map(b"&".join), most=2),
)
VALUES_OF = {
    b"Host": [b"localhost", b"127.0.0.1:80", b"[::1]:1", b"evil.example", b"", b"localhost:", b"[", b"\xff", b"a@b"],
    b"Origin": [b"http://localhost", b"https://localhost:443", b"null", b"http://evil.example", b"", b"://", b"\xff"],
    b"Accept": [b"text/plain", b"*/*", b"text/plain;q=0.5, */*;q=0", b"q=1", b";", b",", b"a/b;q=nan", b"text/plain;q"],
    b"Accept-Encoding": [b"gzip", b"*", b"gzip;q=0", b"br;q=1,gzip;q=2", b";,", b"identity"],
    b"If-None-Match": [b"*", b'W/"x"', b'"', b"x", b',"', b'W/"0-0", W/"LIFE-0"'],
    b"Last-Event-ID": [b"LIFE:0", b"x", b":", b"LIFE:" + b"9" * 18],
    b"Upgrade": [b"websocket", b"h2c"],
    b"Connection": [b"Upgrade", b"keep-alive"],
    b"Sec-WebSocket-Version": [b"13", b"8", b"x"],
    b"Sec-WebSocket-Key": [b"aGVyZCBsaXZlIGhlcmQhIQ==", b"x", b""],
    b"Access-Control-Request-Method": [b"GET", b"POST", b"x"],
    b"Range": [b"bytes=0-1", b"bytes=5-1", b"bytes=-", b"x"],
    b"If-Modified-Since": [b"Thu, 01 Jan 1970 00:00:00 GMT", b"x"],
    b"Content-Length": [b"0", b"5"],
    b"Expect": [b"100-continue", b"x"],
    b"Cookie": [b"a=b", b";;="],
}  # fmt: skip
HEADERS = st.sampled_from(sorted(VALUES_OF)).flatmap(
    lambda name: mutated(st.sampled_from(VALUES_OF[name]), most=1).map(lambda value: name + b": " + value)
)
METHODS = st.sampled_from([b"GET", b"GET", b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT", b"DELETE", b"get", b"\xff"])


@settings(max_examples=150)
@given(METHODS, TARGETS, st.lists(HEADERS, max_size=4))
def test_any_question_is_answered_without_a_defect(
    home: Served, method: bytes, target: bytes, headers: list[bytes]
) -> None:
    # What cannot stand in a request's first line is the business of the next property.
    target = target.translate(None, b" \t\r\n\f\v\0") or b"/"
    if target.startswith(b"/events"):
        return  # it has no end
    lines = [header.translate(None, b"\r\n\0") for header in headers if not header.startswith((b"Content-L", b"Expect"))]
    if not any(line.startswith(b"Host: ") for line in lines):
        lines.insert(0, b"Host: localhost")

    async def say(home: Gateway) -> bytes:
        life = home.server.node.life
        request = b"\r\n".join([b"%b %b HTTP/1.1" % (method, target), *lines, b"", b""]).replace(b"LIFE", life)
        return await throw(home.port, [request])

    said = home.run(say)
    if said and not said.startswith(b"HTTP/1.1 101 "):
        check(read(said, method))


# Anything at all.

REQUESTS = st.builds(
    lambda method, target, version, headers, body: b"\r\n".join(
        [b"%b %b %b" % (method, target, version), b"Host: localhost", *headers, b"", body]
    ),
    METHODS | st.just(b"POST"),
    TARGETS,
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.10", b""]),
    st.lists(HEADERS | st.sampled_from([b"Transfer-Encoding: chunked", b"Content-Length: 12", b" x", b":"]), max_size=4),
    BODIES | st.sampled_from([b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n", b"-1\r\n", b"0\r\n", *NASTY]),
)


@settings(max_examples=120)
@given(mutated(st.lists(REQUESTS, min_size=1, max_size=3).map(b"".join), most=6), CUTS)
def test_bytes_of_any_kind_on_the_port_of_http_are_no_defect(home: Served, sent: bytes, cuts: list[int]) -> None:
    pieces = cut_up(sent, [1, 7, 40] if cuts == [-1] and len(sent) > 200 else cuts)

    async def say(home: Gateway) -> bytes:
        return await throw(home.port, pieces)

    said = home.run(say)
    assert b"HTTP/1.1 500" not in said
    assert b"HTTP/1.0 500" not in said
