"""Measures the places that come with Herd: reading them, and answers of 1, 10 and 50 km around towns."""

import asyncio
import gc
import time
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median, quantiles

from herd.places.cities import read_cities
from herd.places.cut import cut
from herd.places.embedded import Embedded
from herd.position import Position
from tests.bench.apart import apart
from tests.bench.found import Cells, Found, Table
from tests.bench.progress import progress
from tests.bench.rounds import Options

PLACES = 500  # that are asked about in a round, each within a fifth of a degree of a town
SPREAD = 0.2  # degrees
LIMIT = 20
RADII = (1, 10, 50)  # km


def measure(options: Options) -> Found:
    """Measure in a process of its own, whose memory can be told."""
    return apart(_run, options)


def _run(options: Options) -> Found:
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> Found:
    progress("reading")
    gc.collect()
    places, before, begun = Embedded(), _memory(), time.perf_counter()
    await places.nearby(Position(Decimal(0), Decimal(0)), Decimal(0))
    rows: list[Cells] = [
        ("first answer, which reads the file", f"{1000 * (time.perf_counter() - begun):.0f} ms", "", ""),
        ("memory", f"{(_memory() - before) / 2**20:.0f} MiB", "", ""),
    ]
    around = _around_towns(options.rounds * PLACES)
    rows += [await _ask(places, around, radius) for radius in RADII]
    head = ("", "median", "99 of 100", "worst")
    return Found([Table("Places that come with Herd, around towns", head, rows)])


async def _ask(places: Embedded, around: list[Position], radius: int) -> Cells:
    """Measure answers as WHATSAT has them, cut to the limit: in CPU time, for nothing in them waits."""
    progress(f"{radius} km")
    taken = []
    for position in around:
        begun = time.process_time()
        cut(await places.nearby(position, Decimal(radius)), LIMIT)
        taken.append(1000 * (time.process_time() - begun))
    figures = (median(taken), quantiles(taken, n=100)[-1], max(taken))
    return (f"{radius} km, limit {LIMIT}", *(f"{figure:.2f} ms" for figure in figures))


def _around_towns(count: int) -> list[Position]:
    random, cells = Random(3), read_cities().cells
    towns = [cells[random.randrange(len(cells))] for _ in range(count)]
    return [
        Position(*(Decimal(f"{degrees + random.uniform(-SPREAD, SPREAD):.6f}") for degrees in town))
        for town in towns
    ]


def _memory() -> int:
    """Return the bytes this process has in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096
