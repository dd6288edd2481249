"""One browser for all tests of the page, and a server for each."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.browsing import DELAYS, Site, find_browser, launch, site


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the delays that were measured; nothing depends on them."""
    for what, seconds in DELAYS:
        terminalreporter.write_line(f"{seconds * 1000:6.0f} ms  {what}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Start the browser: without one the tests skip, but not where CI runs them."""
    path = find_browser()
    if path is None and os.environ.get("CI"):
        pytest.fail("no Chromium or Chrome is installed here, and in CI the page must be tested")
    if path is None:
        pytest.skip("no Chromium or Chrome is installed here: apt install chromium, or name one in HERD_BROWSER")
    async with async_playwright() as playwright:
        found = await launch(playwright, path)
        yield found
        await found.close()


@pytest_asyncio.fixture(loop_scope="session")
async def home(tmp_path: Path) -> AsyncIterator[Site]:
    """Run a server called Home with its page."""
    async with site(tmp_path) as place:
        yield place
