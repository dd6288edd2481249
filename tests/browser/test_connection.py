"""The page when servers come and go: banner, resumption, the servers' panel."""

import asyncio
import socket
from pathlib import Path

import pytest
from playwright.async_api import Browser, WebSocket

from herd.config import load
from tests.browser.browsing import looking, make_site
from tests.herding import HOST, herd_of_processes, iamat, talk, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

UCLA = "+34.068930-118.445127"
# A server that is down, and what comes of it.
GONE = ("/live", "/herd", "/clients/", "ERR_CONNECTION_REFUSED", "Failed to load resource")


async def test_a_page_outlives_its_server_without_a_reload(browser: Browser, tmp_path: Path) -> None:
    place = make_site(tmp_path)
    async with place.up():
        await place.tell("kiwi", UCLA)
        opened = looking(browser, place.url, expected=GONE)
        look = await opened.__aenter__()
        sockets: list[str] = []
        look.page.on("websocket", lambda socket: _note(sockets, socket))
        await look.live(1)
        await look.page.evaluate("window.stillTheSame = true")
        since = await look.page.evaluate("__map.since()")
    await look.says("#banner", "Offline since")
    await look.until("document.querySelector('#live').dataset.state !== 'live'")
    await look.shoot("offline")
    async with place.up():
        await place.tell("kiwi", UCLA)
        await place.tell("otter", "+10.0+10.0")
        await look.live(2)
        await look.until("document.querySelector('#banner').hidden")
        assert await look.page.evaluate("window.stillTheSame")
        assert any(f"since={since.replace(':', '%3A')}" in url for url in sockets)
        assert await look.page.evaluate("__map.since()") != since
        await opened.__aexit__(None, None, None)


def _note(sockets: list[str], socket: WebSocket) -> None:
    sockets.append(socket.url)


async def test_a_report_to_welsh_shows_on_golomans_page_and_a_killed_server_in_its_panel(
    browser: Browser, tmp_path: Path
) -> None:
    with herd_of_processes(tmp_path) as herd:
        await asyncio.to_thread(herd.start, *herd.ports)
        addresses = {name: server.http for name, server in load(tmp_path / "herd.toml", {}).servers.items()}
        await until(lambda: all(_accepts(address.port) for address in addresses.values()), "HTTP at all servers")
        async with looking(browser, f"http://{addresses['Goloman']}/", expected=GONE) as look:
            await look.live(0)
            await look.page.click("#tab-servers")
            await look.says("#tally", "5 of 5 servers, 6 of 6 links")
            async with talk(herd.ports["Welsh"]) as client:
                told = client.ask(iamat(b"kiwi", location=UCLA.encode()))
                await look.measure("from telling Welsh over TCP until it is drawn on Goloman's page", "kiwi", told)
            await look.live(1)
            await look.shoot("servers")
            await asyncio.to_thread(herd.kill, "Hands")
            await look.says("#tally", "4 of 5 servers, 4 of 6 links")
            await look.says("#server-table .down", "Hands")
            await look.shoot("servers-one-down")
            async with talk(herd.ports["Welsh"]) as client:
                await client.ask(iamat(b"otter", location=b"+10.0+10.0"))
            await look.live(2)


async def test_a_server_that_hangs_is_noticed_and_found_again(browser: Browser, tmp_path: Path) -> None:
    with herd_of_processes(tmp_path) as herd:
        await asyncio.to_thread(herd.start, "Welsh")
        address = load(tmp_path / "herd.toml", {}).servers["Welsh"].http
        await until(lambda: _accepts(address.port), "HTTP at Welsh")
        async with looking(browser, f"http://{address}/", expected=GONE) as look:
            await look.live(0)
            herd.freeze("Welsh")
            await look.says("#banner", "Offline since")
            herd.thaw("Welsh")
            await look.live(0)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
