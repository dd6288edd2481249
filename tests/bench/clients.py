"""Measures searches of /clients among a million clients, and what the grid and the trails cost beside them."""

import asyncio
import contextlib
import gc
import tempfile
import time
from collections.abc import Awaitable, Callable
from math import cos, radians
from pathlib import Path
from random import Random
from statistics import median

from herd.batch import OWN_CLIENTS
from herd.node import Node
from herd.server import run_server
from herd.store import Store
from herd.traffic import TrafficLog
from tests.bench.apart import apart
from tests.bench.found import Cells, Found, Table
from tests.bench.progress import progress
from tests.bench.rounds import Options
from tests.herding import small_herd
from web.box import Box
from web.clients.trails import CHANGES_A_TICK, TICKS_A_SECOND, Trails
from web.search.finder import Finder
from web.search.globe import Place
from web.search.grid import Grid

CLIENTS = 1_000_000
TOWNS = 100  # half of the clients are around them, the others anywhere, evenly by area
SPREAD = 0.15  # degrees
PLACES = 50  # that are asked about in a round, in turns a town and anywhere
LIMIT = 20
COLLECT_RARELY = (50_000, 20, 20)  # as web.serve has it

Where = tuple[float, float]


def measure(options: Options) -> Found:
    """Measure in a process of its own, whose memory can be told."""
    return apart(_run, options)


def _run(options: Options) -> Found:
    gc.set_threshold(*COLLECT_RARELY)
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> Found:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = small_herd({"Home": ()}, {})
        async with run_server(config, "Home", lambda: TrafficLog(folder / "Home.log"), Random(1)) as server:
            progress(f"{CLIENTS:,} clients")
            node, towns = server.node, _towns()
            _fill(node.store, towns)
            made, grid = await _make(node)
            rows = [*made, *[await _search(name, ask, options) for name, ask in _searches(grid, towns).items()]]
            rows.append(_trails(node))
    title = f"/clients among {CLIENTS:,}, {TOWNS} towns and anywhere"
    return Found([Table(title, ("", "median", "worst", "found"), rows)])


async def _make(node: Node) -> tuple[list[Cells], Grid]:
    """Make the grid beside a task that wants its turn all the time."""
    progress("the grid")
    finder, before, begun = Finder(node), _memory(), time.perf_counter()
    async with _Pauses() as pauses:
        grid = await finder.grid()
    made, each = time.perf_counter() - begun, (_memory() - before) / CLIENTS
    finder.stop()
    rows: list[Cells] = [
        ("making the grid", f"{made:.1f} s", "", ""),
        ("longest pause of the loop meanwhile", "", f"{1000 * pauses.longest:.1f} ms", ""),
        ("memory a client", f"{each:.0f} bytes", "", ""),
    ]
    return rows, grid


def _searches(grid: Grid, towns: list[Where]) -> dict[str, Callable[[Where], Awaitable[list[object]]]]:
    async def near(where: Where, radius: float, limit: int) -> list[object]:
        return list(await grid.near(Place(*where), radius, limit))

    async def within(where: Where) -> list[object]:
        south, west = min(where[0], 89.0), min(where[1], 179.0)
        found = await grid.within(Box(west, south, west + 1, south + 1))
        return [client for some in found.leave(1_000) for client in some]

    return {
        f"near, 1 km, limit {LIMIT}": lambda where: near(where, 1, LIMIT),
        f"near, 10 km, limit {LIMIT}": lambda where: near(where, 10, LIMIT),
        f"near, 50 km, limit {LIMIT}": lambda where: near(where, 50, LIMIT),
        f"near, any distance, limit {LIMIT}": lambda where: near(where, 20_100, LIMIT),
        "near, 50 km, limit 10,000": lambda where: near(where, 50, 10_000),
        "bbox, 1 x 1 degree": within,
    }


async def _search(name: str, ask: Callable[[Where], Awaitable[list[object]]], options: Options) -> Cells:
    progress(name)
    random, taken, found = Random(2), [], []
    for _ in range(options.rounds):
        for number in range(PLACES):
            where = _towns()[number % TOWNS] if number % 2 else _anywhere(random)
            begun = time.perf_counter()
            found.append(len(await ask(where)))
            taken.append(1000 * (time.perf_counter() - begun))
    return (name, f"{median(taken):.2f} ms", f"{max(taken):.2f} ms", f"{sum(found) / len(found):,.0f}")


def _trails(node: Node) -> Cells:
    """Measure the tick that has more changes than it looks at."""
    trails, store, ticks = Trails(node), node.store, []
    clients = list(store.reports)[: 4 * CHANGES_A_TICK]
    for _ in range(100):
        for client in clients:
            batch = store.batch(OWN_CLIENTS)
            store.reports[client] = (*store.reports[client][:2], batch.number, OWN_CLIENTS, client)
            batch.clients.append(client)
        store.close()
        begun = time.process_time()
        trails.tick()
        ticks.append(1000 * (time.process_time() - begun))
    share = f"{median(ticks) * TICKS_A_SECOND / 10:.2f}% of a core"
    return ("trails, a tick under load", f"{median(ticks):.2f} ms", f"{max(ticks):.2f} ms", share)


class _Pauses:
    """Takes every turn of the loop that it can have, and notes how long it had to wait."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def __aenter__(self) -> "_Pauses":
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watching

    async def _watch(self) -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0)
            self.longest = max(self.longest, time.perf_counter() - begun)


def _fill(store: Store, towns: list[Where]) -> None:
    """Put clients straight into the store, as if they had been heard."""
    random = Random(1)
    batch = store.batch(OWN_CLIENTS)
    for number in range(CLIENTS):
        latitude, longitude = _anywhere(random)
        if number % 2:
            town = towns[number % len(towns)]
            latitude = min(90.0, max(-90.0, random.gauss(town[0], SPREAD)))
            longitude = (random.gauss(town[1], SPREAD) + 180) % 360 - 180
        client = b"client%d" % number
        line = b"AT Home +0.263873386 %b %+.6f%+.6f 1520023934.918963997" % (client, latitude, longitude)
        store.reports[client] = (1_520_023_934_918_963_997, line, batch.number, OWN_CLIENTS, client)


def _towns() -> list[Where]:
    random = Random(3)
    return [(random.uniform(-55, 65), random.uniform(-180, 180)) for _ in range(TOWNS)]


def _anywhere(random: Random) -> Where:
    while True:
        latitude = random.uniform(-90, 90)
        if random.random() < cos(radians(latitude)):
            return latitude, random.uniform(-180, 180)


def _memory() -> int:
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
