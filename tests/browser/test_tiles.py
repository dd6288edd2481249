"""Tiles on the map: from a file or a URL of the settings, credited in text, switched off at will."""

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser

from herd.sections.map import MapSettings
from tests.browser.browsing import looking, make_site
from tests.test_web_tiles import make_file

pytestmark = pytest.mark.asyncio(loop_scope="session")


def make_png() -> bytes:
    """Return a grey square of 256 pixels."""
    chunks = [
        (b"IHDR", struct.pack(">2I5B", 256, 256, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(256 * (b"\0" + 256 * b"\xc0"))),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


async def test_tiles_of_a_file_cover_the_ground_until_they_are_switched_off(
    browser: Browser, tmp_path: Path
) -> None:
    everywhere = {(3, x, y): make_png() for x in range(8) for y in range(8)}
    path = make_file(tmp_path / "t.mbtiles", everywhere, attribution="<b>Tom</b> &lt;i&gt;")
    place = make_site(tmp_path)
    place.config = replace(place.config, map=MapSettings(file=path))
    loaded = "document.querySelectorAll('img.leaflet-tile-loaded').length"
    async with place.up(), looking(browser, place.url + "#map=9/10/20") as look:
        await look.live(0)
        await look.until(f"{loaded} > 0")
        await look.says(".leaflet-control-attribution", "Tom <i>")
        assert not await look.page.locator("#coarse").is_visible()
        await look.shoot("tiles")
        await look.page.click("#layers-button")
        assert await look.page.is_disabled("input[name=borders]")
        await look.page.uncheck("input[name=tiles]")
        await look.until(f"{loaded} === 0")
        await look.until("!document.querySelector('.leaflet-control-attribution').textContent.includes('Tom')")
        await look.says("#coarse", "a tile URL in herd.toml gives detail")
        assert not await look.page.is_disabled("input[name=borders]")


async def test_tiles_of_another_origin_are_let_in_and_no_other_image(browser: Browser, tmp_path: Path) -> None:
    place = make_site(tmp_path)
    url = "http://tile.example:8443/{z}/{x}/{y}.png"
    place.config = replace(place.config, map=MapSettings(url=url, attribution="© <img src=x>"))
    async with place.up(), looking(browser, "about:blank", expected=("Content Security Policy",)) as look:
        await look.page.route(
            "http://tile.example:8443/**", lambda route: route.fulfill(body=make_png(), content_type="image/png")
        )
        await look.page.goto(place.url)
        await look.live(0)
        await look.until("document.querySelectorAll('img.leaflet-tile-loaded').length > 0")
        await look.says(".leaflet-control-attribution", "© <img src=x>")
        refused = await look.page.evaluate(
            "new Promise(done => { const image = new Image(); image.onload = () => done(false);"
            " image.onerror = () => done(true); image.src = 'http://other.example:8443/1.png' })"
        )
        assert refused


async def test_without_tiles_there_is_no_switch_for_them(browser: Browser, tmp_path: Path) -> None:
    place = make_site(tmp_path)
    async with place.up(), looking(browser, place.url) as look:
        await look.live(0)
        await look.page.click("#layers-button")
        assert not await look.page.locator("input[name=tiles]").is_visible()
        assert await look.page.locator("input[name=trail]").is_visible()
