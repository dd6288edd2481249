"""The card of the selected client: its details, its trail, what is near and whose knowledge that is."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest
from aiohttp import ClientSession
from playwright.async_api import Browser, Route

from herd.places.provider import Provider
from tests.browser.browsing import PATIENCE, Look, Site, looking

pytestmark = pytest.mark.asyncio(loop_scope="session")

UCLA = "+34.068930-118.445127"
HOSTILE = [
    '<a href="https://example.org/?a=1&amp;b=2" onclick="alert(1)">Tom &amp; Co</a>, <b>and others</b>',
    '<a href="javascript:alert(1)">clicked</a><img src=x onerror=alert(1)><script>alert(1)</script>',
    "plain",
    7,
]
NEAR = {"name": "A café & more", "geometry": {"location": {"lat": 34.07, "lng": -118.44}}}


class Places:
    """A source of places with one in it, which wants to be named."""

    async def nearby(self, position: object, radius: object) -> bytes:
        """Be a Provider."""
        return json.dumps({"html_attributions": HOSTILE, "results": [NEAR], "status": "OK"}, indent=3).encode()


async def test_the_card_says_all_there_is_about_a_client(browser: Browser, home: Site) -> None:
    await home.tell("kiwi.cs", UCLA)
    async with looking(browser, home.url + "#map=6/34/-118") as look:
        await look.click("kiwi.cs")
        await look.says("#card h2", "kiwi.cs")
        await look.says("#card-where", "34.06893° N, 118.44513° W")
        await look.says("#card-server", "Home")
        await look.says("#card-nc", f"echo WHATSAT kiwi.cs 10 5 | nc -N 127.0.0.1 {home.server.port}")
        await look.says("#card-curl", f"curl '{home.url}whatsat?client=kiwi.cs&radius=10&limit=5'")
        await look.page.click("#card .close")
        await look.until("document.querySelector('#card').hidden")


@asynccontextmanager
async def seeing_what_is_near(browser: Browser, home: Site) -> AsyncIterator[Look]:
    """Open the page with kiwi selected, and ask what is near it."""
    source: Provider = Places()
    home.server.node.places = source
    await home.tell("kiwi", UCLA)
    async with looking(browser, home.url + "#map=10/34.07/-118.44&sel=kiwi") as look:
        await look.says("#card h2", "kiwi")
        await look.page.click("#near-button")
        yield look


async def test_what_is_near_is_listed_and_drawn(browser: Browser, home: Site) -> None:
    async with seeing_what_is_near(browser, home) as look:
        await look.says("#near li", "A café & more")
        await look.until("document.querySelectorAll('path.place').length === 1")
        await look.says("#card-skew", "its server")
        await look.shoot("near")


async def test_whom_a_source_names_is_shown_as_text_and_checked_links(browser: Browser, home: Site) -> None:
    async with seeing_what_is_near(browser, home) as look:
        await look.says("#near .attributions", "Tom & Co, and others · clicked · plain")
        found = await look.page.evaluate(
            "[...document.querySelectorAll('#near .attributions *')].map(e =>"
            " [e.tagName, e.href, e.rel, e.getAttributeNames().length])"
        )
        assert found == [["A", "https://example.org/?a=1&b=2", "noopener nofollow", 3]]


async def test_the_trail_goes_back_to_before_the_page_was_opened(browser: Browser, home: Site) -> None:
    # The gateway notes where clients are on a beat of its own, and a point that is overtaken before it looks is in
    # no trail: so kiwi walks on, in zigzag, until there is one.
    async with ClientSession() as session, asyncio.timeout(PATIENCE / 1000):
        for step in count():
            await home.tell("kiwi", f"+{33 + step % 100 / 10:.1f}-{117 + step % 2}.0")
            if await _trail_points(session, home) >= 3:
                break
    async with looking(browser, home.url + "#map=5/34/-118&sel=kiwi") as look:
        await look.until("document.querySelector('path.trail').getAttribute('d').split('L').length >= 3")
        await look.says("#card dd:last-of-type", "km")
        await look.shoot("trail")
        await look.page.click("#layers-button")
        await look.page.uncheck("input[name=trail]")
        await look.until("!document.querySelector('path.trail')")


async def _trail_points(session: ClientSession, home: Site) -> int:
    async with session.get(f"{home.url}clients/kiwi?trail=1") as answer:
        geometry = (await answer.json(content_type=None))["geometry"]
    return len(geometry["geometries"][1]["coordinates"]) if "geometries" in geometry else 1


async def test_a_trail_is_asked_for_again_where_the_first_request_failed(browser: Browser, home: Site) -> None:
    answers = count()

    async def fail_once(route: Route) -> None:
        if next(answers):
            await route.continue_()
        else:
            await route.fulfill(status=503, body="{}")

    await home.tell("kiwi", UCLA)
    async with looking(browser, home.url, expected=("503",)) as look:
        await look.live(1)
        await look.page.route("**/clients/kiwi?trail=1", fail_once)
        await look.click("kiwi")
        await look.says("#card-skew", "its server")
        assert next(answers) >= 2
