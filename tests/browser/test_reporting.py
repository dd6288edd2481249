"""Reporting from the page: a mark by pointer or keyboard, this browser's own position, and second thoughts."""

import pytest
from playwright.async_api import Browser

from tests.browser.browsing import Look, Site, looking

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_click_reports_a_named_client(browser: Browser, home: Site) -> None:
    async with looking(browser, home.url + "#map=4/10/20") as look:
        await look.live(0)
        await look.page.click("#report-button")
        await look.says(".placing-hint", "Click the map where the client is")
        await look.shoot("placing")
        await look.page.mouse.click(800, 430)
        await look.page.fill("#report-name", "my.mark")
        await look.shoot("reporting")
        await look.page.click("#report-send")
        await look.live(1)
        await look.says("#card h2", "my.mark")
        assert b"my.mark" in home.server.node.store.reports


async def share(look: Look) -> None:
    """Ask the page to report where this browser is, as "me"."""
    await look.live(0)
    await look.page.click("#report-button")
    await look.page.click("#share")
    await look.page.fill("#report-name", "me")
    await look.page.click("#report-send")


async def test_the_browsers_own_position_is_shared_until_stopped(browser: Browser, home: Site) -> None:
    here = {"latitude": 52.5, "longitude": 13.4}
    async with looking(browser, home.url, geolocation=here, permissions=["geolocation"]) as look:
        await share(look)
        await look.says(".pill", "Sharing as me")
        await look.says("#card-where", "52.50000° N, 13.40000° E")
        await look.page.click(".pill")
        await look.until("document.querySelector('.pill').hidden")


async def test_escape_ends_placing_and_reports_nothing(browser: Browser, home: Site) -> None:
    await home.tell("kiwi", "+10.0+20.0")
    async with looking(browser, home.url + "#map=4/10/20&sel=kiwi") as look:
        await look.says("#card h2", "kiwi")
        await look.page.click("#report-button")
        await look.says(".placing-hint", "Click the map")
        await look.page.keyboard.press("Escape")
        await look.until("document.querySelector('.placing-hint').hidden")
        assert await look.page.get_attribute("#report-button", "aria-pressed") == "false"
        assert not await look.page.locator("#card").is_hidden()  # that is the next step back
        await look.page.mouse.click(500, 600)
        await look.until("document.querySelector('#card').hidden")
        assert not await look.page.locator("#report-dialog").is_visible()
        assert list(home.server.node.store.reports) == [b"kiwi"]


async def test_the_keyboard_places_a_mark_in_the_middle_of_the_map(browser: Browser, home: Site) -> None:
    async with looking(browser, home.url + "#map=4/10/20") as look:
        await look.live(0)
        await look.page.focus("#report-button")
        press = look.page.keyboard.press
        await press("Enter")
        await look.says(".placing-hint", "Click the map")
        await look.page.focus("#report-here")
        await look.until("getComputedStyle(document.querySelector('.cross')).display === 'block'")
        await press("Enter")
        await look.says("#report-where", "At ")
        await look.page.keyboard.type("by.keyboard")
        await press("Enter")
        await look.live(1)
        await look.says("#card h2", "by.keyboard")
        middle, mark = await look.page.evaluate("[__map.middle(), __map.where('by.keyboard')]")
        assert abs(middle["x"] - mark["x"]) + abs(middle["y"] - mark["y"]) < 2


async def test_a_position_that_is_refused_is_said_to_be(browser: Browser, home: Site) -> None:
    async with looking(browser, home.url, permissions=[]) as look:
        await share(look)
        await look.says(".pill", "No position")
        await look.page.click(".pill")
        await look.until("document.querySelector('.pill').hidden")
        assert not home.server.node.store.reports


async def test_a_name_that_the_server_refuses_stays_in_the_dialog_with_the_reason(
    browser: Browser, home: Site
) -> None:
    async with looking(browser, home.url + "#map=4/10/20", expected=("/iamat",)) as look:
        await look.live(0)
        await look.page.click("#report-button")
        await look.page.mouse.click(800, 430)
        await look.page.evaluate("document.querySelector('#report-name').removeAttribute('pattern')")
        await look.page.fill("#report-name", "two words")
        await look.page.click("#report-send")
        await look.says("#report-trouble", "client")
        await look.page.fill("#report-name", "one.word")
        await look.page.click("#report-send")
        await look.says("#card h2", "one.word")
