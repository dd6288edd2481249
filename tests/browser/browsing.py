"""What the tests of the page share: a browser, pages that must not complain, and servers to look at."""

import asyncio
import json
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, ConsoleMessage, Page, Playwright

from herd.config import Config
from herd.server import RunningServer
from tests.herding import HOST, free_ports, iamat, running, small_herd, talk
from web.app import make_app

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FUNCTION = re.compile(r"\(?\[?[\w, ]*\]?\)? =>")
POLL = 30  # ms between two looks at a condition
PATIENCE = 30_000.0  # ms; only a hang takes so long
SCREENSHOTS = Path(os.environ.get("HERD_SCREENSHOTS") or Path(__file__).parent / "screenshots")
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}


def find_browser() -> str | None:
    """Return the path of an installed Chromium or Chrome; HERD_BROWSER says which."""
    return os.environ.get("HERD_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


async def launch(playwright: Playwright, path: str) -> Browser:
    """Start a browser."""
    return await playwright.chromium.launch(executable_path=path, args=FLAGS)


# What was measured, to be printed at the end: how long each thing took, in seconds.
DELAYS: list[tuple[str, float]] = []


class Site:
    """A server and its page, which can go down and come back at the same address."""

    def __init__(self, config: Config, name: str, folder: Path) -> None:
        self.config = config
        self.name = name
        self.folder = folder
        self.server: RunningServer
        self.url = f"http://{config.servers[name].http}/"

    @asynccontextmanager
    async def up(self) -> AsyncIterator[RunningServer]:
        """Be up inside the block."""
        async with running(self.config, self.name, self.folder) as self.server:
            runner = web.AppRunner(make_app(self.server), access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            try:
                await web.TCPSite(runner, HOST, self.config.servers[self.name].http.port).start()
                yield self.server
            finally:
                await runner.cleanup()

    async def tell(self, client: str, where: str, age: float = 0.0) -> None:
        """Report a client over TCP, as of `age` seconds ago, and wait for the answer."""
        async with talk(self.server.port) as client_:
            said = f"{time.time() - age:.6f}".encode()
            answer = await client_.ask(iamat(client.encode(), said, where.encode()))
            assert answer.startswith(b"AT "), answer


@asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Site]:
    """Run a server called Home with its page."""
    place = make_site(folder)
    async with place.up():
        yield place


def make_site(folder: Path) -> Site:
    """Return a server called Home that is not up yet, at a port of its own."""
    config = small_herd({"Home": []}, {"Home": 0})
    (port,) = free_ports(1)
    settings = config.servers["Home"]
    at = type(settings.http)(HOST, port)
    server = type(settings)(settings.name, settings.tcp, at, settings.peers)
    return Site(replace(config, servers={"Home": server}), "Home", folder)


class Look:
    """A page that is open in a browser."""

    def __init__(self, page: Page, complaints: list[str]) -> None:
        self.page = page
        self.complaints = complaints

    async def until(self, condition: str, argument: object = None) -> None:
        """Wait until an expression of JavaScript holds, or a function of the argument."""
        if not FUNCTION.match(condition):
            # A bare expression would be evaluated as text, which our CSP forbids.
            condition = f"() => ({condition})"
        await self.page.wait_for_function(condition, arg=argument, polling=POLL, timeout=PATIENCE)

    async def live(self, clients: int) -> None:
        """Wait until the page is live, shows so many clients and its ground is drawn."""
        await self.until(
            "n => window.__map && __map.count() === n && __map.ready() && (n === 0 || __map.drawn() > 0)"
            " && document.querySelector('#live').dataset.state === 'live'",
            clients,
        )

    async def at(self, client: str) -> dict[str, float]:
        """Return where in the map's element a client is drawn, once it is."""
        await self.until(
            "c => { const at = __map.where(c); return at && __map.pick(at.x, at.y) === c }",
            client,
        )
        found: dict[str, float] = await self.page.evaluate(
            "c => { const at = __map.where(c), box = document.querySelector('#map').getBoundingClientRect();"
            " return {x: at.x + box.x, y: at.y + box.y} }",
            client,
        )
        return found

    async def measure(self, what: str, client: str, tell: Awaitable[object]) -> None:
        """Note how long it takes from telling a server of a client until it is drawn here."""
        await self.page.evaluate(
            "c => { window.__seen = new Promise(found => { const look = () => {"
            " const at = __map.where(c); const drawn = at && __map.pick(at.x, at.y) === c;"
            " if (drawn) found(Date.now() / 1000); else requestAnimationFrame(look) }; look() }) }",
            client,
        )
        begun = time.time()
        async with asyncio.timeout(PATIENCE / 1000):
            await tell
            DELAYS.append((what, await self.page.evaluate("() => window.__seen") - begun))

    async def click(self, client: str) -> None:
        """Click a client on the map."""
        at = await self.at(client)
        await self.page.mouse.click(at["x"], at["y"])

    async def says(self, selector: str, words: str) -> None:
        """Wait until an element has these words in it."""
        await self.until(
            "([selector, words]) => { const found = document.querySelector(selector);"
            " return found && !found.closest('[hidden]') && found.textContent.includes(words) }",
            [selector, words],
        )

    async def shoot(self, name: str) -> None:
        """Write a picture for a person to look at."""
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@asynccontextmanager
async def looking(
    browser: Browser, url: str, *, expected: tuple[str, ...] = (), **options: Any
) -> AsyncIterator[Look]:
    """Open a page in a context of its own; what it complains of fails the test, but for what is expected."""
    options = {"viewport": DESK, "reduced_motion": "reduce", **options}
    context = await browser.new_context(**options)
    page = await context.new_page()
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{message.text} ({json.dumps(message.location)})")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
    try:
        await page.goto(url)
        yield Look(page, complaints)
    finally:
        await context.close()
    assert [each for each in complaints if not any(words in each for words in expected)] == []
