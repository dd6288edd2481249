"""Measures how a server grows with its connections: memory of each idle one, and work per report of busy ones."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from tests.bench.crowd import crowd
from tests.bench.fit import law
from tests.bench.found import Cells, Figure, Found, Line, Plot, Table
from tests.bench.herd_of_five import herd
from tests.bench.machine import private_bytes, wait_for_calm
from tests.bench.processes import yardstick
from tests.bench.progress import progress
from tests.bench.rounds import Contestant, Options, Result, compare

SIZES = (10, 100, 1_000, 10_000)
GOAL = 3_000  # bytes of an idle connection
SERVER, ECHO = "Goloman", "a Protocol echo"
HEAD = ("connections", "bytes each, idle", "an echo's", "busy: rate", "lowest..highest", "CPU-s/100k", "generator")
Memory = dict[int, list[float]]  # bytes per idle connection, by how many there are


def measure(options: Options) -> Found:
    """Measure idle ones on a new server in each round, then busy ones, one report in flight on each."""
    sizes = sorted({options.sized(size) for size in SIZES})
    memory: dict[str, Memory] = {name: {size: [] for size in sizes} for name in (SERVER, ECHO)}
    with tempfile.TemporaryDirectory() as name:
        for number in range(options.rounds):
            for which, seen in memory.items():
                with _server(which, Path(name) / f"{which}{number}") as (pid, port):
                    _hold(seen, pid, port)
            each = memory[SERVER][sizes[-1]][-1]
            progress(f"round {number + 1} of {options.rounds}: {each:,.0f} bytes of each of {sizes[-1]:,}")
        results = _busy(sizes, Path(name) / "busy", options)
    return _found(memory, results)


@contextmanager
def _server(which: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Run one of the two; gives its process id and port."""
    if which == SERVER:
        with herd(folder, [SERVER]) as running:
            yield running.pids[SERVER], running.ports[SERVER]
    else:
        folder.mkdir()
        with yardstick("echo_server", folder) as started:
            yield started


def _hold(memory: Memory, pid: int, port: int) -> None:
    with crowd(port) as held:
        held.grow(5)
        wait_for_calm([pid])
        empty = private_bytes(pid)
        for size, seen in memory.items():
            held.grow(5 + size)
            wait_for_calm([pid])
            seen.append((private_bytes(pid) - empty) / size)


def _busy(sizes: list[int], folder: Path, options: Options) -> dict[int, Result]:
    """Have crowds of all sizes at once, of which one is busy at a time."""
    with ExitStack() as stack:
        pid, port = stack.enter_context(_server(SERVER, folder))
        contestants = []
        for size in sizes:
            held = stack.enter_context(crowd(port))
            held.grow(size)
            contestants.append(Contestant(f"{size:,} connections", (pid,), held.run))
        return dict(zip(sizes, compare(contestants, options, warm_up=0.1), strict=True))


def _found(memory: dict[str, Memory], results: dict[int, Result]) -> Found:
    sizes = list(results)
    cpu = [(size, result.middle_cpu) for size, result in results.items()]
    used = {which: [(size, size * median(seen[size]) / 1e6) for size in sizes] for which, seen in memory.items()}
    title = "One server and its connections"
    notes = [f"work per report: {law(cpu)} in connections; memory: {law(used[SERVER][-2:])}"]
    table = Table(title, HEAD, [_row(memory, size, result) for size, result in results.items()], notes)
    most = sizes[-1]
    figure = Figure(
        f"user memory per idle TCP connection at {most:,}",
        GOAL,
        tuple(memory[SERVER][most]),
        unit="bytes",
        less=True,
    )
    work = Plot(
        "CPU of a report, by busy connections",
        "connections",
        "CPU-s per 100,000 reports",
        [Line(SERVER, cpu)],
        log_x=True,
    )
    idle = [Line(which, points, which == ECHO) for which, points in used.items()]
    plots = [work, Plot("Memory of idle connections", "connections", "MB", idle, log_x=True, log_y=True)]
    return Found([table], [figure], plots)


def _row(memory: dict[str, Memory], size: int, result: Result) -> Cells:
    idle = (f"{median(memory[which][size]):,.0f}" for which in (SERVER, ECHO))
    spread = f"{min(result.rates):,.0f}..{max(result.rates):,.0f}"
    return (f"{size:,}", *idle, f"{result.rate:,.0f}/s", spread, f"{result.middle_cpu:.3f}", f"{result.busy:.0%}")
