"""Who may ask for what, and what every answer carries: Host, Origin, headers, and problems of every kind."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import WSServerHandshakeError, web

from tests.herding import HERE, HOST, talk
from tests.webbing import Gateway, gateway

KIWI = b'{"client": "kiwi", "location": "%b"}' % HERE
JSON = "application/json"
NAMES = ["herd.example", "Intranet"]


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[Gateway]:
    """Run a server and its gateway, which may be reached by two names."""
    async with gateway(tmp_path, NAMES) as home:
        yield home


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


# ---- headers


@pytest.mark.parametrize("path", ["/", "/whatsat?client=kiwi", "/whatsat", "/nowhere", "/iamat", "/ws"])
async def test_every_answer_tells_browsers_what_a_page_may_do(home: Gateway, path: str) -> None:
    headers = (await home.get(path)).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


async def test_a_refusal_at_the_gate_carries_the_headers_too(home: Gateway) -> None:
    reply = await home.post(JSON, KIWI, Origin="http://evil.example")
    assert reply.status == 403
    assert "Content-Security-Policy" in reply.headers


# ---- Host


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8101",
        "127.0.0.1",
        "127.0.0.1:80",
        "[::1]:8101",
        "10.1.2.3",
        "herd.example",
        "intranet:1",
    ],
)
async def test_a_name_of_ours_lets_in(home: Gateway, host: str) -> None:
    assert (await home.post(JSON, KIWI, Host=host)).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.1",
        "evil.example:80",
        "",
        "[::1",
        "::1",
    ],
)
async def test_another_name_is_421_whatever_is_asked(home: Gateway, host: str) -> None:
    for request in ("GET /", "GET /whatsat?client=kiwi", "POST /iamat", "GET /nowhere"):
        answer = await home.raw(f"{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert status_of(answer) in {400, 421}  # aiohttp finds some to be no host at all
        if host.endswith("example"):
            assert status_of(answer) == 421
    assert not home.server.node.store.reports


async def test_a_program_that_speaks_http_1_0_needs_no_host(home: Gateway) -> None:
    assert status_of(await home.raw(b"GET / HTTP/1.0\r\n\r\n")) == 200


# ---- Origin


def origins(home: Gateway) -> list[str]:
    port = home.port
    return [
        "null",
        "",
        "http://evil.example",
        f"http://{HOST}",
        f"http://{HOST}:{port + 1}",
        f"http://localhost:{port}",
        f"https://{HOST}.evil.example:{port}",
        f"ftp://{HOST}:{port}",
        f"{HOST}:{port}",
        f"http://{HOST}:{port}/",
        f"http://x@{HOST}:{port}",
    ]


async def test_a_page_of_another_origin_may_not_write_whatever_the_type(home: Gateway) -> None:
    for origin in origins(home):
        for kind in (JSON, "text/plain", "application/x-www-form-urlencoded", ""):
            reply = await home.post(kind, KIWI, Origin=origin)
            assert (reply.status, reply.json["title"]) == (403, "Forbidden"), origin
        assert (await home.ask("DELETE", "/clients/kiwi", Origin=origin)).status == 403
    assert not home.server.node.store.reports


async def test_a_page_of_our_own_may_write(home: Gateway) -> None:
    assert (await home.post(JSON, KIWI, Origin=home.url)).status == 200
    assert (await home.post(JSON, KIWI, Host="herd.example", Origin="http://herd.example")).status == 200
    assert (await home.post(JSON, KIWI, Host="herd.example:80", Origin="http://herd.example")).status == 200
    assert (await home.post(JSON, KIWI, Host="Intranet", Origin="https://intranet")).status == 200  # a proxy's TLS


@pytest.mark.parametrize("path", ["/ws", "/live"])
async def test_a_page_of_another_origin_may_open_no_websocket(home: Gateway, path: str) -> None:
    for origin in origins(home):
        with pytest.raises(WSServerHandshakeError) as refused:
            await home.session.ws_connect(home.url + path, headers={"Origin": origin})
        assert refused.value.status == 403
    for headers in ({}, {"Origin": home.url}):
        async with home.session.ws_connect(home.url + path, headers=headers):
            pass


async def test_a_second_origin_does_not_hide_behind_ours(home: Gateway) -> None:
    request = (
        f"POST /iamat HTTP/1.1\r\nHost: {HOST}:{home.port}\r\nConnection: close\r\n"
        f"Origin: {home.url}\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n\r\n"
    )
    assert status_of(await home.raw(request.encode())) in {400, 403}


async def test_reading_is_not_asked_for_its_origin(home: Gateway) -> None:
    reply = await home.get("/", Origin="http://evil.example")
    assert reply.status == 200
    assert "Access-Control-Allow-Origin" not in reply.headers  # so no other page gets to see it


# ---- problems


async def test_a_path_that_leads_nowhere_is_a_problem(home: Gateway) -> None:
    reply = await home.get("/nowhere?x")
    assert (reply.status, reply.kind) == (404, "application/problem+json")
    assert reply.json == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "nothing is here",
        "answer": "? GET /nowhere",
    }
    assert (await home.get("/nowhere", Accept="text/plain")).body == b"? GET /nowhere\n"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
async def test_iamat_is_for_post_alone(home: Gateway, method: str) -> None:
    reply = await home.ask(method, "/iamat")
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    assert reply.json["answer"] == f"? {method} /iamat"


async def test_whatsat_is_for_reading_alone(home: Gateway) -> None:
    reply = await home.ask("POST", "/whatsat", b"x")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET,HEAD")


async def break_at_once(request: web.Request) -> web.StreamResponse:
    raise ZeroDivisionError("a defect")


async def break_amid(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"half an ans")
    raise ZeroDivisionError("a defect")


async def go_elsewhere(request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther("/")


ROUTES = [web.get("/broken", break_at_once), web.get("/torn", break_amid), web.get("/old", go_elsewhere)]


async def test_a_defect_costs_its_own_request_and_no_more(tmp_path: Path) -> None:
    async with gateway(tmp_path, routes=ROUTES) as home:
        reply = await home.get("/broken")
        assert (reply.status, reply.json["title"]) == (500, "Internal Server Error")
        assert b"ZeroDivision" not in reply.body
        torn = await home.raw(b"GET /torn HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert torn.endswith(b"half an ans\r\n")  # without the chunk that ends a whole one
        assert (await home.get("/")).status == 200
        assert home.server.node.guard.caught == 2
        home.server.node.guard.caught = 0


async def test_a_redirection_stays_one(tmp_path: Path) -> None:
    async with gateway(tmp_path, routes=ROUTES) as home:
        said = await home.raw(b"GET /old HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert status_of(said) == 303
    assert b"\r\nLocation: /\r\n" in said


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"IAMAT kiwi +1+2 5\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: x\r\n" * 1_000 + b"\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /iamat HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /iamat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_garbage_is_400_and_leaves_no_word_on_the_console(
    home: Gateway, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert status_of(await home.raw(garbage)) == 400
    assert not caplog.records
    assert (await home.get("/")).status == 200


async def test_a_connection_that_says_nothing_holds_up_nobody(home: Gateway) -> None:
    async with talk(home.port), talk(home.port) as half:
        half.writer.write(b"POST /iamat HTTP/1.1\r\nHost: loc")
        await asyncio.gather(*[home.post(JSON, KIWI) for _ in range(20)])


async def test_a_page_is_shown_whatever_port_its_host_header_claims(home: Gateway) -> None:
    for path in ("/", "/api"):
        assert (await home.get(path, Host="127.0.0.1:99999")).status == 200
