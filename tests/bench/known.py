"""Measures how a server grows with the clients that it knows: memory, work per report, and its longest pause."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.bench.fit import law, slope
from tests.bench.found import Cells, Figure, Found, Line, Plot, Table
from tests.bench.herd_of_five import herd
from tests.bench.machine import cpu_seconds, private_bytes, wait_for_calm
from tests.bench.pinger import pinging
from tests.bench.processes import yardstick
from tests.bench.progress import progress
from tests.bench.rounds import Options
from tests.bench.telling import tell_for, tell_once

SIZES = (1_000, 10_000, 100_000, 1_000_000)
MILD = 2_000  # reports a second while pauses are looked for
MEMORY_GOAL, PAUSE_GOAL = 400, 10.0  # bytes, ms
SERVER, ECHO = "Goloman", "echo beside it"
HEAD = (
    "clients known",
    "bytes each",
    "MB in all",
    "CPU-s/100k",
    "rate",
    "longest pause ms",
    "p99.9",
    "echo's longest",
)


class Known:
    """What was measured at each size: rounds of CPU seconds per 100,000 reports, rates and pauses; memory once."""

    def __init__(self) -> None:
        self.memory: dict[int, int] = {}  # bytes beyond those of the empty server
        self.cpu: dict[int, list[float]] = {}
        self.rate: dict[int, list[float]] = {}
        self.pauses: dict[int, list[float]] = {}  # ms, longest of each round
        self.late: dict[int, list[float]] = {}  # ms, that one of 1,000 answers took longer than
        self.echo: dict[int, list[float]] = {}  # ms, longest


def measure(options: Options) -> Found:
    """Fill one server step by step; a client reports more than once, so its log of changes is full too."""
    known, sizes = Known(), sorted({options.sized(size) for size in SIZES})
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        _, echo = stack.enter_context(yardstick("echo_server", folder))
        running = stack.enter_context(herd(folder / "herd", [SERVER]))
        pid, port = running.pids[SERVER], running.ports[SERVER]
        tell_for(port, 10, 0.2)
        wait_for_calm([pid])
        empty, before = private_bytes(pid), 0
        for size in sizes:
            progress(f"{size:,} clients")
            tell_once(port, before, size)
            before = size
            _work(known, size, pid, port, options)
            known.memory[size] = private_bytes(pid) - empty
            wait_for_calm([pid])
            _watch(known, size, {SERVER: port, ECHO: echo}, options)
    return _found(known, sizes)


def _work(known: Known, size: int, pid: int, port: int, options: Options) -> None:
    known.cpu[size], known.rate[size] = [], []
    for _ in range(options.rounds):
        wait_for_calm([pid])
        before = cpu_seconds(pid)
        load = tell_for(port, size, options.seconds)
        known.cpu[size].append((cpu_seconds(pid) - before) / load.answers * 100_000)
        known.rate[size].append(load.rate)
    progress(f"{size:,} clients: {median(known.rate[size]):,.0f}/s")


def _watch(known: Known, size: int, ports: dict[str, int], options: Options) -> None:
    """Look for pauses under a mild load, beside a server that has none of its own."""
    known.pauses[size], known.late[size], known.echo[size] = [], [], []
    with pinging(ports) as pingers:
        for _ in range(options.rounds):
            pingers.take()
            tell_for(ports[SERVER], size, options.seconds, MILD)
            seen = pingers.take()
            known.pauses[size].append(seen[SERVER][-1])
            known.late[size].append(seen[SERVER][int(0.999 * len(seen[SERVER]))])
            known.echo[size].append(seen[ECHO][-1])
    progress(f"{size:,} clients: longest pause {max(known.pauses[size]):.1f} ms")


def _found(known: Known, sizes: list[int]) -> Found:
    rows = [_row(known, size) for size in sizes]
    cpu = [(size, median(known.cpu[size])) for size in sizes]
    memory = [(size, known.memory[size]) for size in sizes]
    notes = [
        f"work per report: {law(cpu)} in clients; memory: {slope(memory[-2:]):.0f} bytes a client at the end",
        f"pauses: of a question every ms, beside {MILD:,} reports/s",
    ]
    most = sizes[-1]
    most = sizes[-1]
    each, longest = known.memory[most] / most, max(known.pauses[most])
    figures = [
        Figure(f"memory per client at {most:,} known", MEMORY_GOAL, (each,), unit="bytes", less=True),
        Figure(f"longest pause at {most:,} known", PAUSE_GOAL, (longest,), unit="ms", less=True),
    ]
    plots = [
        Plot(
            "CPU of a report, by clients known",
            "clients known",
            "CPU-s per 100,000 reports",
            [Line(SERVER, cpu)],
            log_x=True,
        ),
        Plot(
            "Memory, by clients known",
            "clients known",
            "MB",
            [Line(SERVER, [(size, used / 1e6) for size, used in memory])],
            log_x=True,
            log_y=True,
        ),
    ]
    return Found([Table("One server and the clients it knows", HEAD, rows, notes)], figures, plots)


def _row(known: Known, size: int) -> Cells:
    return (
        f"{size:,}",
        f"{known.memory[size] / size:,.0f}",
        f"{known.memory[size] / 1e6:,.1f}",
        f"{median(known.cpu[size]):.3f}",
        f"{median(known.rate[size]):,.0f}/s",
        f"{max(known.pauses[size]):.1f}",
        f"{median(known.late[size]):.2f}",
        f"{max(known.echo[size]):.1f}",
    )
