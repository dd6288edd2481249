"""What pages of other origins may read where the settings let them, and that they never write."""

from pathlib import Path

import pytest
from aiohttp import WSServerHandshakeError

from tests.herding import HERE, within
from tests.webbing import Gateway, Reply, gateway

FRIEND, STRANGER = "https://example.org", "https://evil.example"
KIWI = b'{"client": "kiwi", "location": "%b"}' % HERE
GRANTED = "Access-Control-Allow-Origin"


async def preflight(home: Gateway, path: str, method: str, origin: str) -> Reply:
    """Ask as a browser does before a request that is not simple."""
    return await home.ask(
        "OPTIONS",
        path,
        Origin=origin,
        Access_Control_Request_Method=method,
        Access_Control_Request_Headers="if-none-match",
    )


async def test_a_page_that_may_read_sees_answers_and_problems(tmp_path: Path) -> None:
    async with gateway(tmp_path, cors=[FRIEND]) as home:
        await home.tell({"client": "kiwi", "location": HERE.decode()})
        for path in ("/clients", "/clients/kiwi", "/clients/nobody", "/whatsat?client=kiwi", "/herd", "/nowhere"):
            reply = await home.get(path, Origin=FRIEND)
            assert reply.headers[GRANTED] == FRIEND
            assert "Origin" in reply.headers["Vary"].split(", ")
            assert "ETag" in reply.headers["Access-Control-Expose-Headers"]
            assert "Access-Control-Allow-Credentials" not in reply.headers
        head = await home.ask("HEAD", "/clients", Origin=FRIEND)
        assert head.headers["Vary"] == "Accept-Encoding, Origin"
        known = await home.get("/clients", Origin=FRIEND, If_None_Match=head.headers["Etag"])
        assert (known.status, known.headers[GRANTED]) == (304, FRIEND)


async def test_other_pages_see_nothing_and_what_is_kept_for_one_is_not_shown_to_another(tmp_path: Path) -> None:
    async with gateway(tmp_path, cors=[FRIEND]) as home:
        for origin in (STRANGER, "null", "http://example.org", "https://example.org:8443", "https://EXAMPLE.org"):
            reply = await home.get("/clients", Origin=origin)
            assert (reply.status, GRANTED in reply.headers) == (200, False)
            assert "Origin" in reply.headers["Vary"]
        assert "Origin" in (await home.get("/clients")).headers["Vary"]


async def test_with_a_star_every_page_may_read(tmp_path: Path) -> None:
    async with gateway(tmp_path, cors=["*"]) as home:
        for origin in (STRANGER, "null"):
            reply = await home.get("/clients", Origin=origin)
            assert (reply.headers[GRANTED], reply.headers["Vary"]) == ("*", "Accept-Encoding")
            async with home.session.ws_connect(f"{home.url}/live", headers={"Origin": origin}):
                pass


async def test_a_browser_that_asks_first_is_told_what_may_be_read(tmp_path: Path) -> None:
    async with gateway(tmp_path, cors=[FRIEND]) as home:
        for path in ("/clients", "/clients/kiwi", "/events", "/"):
            reply = await preflight(home, path, "GET", FRIEND)
            assert (reply.status, reply.body, reply.headers[GRANTED]) == (204, b"", FRIEND)
            assert reply.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
            assert reply.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("path", "method", "origin", "status"),
    [
        ("/clients", "GET", STRANGER, 405),
        ("/clients", "POST", FRIEND, 405),
        ("/clients", "DELETE", FRIEND, 405),
        ("/iamat", "POST", FRIEND, 405),
        ("/iamat", "GET", FRIEND, 405),
        ("/nowhere", "GET", FRIEND, 404),
    ],
)
async def test_no_page_is_permitted_to_write_nor_a_stranger_to_read(
    tmp_path: Path, path: str, method: str, origin: str, status: int
) -> None:
    async with gateway(tmp_path, cors=[FRIEND]) as home:
        reply = await preflight(home, path, method, origin)
        assert (reply.status, GRANTED in reply.headers) == (status, False)


@pytest.mark.parametrize("cors", [FRIEND, "*"])
async def test_a_page_that_may_read_may_still_not_write(tmp_path: Path, cors: str) -> None:
    async with gateway(tmp_path, cors=[cors]) as home:
        for kind in ("application/json", "text/plain"):
            reply = await home.post(kind, KIWI, Origin=FRIEND)
            assert (reply.status, GRANTED in reply.headers) == (403, False)
        with pytest.raises(WSServerHandshakeError) as refused:
            await home.session.ws_connect(f"{home.url}/ws", headers={"Origin": FRIEND})
        assert refused.value.status == 403
        assert not home.server.node.store.reports


async def test_a_page_that_may_read_may_watch_the_feed_and_others_may_not(tmp_path: Path) -> None:
    async with gateway(tmp_path, cors=[FRIEND]) as home:
        async with home.session.ws_connect(f"{home.url}/live", headers={"Origin": FRIEND}) as live:
            assert (await within(live.receive())).data.startswith('{"type":"snapshot"')
        async with home.session.get(f"{home.url}/events", headers={"Origin": FRIEND}) as events:
            assert events.headers[GRANTED] == FRIEND
        with pytest.raises(WSServerHandshakeError) as refused:
            await home.session.ws_connect(f"{home.url}/live", headers={"Origin": STRANGER})
        assert refused.value.status == 403


async def test_without_the_setting_nothing_is_shared(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home:
        reply = await home.get("/clients", Origin=FRIEND)
        assert (GRANTED in reply.headers, reply.headers["Vary"]) == (False, "Accept-Encoding")
        assert (await preflight(home, "/clients", "GET", FRIEND)).status == 405
