"""A client that is forgotten leaves the map, the list and its card, and comes back as if it had not been there."""

import pytest
from aiohttp import ClientSession
from playwright.async_api import Browser

from tests.browser.browsing import Site, looking

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRAIL = "document.querySelector('.leaflet-overlay-pane path.trail')?.getAttribute('d')?.includes('L') ?? false"


async def test_who_is_forgotten_leaves_the_page_and_may_come_back(browser: Browser, home: Site) -> None:
    await home.tell("kiwi", "+34.0-118.0", age=9)
    await home.tell("other", "+35.0-119.0")
    async with looking(browser, home.url + "#map=6/34/-118&sel=kiwi") as look, ClientSession() as session:
        await look.live(2)
        await home.tell("kiwi", "+34.5-118.5", age=8)
        await look.until(TRAIL)
        async with session.delete(home.url + "clients/kiwi") as reply:
            assert reply.status == 204
        await look.until("__map.count() === 1 && __map.where('kiwi') === null")
        await look.says("#card .state", "Gone: forgotten, or silent for too long.")
        await look.says("#matches", "1 client")
        await look.until(f"!({TRAIL})")
        await home.tell("kiwi", "+34.2-118.2")
        await look.until("__map.count() === 2")
        await look.says("#card .state", "Last heard")
        await look.says("#card-where", "34.20000° N, 118.20000° W")
        await look.until(f"!({TRAIL})")
