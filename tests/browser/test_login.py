"""The login in a real browser: from the map to the page, in, and out again."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from herd.sections.access import AccessSettings, Token
from tests.browser.browsing import PHONE, Look, Site, looking, make_site

READ, WRITE = "only-to-read-0123456789", "to-write-too-0123456789"
SETTINGS = AccessSettings(read=(Token(READ),), write=(Token(WRITE),))

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def guarded(tmp_path: Path) -> AsyncIterator[Site]:
    """Run a server called Home with tokens."""
    place = make_site(tmp_path)
    place.config = replace(place.config, access=SETTINGS)
    async with place.up():
        yield place


async def give(look: Look, token: str) -> None:
    """Type a token into the page of the login, and send it by the keyboard."""
    await look.says("h1", "Home")
    await look.page.keyboard.type(token)  # the field has the focus
    await look.page.keyboard.press("Enter")


async def test_the_map_asks_for_a_token_and_is_live_with_it_until_the_logout(
    browser: Browser, guarded: Site
) -> None:
    async with looking(browser, guarded.url, expected=("/login",)) as look:
        assert look.page.url == guarded.url + "login"
        await look.shoot("login")
        await give(look, "no-such-token-0123456789")
        await look.says("#trouble", "not a token")
        await give(look, WRITE)
        await look.live(0)
        assert look.page.url.partition("#")[0] == guarded.url
        await look.says("#first-report", "Authorization: Bearer $HERD_TOKEN")
        await look.page.click("#report-button")
        await look.page.mouse.click(800, 430)
        await look.page.fill("#report-name", "me")
        await look.page.click("#report-send")
        await look.live(1)
        await look.page.click("text=Log out")
        await look.says("h1", "Home")
        assert look.page.url == guarded.url + "login"
        await look.page.goto(guarded.url)
        assert look.page.url == guarded.url + "login"


async def test_who_may_only_read_is_not_offered_to_report(browser: Browser, guarded: Site) -> None:
    async with looking(browser, guarded.url, viewport=PHONE) as look:
        await look.shoot("login-phone")
        await give(look, READ)
        await look.live(0)
        assert not await look.page.is_visible("#report-button")
        assert await look.page.is_visible("text=Log out")
        assert await look.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await look.shoot("login-read-only")


async def test_without_javascript_the_login_leads_to_the_table(browser: Browser, guarded: Site) -> None:
    async with looking(browser, guarded.url, java_script_enabled=False) as look:
        await look.page.fill("#token", READ)
        await look.page.click("text=Log in")
        assert await look.page.text_content(".plain h1") == "Home"
        await look.page.click(".plain button")
        assert look.page.url == guarded.url + "login"


async def test_a_page_whose_token_is_taken_away_comes_to_the_login(browser: Browser, guarded: Site) -> None:
    expected = ("/herd", "/live")
    async with looking(browser, guarded.url, expected=expected) as look:
        await give(look, READ)
        await look.live(0)
        guarded.server.node.access.replace(AccessSettings(write=(Token(WRITE),)))
        await look.page.wait_for_url(re.compile("/login"))
        await look.says("h1", "Home")
