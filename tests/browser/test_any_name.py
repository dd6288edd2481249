"""Clients called by any bytes: what is no UTF-8 is shown, found, linked to and copied like any other."""

import pytest
from playwright.async_api import Browser

from tests.browser.browsing import Site, looking
from tests.herding import iamat, talk

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = b"caf\xe9-\xff'\xe2\x82\xac"  # Latin-1, no text at all, a quote, and a euro sign in UTF-8
TEXT = "'caf\\udce9-\\udcff\\'\u20ac'"  # as the page has it, in JavaScript
ENCODED = "caf%E9-%FF%27%E2%82%AC"


async def test_a_name_that_is_no_utf_8_goes_all_the_way(browser: Browser, home: Site) -> None:
    async with talk(home.server.port) as client:
        await client.ask(iamat(NAME, location=b"+10.0+20.0"))
    async with looking(browser, home.url + "#map=4/10/20") as look:
        await look.live(1)
        await look.until(f"document.querySelector('.row .name').textContent === {TEXT}")
        at = await look.page.evaluate(f"__map.where({TEXT})")
        box = await look.page.locator("#map").bounding_box()
        assert box
        await look.page.mouse.click(box["x"] + at["x"], box["y"] + at["y"])
        await look.until(f"document.querySelector('#card h2').textContent === {TEXT}")
        await look.says("#card-skew", "its server")  # the server was asked for this very client
        await look.says("#card-nc", "echo WHATSAT $'caf\\xe9-\\xff\\'€' 10 5 |")
        await look.says("#card-curl", f"whatsat?client={ENCODED}&")
        await look.until(f"location.hash.endsWith('&sel={ENCODED}')")
        address = look.page.url
    async with looking(browser, address) as look:
        await look.until(f"document.querySelector('#card h2').textContent === {TEXT}")
        await look.says("#card-where", "10.00000° N, 20.00000° E")
