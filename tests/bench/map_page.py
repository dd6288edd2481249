"""The map's page in a real browser, and what it costs: frames, and the main thread's work."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from playwright.sync_api import BrowserContext, CDPSession, Page, ViewportSize, sync_playwright

from tests.bench.threads import thread_seconds
from tests.browser.browsing import DESK, FLAGS

PATIENCE = 120_000.0  # ms for the page to show all clients
SWING = (300, 150)  # CSS pixels that a pan goes to either side
SWING_SECONDS = 2.0  # there and back: 940 pixels a second at most
MOVE_EVERY = 1 / 60  # seconds

# Every frame of the screen leaves its time; every message of the feed what it cost, and how many changes it told.
WATCH = """
() => {
  const seen = (window.__seen = {frames: [], updates: [], changes: 0});
  const frame = (now) => (seen.frames.push(now), requestAnimationFrame(frame));
  requestAnimationFrame(frame);
  const plain = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
  Object.defineProperty(WebSocket.prototype, "onmessage", {
    set(heard) {
      plain.set.call(this, (event) => {
        const begun = performance.now();
        heard.call(this, event);
        seen.updates.push(performance.now() - begun);
        const length = new DataView(event.data).getUint32(0, true);
        seen.changes += (event.data.byteLength - 4 - length) / 20;
      });
    },
  });
}
"""
START = "() => (Object.assign(__seen, {frames: [], updates: [], changes: 0}), __map.paintings())"
TAKE = "() => ({...__seen, paintings: __map.paintings(), cost: __map.cost()})"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a few seconds of the page were like; ms where nothing else is said."""

    seconds: float
    fps: float
    frame_p95: float  # between two frames
    busy: float  # of the main thread, a frame: whatever it ran, waiting for a core included
    cpu: float  # of the main thread, a frame
    update: float  # of the main thread, a message of the feed: read, and taken over; median
    painting: float  # all that the last painting took
    updates: float  # messages a second
    changes: float  # reports a second
    paintings: float  # a second
    threads: dict[str, float]  # cores


class Watched:
    """One open page."""

    def __init__(self, page: Page, session: CDPSession, browser: int) -> None:
        self._page = page
        self._session = session
        self._browser = browser

    def still(self, seconds: float) -> Seen:
        """Look on."""
        return self._measure(lambda: self._page.wait_for_timeout(seconds * 1000))

    def panning(self, seconds: float) -> Seen:
        """Drag the map to and fro."""
        box = self._page.evaluate("() => document.querySelector('#map').getBoundingClientRect().toJSON()")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self._page.mouse.move(x, y)
        self._page.mouse.down()
        seen = self._measure(lambda: self._swing(x, y, seconds))
        self._page.mouse.up()
        return seen

    def _swing(self, x: float, y: float, seconds: float) -> None:
        begun = time.perf_counter()
        due = 0.0
        while (gone := time.perf_counter() - begun) < seconds:
            if gone < due:
                time.sleep(due - gone)
            angle = 2 * math.pi * due / SWING_SECONDS
            self._page.mouse.move(x + SWING[0] * math.sin(angle), y + SWING[1] * math.sin(angle))
            due = max(due + MOVE_EVERY, gone)

    def _measure(self, act: Callable[[], None]) -> Seen:
        paintings = self._page.evaluate(START)
        threads, busy, begun = thread_seconds(self._browser), self._busy(), time.perf_counter()
        act()
        seconds = time.perf_counter() - begun
        busy = self._busy() - busy
        threads = {
            name: (spent - threads.get(name, 0)) / seconds for name, spent in thread_seconds(self._browser).items()
        }
        taken = self._page.evaluate(TAKE)
        frames = taken["frames"]
        gaps = sorted(after - before for before, after in pairwise(frames))
        updates = sorted(taken["updates"])
        return Seen(
            seconds,
            fps=len(frames) / seconds,
            frame_p95=gaps[len(gaps) * 95 // 100] if gaps else math.inf,
            busy=busy * 1000 / max(1, len(frames)),
            cpu=threads.get("page", 0) * seconds * 1000 / max(1, len(frames)),
            update=updates[len(updates) // 2] if updates else 0,
            painting=taken["cost"],
            updates=len(updates) / seconds,
            changes=taken["changes"] / seconds,
            paintings=(taken["paintings"] - paintings) / seconds,
            threads=threads,
        )

    def _busy(self) -> float:
        """Return the seconds that the page's main thread has been at work."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        found: float = next(each["value"] for each in metrics if each["name"] == "TaskDuration")
        return found


@contextmanager
def browser_context(path: str) -> Iterator[tuple[BrowserContext, int]]:
    """Start the browser; gives where pages open, and its process id."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        session = browser.new_browser_cdp_session()
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        pid = next(each["id"] for each in processes if each["type"] == "browser")
        context = browser.new_context(viewport=ViewportSize(width=DESK["width"], height=DESK["height"]))
        context.add_init_script(f"({WATCH})()")
        yield context, pid
        browser.close()


@contextmanager
def watched(context: BrowserContext, browser: int, url: str, clients: int) -> Iterator[Watched]:
    """Open the page and wait until it shows so many clients."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(url)
    shown = "n => window.__map && __map.count() >= n && __map.ready() && __map.drawn() >= n"
    page.wait_for_function(shown, arg=clients, polling=100, timeout=PATIENCE)
    page.wait_for_timeout(1000)
    yield Watched(page, session, browser)
    page.close()
