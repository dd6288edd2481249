"""Small modules of the page, asked one by one in a browser."""

import json
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.browsing import Look, Site, looking

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Of the map's cities: name, thousands of people, latitude, longitude.
CITIES = [
    ("Great", 8000, 51.5, 0.0),
    ("Small", 200, 51.7, 0.1),
    ("Suva", 300, -18.0, 179.95),
    ("Polar", 300, 78.2, 15.6),
]


async def ask(look: Look, module: str, expression: str) -> Any:
    """Evaluate an expression with the module as `m`, and Mercator as `x` and `y`."""
    return await look.page.evaluate(
        f"Promise.all([import('/static/js/{module}'), import('/static/js/mercator.js')])"
        f".then(([m, {{toX, toY}}]) => {expression})"
    )


@pytest_asyncio.fixture(loop_scope="session")
async def look(browser: Browser, home: Site) -> Any:
    """Open a page."""
    async with looking(browser, home.url) as look:
        await look.live(0)
        yield look


@pytest.mark.parametrize(
    ("latitude", "longitude", "name", "km"),
    [
        (51.5, 0.01, "Great", 0.7),
        (51.55, 0.05, "Great", 6.6),  # halfway, and nearer to Small than a person would say
        (51.705, 0.1, "Small", 0.6),
        (51.5, 0.5, None, None),
        (-18.0, -179.95, "Suva", 10.6),  # over the antimeridian
        (78.3, 16.6, "Polar", 25.2),
        (89.99, 0, None, None),
        (-89.99, 0, None, None),
    ],
)
async def test_a_place_is_named_after_the_city_that_people_would_name(
    look: Look, latitude: float, longitude: float, name: str | None, km: float | None
) -> None:
    cities = f"{json.dumps(CITIES)}.map(([name, people, lat, lon]) => ({{name, people, x: toX(lon), y: toY(lat)}}))"
    found = await ask(look, "towns.js", f"new m.Towns({cities}).near(toX({longitude}), toY({latitude}))")
    assert (found and found["name"]) == name
    if km is not None:
        assert found["km"] == pytest.approx(km, abs=0.3)


async def test_reports_a_second_are_of_the_last_whole_seconds(look: Look) -> None:
    steps = (
        "(() => { let now = 0; const rates = new m.Rates(() => now); const said = [];"
        " const frame = (type, ...server) => ({header: {type, servers: ['A', 'B'], count: server.length},"
        " server: Uint32Array.from(server)});"
        " rates.take(frame('snapshot', 0, 0, 0, 0)); rates.take(frame('changes', 0, 0, 0x10001));"
        " said.push(rates.of('A'));"
        " now = 1500; rates.take(frame('changes', 0)); said.push(rates.of('A'), rates.of('B'), rates.of('C'));"
        " now = 2500; said.push(rates.of('A')); now = 60000; said.push(rates.of('A')); return said })()"
    )
    assert await ask(look, "rates.js", steps) == [0, 2, 1, 0, 1.5, 0]


@pytest.mark.parametrize("text", ["a%", "%zz", "%E2%82", "%C3%A9%FFx", "%ED%B2%80", "%F0%9F%90%91", "%41"])
async def test_any_address_is_read_and_written_again(look: Look, text: str) -> None:
    again = await ask(look, "ids.js", f"m.encodeId(m.decodeId({json.dumps(text)}))")
    assert again == {"a%": "a%25", "%zz": "%25zz", "%41": "A", "%C3%A9%FFx": "%C3%A9%FFx"}.get(text, text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.01, "0 s"), (-0.31, "\u22120.3 s"), (9.96, "+10.0 s"), (75, "+1 min"), (-7300, "\u22122 h")],
)
async def test_a_lead_has_its_sign(look: Look, seconds: float, words: str) -> None:
    assert await ask(look, "words.js", f"m.lead({seconds})") == words
