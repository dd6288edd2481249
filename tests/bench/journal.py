"""Measures what the journal costs: IAMAT pipelined and in 50 connections, of the same server without a journal.

And how long a start takes that reads a million reports.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from herd.journal.sealing import seal
from tests.bench.found import Figure, Found
from tests.bench.herd_of_five import wait_until_known
from tests.bench.listener import HOST
from tests.bench.load import Load, one_in_flight, pipelined
from tests.bench.machine import cpu_seconds
from tests.bench.processes import free_ports, running
from tests.bench.requests import iamat
from tests.bench.rounds import Contestant, Options, compare
from tests.bench.table import beside, compared

CONNECTIONS = 50
REPORTS, SEALED = 1_000_000, 250
NONE, GOAL = "no journal", 0.95
POLICIES = ("never", "everysec", "always")
START_GOAL = 5.0  # seconds

Loader = Callable[[int], Callable[[float], Load]]


def measure(options: Options) -> Found:
    """Measure, one table per load."""
    found = Found()
    _compare("pipelined IAMAT", lambda port: partial(pipelined, port, iamat()), options, found)
    fifty: Loader = lambda port: partial(one_in_flight, port, iamat(), CONNECTIONS)  # noqa: E731
    _compare(f"{CONNECTIONS} connections, one in flight", fifty, options, found)
    found.figures.append(_start(round(REPORTS * options.size)))
    return found


def _compare(title: str, load: Loader, options: Options, found: Found) -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        contestants = []
        for policy in (NONE, *POLICIES):
            pid, port = _serve(stack, folder / policy.replace(" ", "-"), policy)
            contestants.append(Contestant(policy, (pid,), load(port)))
        none, *results = compare(contestants, options)
    found.tables.append(beside(f"{title}, of the same server without a journal", none, results))
    everysec = next(result for result in results if result.name == "everysec")
    found.figures.append(compared(f"{title} with a journal, of the same without", GOAL, everysec, none))


def _serve(stack: ExitStack, folder: Path, policy: str) -> tuple[int, int]:
    """Start a server; return its process id and port."""
    tcp, http = free_ports(2)
    folder.mkdir(exist_ok=True)
    config = folder / "herd.toml"
    addresses = f'[servers.Goloman]\ntcp = "{HOST}:{tcp}"\nhttp = "{HOST}:{http}"\n'
    journal = "" if policy == NONE else f'[journal]\nfsync = "{policy}"\n'
    config.write_text(f'[places]\nprovider = "none"\n{journal}{addresses}')
    if policy == NONE:
        command = ["-m", "tests.bench.unkept_server", str(config), "Goloman", str(folder / "Goloman.log")]
    else:
        command = ["run.py", "Goloman", "--config", str(config), "--data", str(folder)]
    return stack.enter_context(running([sys.executable, *command], tcp, folder / "out")), tcp


def _start(reports: int) -> Figure:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        last = _write(folder / "Goloman.journal", reports)
        began = time.monotonic()
        pid, port = _serve(stack, folder, "everysec")
        wait_until_known([port], [last])  # it waits with us until the journal is read
        took, cpu = time.monotonic() - began, cpu_seconds(pid)
    what = f"start from a journal of {reports:,} reports, until the first answer"
    return Figure(what, START_GOAL, (took,), unit="s", less=True, cpu=cpu * 100_000 / reports)


def _write(path: Path, reports: int) -> tuple[bytes, bytes]:
    """Write a journal; return client and time of its last report."""
    with path.open("wb") as file:
        for start in range(0, reports, SEALED):
            lines = [
                b"AT Goloman +0.000123456 client%07d.example.org +34.068930-118.445127 1795388669.%09d" % (n, n)
                for n in range(start, min(start + SEALED, reports))
            ]
            file.write(seal(b"\n".join([*lines, b""]), start // SEALED + 1))
    return b"client%07d.example.org" % (reports - 1), b"1795388669.%09d" % (reports - 1)
