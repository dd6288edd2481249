"""Tokens over HTTP: Bearer, Basic, the login's cookie, what each opens, and when that ends."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from herd.access import BEYOND_TOKEN, NO_TOKEN, WRONG_TOKEN, Access
from herd.config import Config
from herd.messages import SECOND
from herd.sections.access import AccessSettings, Token
from tests.describing import check_reply
from tests.herding import iamat, talk, until, within
from tests.webbing import NOW, Gateway, Reply, gateway
from web import cookies
from web.login import LOGINS

READ, WRITE, FLEET = "only-to-read-0123456789", "to-write-too-0123456789", "of-fleet-7-0123456789ab"
SETTINGS = AccessSettings(read=(Token(READ),), write=(Token(WRITE), Token(FLEET, "fleet7/*")))
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
FOREIGN = "http://evil.example"
SEEN = ("/", "/clients", "/clients/kiwi", "/whatsat?client=kiwi", "/herd", "/metrics")
OPEN = ("/healthz", "/readyz", "/login", "/api", "/openapi.json", "/static/css/login.css")
SOCKET = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "aGVyZCBsaXZlIGhlcmQhIQ==",
}  # fmt: skip


def with_tokens(config: Config) -> Config:
    return replace(config, access=SETTINGS)


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[Gateway]:
    """Run a server with tokens that knows kiwi and fleet7/a."""
    async with gateway(tmp_path, change=with_tokens) as home:
        answer = await home.tcp(b"AUTH %b\n%b\n%b\n" % (WRITE.encode(), iamat(b"kiwi"), iamat(b"fleet7/a")))
        assert answer.count(b"AT Home ") == 2
        yield home


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(token: str, user: str = "jane") -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{token}".encode()).decode()}


async def log_in(home: Gateway, token: str, **headers: str) -> Reply:
    """Send the form of the login."""
    return await home.ask("POST", "/login", b"token=" + token.encode(), Content_Type=FORM, **headers)


def cookie_of(reply: Reply) -> dict[str, str]:
    """Return the header by which a browser sends back what it was given."""
    return {"Cookie": reply.headers["Set-Cookie"].partition(";")[0]}


def opened(home: Gateway, path: str, **headers: str) -> "WebSocket":
    return WebSocket(home, path, headers)


class WebSocket:
    """A WebSocket that is open inside the block."""

    def __init__(self, home: Gateway, path: str, headers: dict[str, str]) -> None:
        self.opening = home.session.ws_connect(home.url + path, headers=headers)

    async def __aenter__(self) -> ClientWebSocketResponse:
        return await within(self.opening.__aenter__())

    async def __aexit__(self, *error: object) -> None:
        await self.opening.__aexit__(None, None, None)


# ---- who gets in


async def test_without_a_token_nothing_is_told_but_how_the_server_is_and_how_to_log_in(home: Gateway) -> None:
    for path in SEEN[1:]:
        reply = await home.get(path)
        assert (reply.status, reply.kind) == (401, "application/problem+json")
        assert b"kiwi" not in reply.body.replace(b"GET /clients/kiwi", b"")
        check_reply("get", path, reply)
    for path in ("/nowhere", "/tiles/1/1/1", "/events", "/live", "/ws"):
        assert (await home.get(path)).status == 401
    for path in OPEN:
        assert (await home.get(path)).status == 200
    for path in ("/live", "/ws"):
        assert (await home.get(path, **SOCKET)).status == 401
    assert (await home.tell({"client": "x", "location": "+1+1"})).status == 401
    assert set(home.server.node.access.refused) == {NO_TOKEN}
    assert home.server.node.store.newest(b"x") is None


@pytest.mark.parametrize("headers", [bearer(WRITE), bearer(READ), basic(WRITE), basic(READ, ""), basic(READ, "ü")])
async def test_bearer_and_basic_open_everything_there_is_to_see(home: Gateway, headers: dict[str, str]) -> None:
    for path in SEEN:
        reply = await home.get(path, **headers)
        assert reply.status == 200
        check_reply("get", path, reply)


@pytest.mark.parametrize(
    "said",
    [
        "Bearer x" + WRITE, "Bearer " + WRITE[:-1], "Bearer", "Bearer ", WRITE, "Basic " + WRITE, "Basic !",
        "Basic", f"Digest {WRITE}", basic("")["Authorization"], basic("wrong")["Authorization"], "Bearer \xfc",
        " ", "",
        "Basic " + b64encode(WRITE.encode()).decode(),
    ],
)  # fmt: skip
async def test_whatever_else_is_said_opens_nothing(home: Gateway, said: str) -> None:
    reply = await home.get("/clients", Authorization=said)
    assert reply.status == 401
    assert home.server.node.access.refused == {WRONG_TOKEN: 1}


async def test_a_person_at_a_browser_is_asked_and_a_page_is_told(home: Gateway) -> None:
    for mode, asked in ((None, True), ("navigate", True), ("cors", False), ("websocket", False)):
        headers = {} if mode is None else {"Sec_Fetch_Mode": mode}
        challenge = (await home.get("/clients", **headers)).headers["WWW-Authenticate"]
        assert challenge.startswith('Bearer realm="herd"')
        assert ("Basic" in challenge) == asked


async def test_the_map_without_a_token_leads_to_the_login_and_nowhere_else(home: Gateway) -> None:
    for path in ("/", "/?kiosk", "/?next=//evil.example"):
        reply = await home.get(path)
        assert (reply.status, reply.headers["Location"]) == (303, "/login")
        check_reply("get", "/", reply)


async def test_a_token_reaches_no_log(home: Gateway) -> None:
    await home.get("/clients", **bearer(WRITE))
    await home.get("/clients", **basic("hunter2-hunter2-hunter2"))
    await log_in(home, "hunter2-hunter2-hunter2")
    await log_in(home, WRITE)
    await home.get("/nowhere", **bearer(WRITE))  # which is logged
    await until(lambda: b"/nowhere" in home.log.read_bytes(), "the log")
    assert b"hunter2" not in home.log.read_bytes()
    assert WRITE.encode() not in home.log.read_bytes()


async def test_a_page_of_another_origin_may_read_with_a_token_that_it_brings(tmp_path: Path) -> None:
    page = "https://page.example"
    async with gateway(tmp_path, cors=[page], change=with_tokens) as home:
        cookie = cookie_of(await log_in(home, READ))
        asked = {"Origin": page, "Access_Control_Request_Method": "GET"}
        permission = await home.ask("OPTIONS", "/clients", None, **asked)
        assert permission.status == 204
        assert "Authorization" in permission.headers["Access-Control-Allow-Headers"]
        reply = await home.get("/clients", Origin=page, **bearer(READ))
        assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (200, page)
        assert (await home.get("/clients", Origin=page, **cookie)).status == 401
        assert (await home.get("/live", Origin=page, **cookie, **SOCKET)).status == 401


# ---- what a token does not cover


async def test_a_token_to_read_reports_nothing(home: Gateway) -> None:
    for kind, body in ((JSON, b'{"client":"x","lat":1,"lon":1}'), (JSON, b"[]"), ("text/plain", iamat(b"x"))):
        reply = await home.post(kind, body, **bearer(READ))
        assert reply.status == 403
        check_reply("post", "/iamat", reply)
    async with opened(home, "/ws", **bearer(READ)) as socket:
        await socket.send_str(iamat(b"x").decode())
        assert (await within(socket.receive())).data == "? " + iamat(b"x").decode()
        await socket.send_str("WHATSAT kiwi 1 1")
        assert (await within(socket.receive())).data.startswith("AT Home ")
    assert home.server.node.store.newest(b"x") is None
    assert home.server.node.access.refused == {BEYOND_TOKEN: 4}


async def test_a_token_of_some_clients_reports_and_asks_of_these_alone(home: Gateway) -> None:
    fleet = bearer(FLEET)
    assert (await home.tell({"client": "fleet7/b", "location": "+1+1"}, **fleet)).status == 200
    reply = await home.tell({"client": "mallory", "location": "+1+1"}, **fleet)
    assert (reply.status, reply.json["field"]) == (403, "client")
    assert reply.json["answer"].startswith("? IAMAT mallory +1+1 ")
    assert (await home.post(FORM, b"client=mallory&location=+1+1", **fleet)).status == 403
    for path, status in (
        ("/whatsat?client=fleet7/a", 200), ("/whatsat?client=kiwi", 403), ("/whatsat?client=nobody", 403),
        ("/clients/fleet7/a", 200), ("/clients/fleet7%2Fa", 200), ("/clients/kiwi", 403), ("/clients/nobody", 403),
        ("/clients/fleet7/nobody", 404), ("/clients/fleet7%2", 403), ("/clients", 403),
        ("/clients?client=fleet7/a", 403),
        ("/events", 403), ("/live", 403), ("/herd", 403), ("/metrics", 403), ("/", 403), ("/nowhere", 403),
    ):  # fmt: skip
        assert (await home.get(path, **fleet)).status == status, path
    assert home.server.node.store.newest(b"mallory") is None


async def test_of_many_reports_each_is_looked_at(home: Gateway) -> None:
    reports = [{"client": client, "location": "+1+1"} for client in ("fleet7/c", "mallory", "fleet7/d")]
    reply = await home.tell(reports, **bearer(FLEET))
    assert [said.get("status", 200) for said in reply.json] == [200, 403, 200]
    check_reply("post", "/iamat", reply)
    lines = [iamat(b"fleet7/e"), iamat(b"mallory"), b"WHATSAT kiwi 1 1", iamat(b"fleet7/f")]
    reply = await home.post("text/plain", b"\n".join(lines), **bearer(FLEET))
    assert [line[:2] for line in reply.body.splitlines()] == [b"AT", b"? ", b"? ", b"AT"]
    async with opened(home, "/ws", **bearer(FLEET)) as socket:
        for line, answer in zip(lines, ("AT ", "? ", "? ", "AT "), strict=True):
            await socket.send_str(line.decode())
            assert (await within(socket.receive())).data.startswith(answer)
    known = {client.decode() for client in home.server.node.store.reports}
    assert known == {"kiwi", "fleet7/a", "fleet7/c", "fleet7/d", "fleet7/e", "fleet7/f"}


async def test_a_token_for_all_reads_the_feed_and_writes(home: Gateway) -> None:
    async with opened(home, "/live", **bearer(READ)) as socket:
        first = json.loads((await within(socket.receive())).data)
        assert {report["client"] for report in first["reports"]} == {"kiwi", "fleet7/a"}
    assert (await home.tell({"client": "x", "location": "+1+1"}, **basic(WRITE))).status == 200


# ---- the login


async def test_the_login_gives_a_cookie_that_a_script_cannot_read_and_others_do_not_send(home: Gateway) -> None:
    page = await home.get("/login")
    assert page.status == 200
    assert b'<form method="post" action="/login">' in page.body
    check_reply("get", "/login", page)
    reply = await log_in(home, READ, Origin=home.url)
    assert (reply.status, reply.headers["Location"]) == (303, "/")
    check_reply("post", "/login", reply)
    parts = {part.strip() for part in reply.headers["Set-Cookie"].split(";")[1:]}
    assert parts == {"HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax"}
    assert READ not in reply.headers["Set-Cookie"]
    for path in SEEN:
        assert (await home.get(path, **cookie_of(reply))).status == 200


async def test_over_https_the_cookie_is_for_https(home: Gateway) -> None:
    host = home.url.removeprefix("http://")
    assert "; Secure" in (await log_in(home, READ, Origin=f"https://{host}")).headers["Set-Cookie"]


async def test_a_page_of_another_origin_logs_nobody_in_or_out(home: Gateway) -> None:
    for path in ("/login", "/logout"):
        reply = await home.ask("POST", path, b"token=" + READ.encode(), Content_Type=FORM, Origin=FOREIGN)
        assert reply.status == 403
        assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize("token", ["", "wrong", WRITE + "x", FLEET, "%00", "<script>"])
async def test_a_login_that_fails_says_so_and_gives_nothing(home: Gateway, token: str) -> None:
    reply = await log_in(home, token)
    assert reply.status == 403
    assert "Set-Cookie" not in reply.headers
    assert b'role="alert"' in reply.body
    assert b"<script" not in reply.body
    check_reply("post", "/login", reply)


async def test_who_tries_too_often_waits(home: Gateway) -> None:
    replies = [await log_in(home, f"guess{i}") for i in range(4 * LOGINS)]
    last = next(reply for reply in replies if reply.status == 429)
    assert int(last.headers["Retry-After"]) >= 1
    check_reply("post", "/login", last)
    assert (await home.get("/clients", **bearer(READ))).status == 200  # who has a token need not log in


async def test_the_cookie_is_taken_back_at_the_logout(home: Gateway) -> None:
    reply = await home.ask("POST", "/logout", None, Origin=home.url)
    assert (reply.status, reply.headers["Location"]) == (303, "/login")
    assert 'herd=""' in reply.headers["Set-Cookie"]
    assert "Max-Age=0" in reply.headers["Set-Cookie"]


async def test_a_cookie_ends_in_30_days_and_with_its_token(home: Gateway) -> None:
    cookie = cookie_of(await log_in(home, READ))
    node = home.server.node
    for later, status in ((0, 200), (cookies.SECONDS - 1, 200), (cookies.SECONDS, 401)):
        node.clock = lambda later=later: NOW + later * SECOND  # type: ignore[misc]
        assert (await home.get("/clients", **cookie)).status == status
    node.clock = lambda: NOW
    node.access.replace(replace(SETTINGS, read=()))
    assert (await home.get("/clients", **cookie)).status == 401
    assert (await home.get("/", **cookie)).status == 303


def test_a_cookie_that_was_changed_is_nothing() -> None:
    access, now = Access(SETTINGS), 1_000
    cookie = cookies.write_cookie(READ.encode(), now)
    ticket = cookies.read_cookie(cookie, access, now)
    assert ticket
    assert not ticket.grant.writes
    name, end, signature = cookie.split(".")
    flipped = ("0" if signature[0] == "1" else "1") + signature[1:]
    other = cookies.write_cookie(WRITE.encode(), now).split(".")[0]
    for wrong in (
        f"{name}.{int(end) + 1}.{signature}", f"{other}.{end}.{signature}", f"{name}.{end}.{flipped}",
        f"{name}.{end}.", f"{name}.{end}", "", "..", cookie + "x", cookie.upper(), "ü",
        cookies.write_cookie(b"not a token of ours", now),
    ):  # fmt: skip
        assert cookies.read_cookie(wrong, access, now) is None
    assert cookies.read_cookie(cookie, Access(SETTINGS), now) == ticket  # at another server, after a restart
    assert cookies.read_cookie(cookie, Access(AccessSettings()), now) is None


async def test_a_cookie_writes_for_our_own_page_only(home: Gateway) -> None:
    cookie = cookie_of(await log_in(home, WRITE))
    body = {"client": "x", "location": "+1+1"}
    assert (await home.tell(body, Origin=FOREIGN, **cookie)).status == 403
    assert (await home.tell(body, Origin="null", **cookie)).status == 403
    assert (
        await home.tell(body, Origin="http://127.0.0.1:1", **cookie)
    ).status == 403  # the same site to a browser
    assert (await home.tell(body, **cookie)).status == 401  # nobody says that it is our page
    assert (await home.get("/ws", **cookie, **SOCKET)).status == 401
    assert home.server.node.store.newest(b"x") is None
    assert (await home.tell(body, Origin=home.url, **cookie)).status == 200
    async with opened(home, "/ws", Origin=home.url, **cookie) as socket:
        await socket.send_str(iamat(b"y").decode())
        assert (await within(socket.receive())).data.startswith("AT ")


async def test_a_cookie_counts_beside_the_password_of_a_proxy(home: Gateway) -> None:
    cookie = cookie_of(await log_in(home, READ))
    assert (await home.get("/clients", **cookie, **basic("of the proxy in front"))).status == 200


async def test_the_page_offers_what_its_viewer_may_do(home: Gateway) -> None:
    for token, hidden in ((READ, True), (WRITE, False)):
        page = await home.get("/", **cookie_of(await log_in(home, token)))
        button = page.body.partition(b'id="report-button"')[2].partition(b">")[0]
        assert (b"hidden" in button) == hidden
        assert b'action="/logout"' in page.body
        assert page.headers["Cache-Control"] == "no-store"


async def test_where_no_token_is_needed_there_is_no_login(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home:
        page = await home.get("/")
        assert page.status == 200
        assert b"/logout" not in page.body
        assert (await home.get("/login")).headers["Location"] == "/"
        reply = await log_in(home, READ)
        assert (reply.status, reply.headers["Location"]) == (303, "/")
        assert "Set-Cookie" not in reply.headers
        assert (await home.get("/clients", **bearer("anything"))).status == 200


# ---- reloading, and the rest


async def test_connections_end_when_their_token_is_taken_away_and_others_go_on(home: Gateway) -> None:
    node = home.server.node
    events = await home.session.get(f"{home.url}/events", headers=bearer(READ))
    await within(events.content.readline())
    async with (
        opened(home, "/live", **bearer(READ)) as live,
        opened(home, "/ws", **bearer(FLEET)) as socket,
        opened(home, "/ws", **bearer(WRITE)) as other,
    ):
        await within(live.receive())
        await socket.send_str(iamat(b"fleet7/z").decode())
        await within(socket.receive())
        assert node.access.replace(AccessSettings(write=(Token(WRITE),))) == 3
        for gone in (live, socket):
            assert (await within(gone.receive())).type in {WSMsgType.CLOSED, WSMsgType.CLOSE, WSMsgType.ERROR}
        await other.send_str(iamat(b"kiwi").decode())
        assert (await within(other.receive())).data.startswith("AT ")
    with pytest.raises(ClientError):
        await within(events.content.read())
    with pytest.raises(WSServerHandshakeError, match="401"):
        await home.session.ws_connect(f"{home.url}/live", headers=bearer(READ))
    await until(lambda: node.access.inside == 0, "that who has gone is forgotten")


async def test_viewers_without_a_token_go_when_tokens_come(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home, opened(home, "/live") as live, talk(home.server.port) as client:
        await within(live.receive())
        await client.ask(iamat(b"kiwi"))
        assert home.server.node.access.replace(SETTINGS) == 2
        while (await within(live.receive())).type is WSMsgType.TEXT:
            pass
        assert await client.rest() == b""
        assert (await home.get("/clients")).status == 401


async def test_refusals_are_counted_by_reason(home: Gateway) -> None:
    await home.get("/clients")
    await home.get("/clients", **bearer("wrong"))
    await home.tell({"client": "x", "location": "+1+1"}, **bearer(READ))
    await home.tcp(iamat(b"x"))
    text = (await home.get("/metrics", **bearer(READ))).body.decode()
    for reason, count in ((NO_TOKEN, 2), (WRONG_TOKEN, 1), (BEYOND_TOKEN, 1)):
        assert f'herd_access_refusals_total{{reason="{reason}"}} {count}.0\n' in text


async def test_servers_ask_each_other_with_a_token(tmp_path: Path) -> None:
    async with gateway(tmp_path / "one", change=with_tokens) as away:

        def knows_away(config: Config) -> Config:
            there = replace(
                config.servers["Home"], name="Away", http=replace(config.servers["Home"].http, port=away.port)
            )
            return replace(config, servers={**config.servers, "Away": there}, access=SETTINGS)

        async with gateway(tmp_path / "two", change=knows_away) as home:
            said = (await home.get("/herd?all=1", **bearer(READ))).json["servers"]["Away"]
            assert said == {"error": "another server answers at its address"}  # for it calls itself Home, not 401


async def test_a_slow_login_is_bounded_like_any_body(tmp_path: Path) -> None:
    async with gateway(tmp_path, patience=0.01, change=with_tokens) as home:
        head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
        assert b" 408 " in await home.raw(head)
        async with asyncio.timeout(60):
            assert (await home.get("/healthz")).status == 200
