"""The map: clients appear on it, move, age, and are picked."""

import pytest
from playwright.async_api import Browser

from tests.browser.browsing import PHONE, Site, looking

pytestmark = pytest.mark.asyncio(loop_scope="session")

UCLA = "+34.068930-118.445127"
SYDNEY = "-33.868800+151.209300"
HOSTILE = "<img/src=x/onerror=alert(1)>"


async def test_a_report_appears_on_an_open_page(browser: Browser, home: Site) -> None:
    async with looking(browser, home.url) as look:
        await look.live(0)
        await look.measure(
            "from telling a server until it is drawn on its own page", "kiwi", home.tell("kiwi", UCLA)
        )
        await look.live(1)
        await look.says(".row .name", "kiwi")
        await look.says(".row .meta", "near Los Angeles · Home")
        await look.says("#tally", "1 client")


async def test_a_client_that_moves_is_picked_where_it_is_now(browser: Browser, home: Site) -> None:
    await home.tell("kiwi", UCLA)
    async with looking(browser, home.url + "#map=2/0/0") as look:
        before = await look.at("kiwi")
        await home.tell("kiwi", SYDNEY)
        await look.says(".row .meta", "near Sydney")
        after = await look.at("kiwi")
        assert before != after
        box = await look.page.evaluate(
            "(({x, y}) => ({x, y}))(document.querySelector('#map').getBoundingClientRect())"
        )
        await look.until("([x, y]) => __map.pick(x, y) === null", [before["x"] - box["x"], before["y"] - box["y"]])


async def test_clients_age_by_thresholds_of_the_address(browser: Browser, home: Site) -> None:
    for name, age in {"fresh": 0, "ageing": 200, "silent": 5000}.items():
        await home.tell(name, UCLA, age)
    async with looking(browser, home.url + "?ages=100,1000") as look:
        await look.live(3)
        states = await look.page.evaluate("['fresh', 'ageing', 'silent'].map(__map.state)")
        assert states == [0, 1, 2]
        await look.says("#tally", "3 clients (1 silent)")
        await look.says(".row[data-age='2'] .meta", "silent")
        await look.says(".row[data-age='2'] .age", "1 h ago")


async def test_a_client_whose_clock_is_off_says_so(browser: Browser, home: Site) -> None:
    await home.tell("late", UCLA, 11)
    async with looking(browser, home.url) as look:
        await look.live(1)
        await look.says(".row .meta", "clock off")


async def test_a_mark_is_drawn_in_every_copy_of_the_world(browser: Browser, home: Site) -> None:
    await home.tell("kiwi", UCLA)
    async with looking(browser, home.url + "#map=1/0/0") as look:
        await look.at("kiwi")
        assert await look.page.evaluate("__map.drawn()") >= 2


async def test_names_are_text_wherever_they_stand(browser: Browser, home: Site) -> None:
    await home.tell(HOSTILE, UCLA)
    async with looking(browser, home.url) as look:
        await look.live(1)
        await look.says(".row .name", HOSTILE)
        at = await look.at(HOSTILE)
        await look.page.mouse.move(at["x"], at["y"])
        await look.says("#tip", HOSTILE)
        await look.click(HOSTILE)
        await look.says("#card h2", HOSTILE)
        assert await look.page.locator("img").count() == 1  # the page's own mark


async def test_what_a_mark_hides_is_told(browser: Browser, home: Site) -> None:
    for name in ("one", "two", "three"):
        await home.tell(name, UCLA)
    await home.tell("elsewhere", SYDNEY)
    async with looking(browser, home.url + "#map=6/34/-118") as look:
        await look.live(4)
        at = await look.page.evaluate("__map.where('one')")
        box = await look.page.locator("#map").bounding_box()
        assert box
        await look.page.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
        await look.says("#tip", "and 2 more here")


async def test_silent_clients_are_hidden_on_request(browser: Browser, home: Site) -> None:
    await home.tell("fresh", UCLA)
    await home.tell("silent", SYDNEY, 5000)
    async with looking(browser, home.url + "#map=2/0/0") as look:
        await look.live(2)
        await look.page.click("#layers-button")
        await look.page.uncheck("input[name=silent]")
        await look.until("__map.pick(__map.where('silent').x, __map.where('silent').y) === null")
        await look.at("fresh")


async def test_the_first_report_is_explained_with_the_pages_own_address(browser: Browser, home: Site) -> None:
    async with looking(browser, home.url) as look:
        await look.live(0)
        await look.says("#first-report", f"curl {home.url}iamat")
        await look.says("#demo", "python3 run.py --demo 50")
        await look.shoot("empty")
        await home.tell("kiwi", UCLA)
        await look.until("document.querySelector('#empty').hidden")


async def test_a_narrow_page_has_a_sheet_and_nothing_beyond_its_edge(browser: Browser, home: Site) -> None:
    await home.tell("kiwi", UCLA)
    async with looking(browser, home.url, viewport=PHONE, has_touch=True) as look:
        await look.live(1)
        await look.shoot("phone")
        await look.page.click("#grip")
        await look.until("document.querySelector('#panel').classList.contains('open')")
        await look.page.click(".row")
        await look.says("#card h2", "kiwi")
        await look.shoot("phone-card")
        assert await look.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


async def test_the_page_is_dark_where_the_system_is(browser: Browser, home: Site) -> None:
    await home.tell("kiwi", UCLA)
    grounds = set()
    for scheme in ("light", "dark"):
        async with looking(browser, home.url + "#map=4/34/-118&sel=kiwi", color_scheme=scheme) as look:
            await look.live(1)
            await look.says("#card h2", "kiwi")
            grounds.add(await look.page.evaluate("getComputedStyle(document.body).backgroundColor"))
            await look.shoot(scheme)
    assert len(grounds) == 2


async def test_without_javascript_the_page_is_a_table(browser: Browser, home: Site) -> None:
    await home.tell(HOSTILE, UCLA)
    async with looking(browser, home.url, java_script_enabled=False) as look:
        table = look.page.locator(".plain table")
        assert HOSTILE in await table.inner_text()
        assert UCLA in await table.inner_text()
        assert not await look.page.locator("#app").is_visible()
