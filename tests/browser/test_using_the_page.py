"""What a person does with the page: search, the keyboard, the card, reporting, links to share."""

import asyncio
from itertools import count

import pytest
from playwright.async_api import Browser

from tests.browser.browsing import PATIENCE, Site, looking
from tests.herding import iamat, talk

pytestmark = pytest.mark.asyncio(loop_scope="session")

UCLA = "+34.068930-118.445127"


async def test_search_leaves_what_matches_in_the_list_and_on_the_map(browser: Browser, home: Site) -> None:
    for number in range(30):
        await home.tell(f"{'otter' if number % 3 else 'kiwi'}.{number}", f"+{number}.0+{number}.0")
    async with looking(browser, home.url + "#map=3/15/15") as look:
        await look.live(30)
        await look.page.keyboard.press("/")
        await look.page.keyboard.type("KIWI")
        await look.says("#matches", "10 of 30 clients")
        await look.until("__map.drawn() === 10")
        shown = await look.page.locator(".row:visible .name").all_inner_texts()
        assert len(shown) == 10
        assert all(name.startswith("kiwi.") for name in shown)
        await look.page.fill("#search", "nobody")
        await look.says("#nobody", "name has that in it.")
        await look.page.keyboard.press("Escape")
        await look.says("#matches", "30 clients")


async def test_the_list_sorts_by_name(browser: Browser, home: Site) -> None:
    for name in ("b", "c", "a"):
        await home.tell(name, UCLA)
    async with looking(browser, home.url) as look:
        await look.live(3)
        await look.page.select_option("#sort", "name")
        await look.until("[...document.querySelectorAll('.row:not([hidden])')].length === 3")
        rows = await look.page.evaluate(
            "[...document.querySelectorAll('.row:not([hidden])')]"
            ".sort((a, b) => a.ariaPosInSet - b.ariaPosInSet).map(row => row.querySelector('.name').textContent)"
        )
        assert rows == ["a", "b", "c"]


async def test_everything_is_reached_by_keyboard(browser: Browser, home: Site) -> None:
    await home.tell("a", "+10.0+10.0")
    await home.tell("b", "+20.0+20.0")
    async with looking(browser, home.url + "#map=3/0/0") as look:
        await look.live(2)
        press = look.page.keyboard.press
        await press("Tab")
        await press("Enter")  # the skip link
        assert await look.page.evaluate("document.activeElement.id") == "list"
        await look.page.select_option("#sort", "name")
        await look.page.focus("#list")
        await press("ArrowDown")
        await press("ArrowDown")
        await press("Enter")
        await look.says("#card h2", "b")
        await press("Escape")
        await look.until("document.querySelector('#card').hidden")
        await look.page.evaluate("document.activeElement.blur()")
        before = await look.page.evaluate("__map.view()")
        await press("+")
        await look.until("z => __map.view().zoom === z + 1", before["zoom"])
        await press("ArrowRight")
        await look.until("x => __map.view().lng > x", before["lng"])
        await press("Home")
        await look.until("__map.pick(__map.where('a').x, __map.where('a').y) === 'a'")
        await press("?")
        await look.says("#help h2", "The map")
        await press("Escape")
        await look.until("!document.querySelector('#help').open")


async def test_the_address_leads_back_to_what_was_seen(browser: Browser, home: Site) -> None:
    await home.tell("kiwi cs".replace(" ", "&"), UCLA)
    async with looking(browser, home.url + "#map=5/34.07/-118.45") as look:
        await look.click("kiwi&cs")
        await look.page.fill("#search", "kiwi")
        await look.until("location.hash.includes('sel=kiwi%26cs') && location.hash.includes('q=kiwi')")
        address = look.page.url
    async with looking(browser, address) as look:
        await look.says("#card h2", "kiwi&cs")
        assert await look.page.input_value("#search") == "kiwi"
        view = await look.page.evaluate("__map.view()")
        assert view["zoom"] == 5
        assert abs(view["lat"] - 34.07) < 0.1
        assert abs(view["lng"] + 118.45) < 0.1


async def test_the_kiosk_shows_the_map_alone(browser: Browser, home: Site) -> None:
    await home.tell("kiwi", UCLA)
    async with looking(browser, home.url + "?kiosk") as look:
        await look.live(1)
        assert not await look.page.locator("#panel").is_visible()
        assert await look.page.locator("#tally").is_visible()


async def test_dragging_and_zooming_keep_marks_where_they_are_picked(browser: Browser, home: Site) -> None:
    await home.tell("kiwi", "+34.0-118.0")
    async with looking(browser, home.url + "#map=4/34/-118") as look:
        mouse = look.page.mouse
        before = await look.at("kiwi")
        await mouse.move(700, 300)
        await mouse.down()
        await mouse.move(740, 280)
        await mouse.move(800, 260)
        await mouse.up()
        await look.until("x => __map.where('kiwi').x + 320 > x + 50", before["x"])
        await look.at("kiwi")
        await mouse.wheel(0, -300)
        await look.until("__map.view().zoom > 4")
        await look.at("kiwi")
        await look.page.set_viewport_size({"width": 900, "height": 600})
        await look.at("kiwi")


async def test_the_servers_panel_says_how_many_reports_come(browser: Browser, home: Site) -> None:
    rate = "() => document.querySelector('#server-table td:nth-of-type(2)')?.textContent ?? '0'"
    async with looking(browser, home.url) as look, asyncio.timeout(PATIENCE / 1000):
        await look.live(0)
        await look.page.click("#tab-servers")
        for step in count():
            await home.tell("kiwi", f"+{10 + step % 50}.0+10.0")
            if await look.page.evaluate(rate) != "0":
                break
        await look.says("#server-table", "this one")


async def test_a_long_list_has_few_elements(browser: Browser, home: Site) -> None:
    async with talk(home.server.port) as client:
        client.send(*[iamat(f"client.{number}".encode(), b"1520023934.0") for number in range(5000)])
        await client.lines(5000)
    async with looking(browser, home.url) as look:
        await look.live(5000)
        await look.says("#matches", "5,000 clients")
        await look.page.focus("#list")
        await look.page.keyboard.press("End")
        await look.until("document.querySelector('.row.active')?.ariaPosInSet === '5000'")
        assert await look.page.locator(".row").count() < 60
