"""Bodies of POST /iamat: a report is answered alike in every form, and nothing in one is a defect."""

import json
from urllib.parse import quote_from_bytes

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fuzz import reference
from tests.fuzz.answers import Answer, check, read
from tests.fuzz.forms import BODIES
from tests.fuzz.served import Served, ask
from tests.fuzz.speaking import ANY_CLIENTS, ANY_LOCATIONS, ANY_TIMES, NOW
from tests.webbing import Gateway

KINDS = ["application/json", "application/x-www-form-urlencoded", "text/plain", "text/plain; charset=utf-8"]


def post(body: bytes, kind: str, *more: bytes) -> bytes:
    """Return the request that posts a body to /iamat."""
    head = [
        b"POST /iamat HTTP/1.1", b"Host: localhost", b"Connection: close",
        b"Content-Type: " + kind.encode(), b"Content-Length: %d" % len(body), *more,
    ]  # fmt: skip
    return b"\r\n".join([*head, b"", body])


@settings(max_examples=60)
@given(ANY_CLIENTS, ANY_LOCATIONS, ANY_TIMES)
@example(b"x", b"+34.068930-118.445127", b"0" * 13)
@example(b"x", b"+0+0 5", b"")  # words that make a line only together
@example(b"x +0+0", b"5", b"")
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


BODY_HEADERS = st.sampled_from(
    [
        b"Accept: text/plain",
        b"Accept: */*;q=0,text/*;q=1.5",
        b"Content-Encoding: gzip",
        b"Content-Encoding: identity",
        b"Accept: application/json",
        b"Origin: http://localhost",
        b"Origin: null",
        b"X: \xff",
    ]
)


@settings(max_examples=80)
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
    if answer.status == 200 and kind == "application/json" and body.lstrip()[:1] == b"{":
        names = json.loads(body, parse_int=str, object_pairs_hook=lambda pairs: [name for name, _ in pairs])
        assert len(set(names)) == len(names), "a field that is said twice"
    if answer.status == 200 and kind.startswith("text/plain"):
        lines = body.split(b"\n")
        answered = [line for line in (lines if lines[-1] else lines[:-1]) if reference.split(line)]
        assert answer.body.count(b"\n") >= len(answered)
