"""Measures the map in a browser while 1,000, 10,000 and 100,000 clients move five times a second.

Walkers, server and browser share this machine, and half a million reports a second are more than it can take in and
draw: `moves/s seen` says what came. So at 100,000 frames written beforehand are replayed too, at the full rate.
"""

import os
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.bench.found import Cells, Figure, Found, Table
from tests.bench.herd_of_five import herd
from tests.bench.listener import HOST
from tests.bench.machine import cpu_seconds
from tests.bench.map_page import Seen, Watched, browser_context, watched
from tests.bench.processes import free_ports, running, wait_until_listening
from tests.bench.progress import progress
from tests.bench.rounds import Options
from tests.bench.walkers import walking
from tests.browser.browsing import find_browser

SIZES = (1_000, 10_000, 100_000)
LEAST = 1.5  # seconds of a look
PACE = 5.0  # reports of each client a second
GOAL = 55.0  # frames a second at 100,000
WHAT = f"the map, {SIZES[-1]:,} clients moving at 5 Hz, replayed"
Turn = tuple[Seen, dict[str, float], float]  # what was seen, cores used by kind of thread, and the load average
HEAD = (
    "",
    "fps",
    "lowest..highest",
    "goal",
    "frame p95 ms",
    "page ms/frame",
    "its CPU ms",
    "update ms",
    "updates/s",
    "moves/s seen",
    "painting ms",
    "paintings/s",
    "load",
)


def measure(options: Options) -> Found:
    """Measure, and see who uses the processors meanwhile."""
    path = find_browser()
    if path is None:
        return Found(figures=[Figure(WHAT, GOAL, missing="no Chromium or Chrome is installed")])
    found: dict[str, list[Turn]] = {}
    with tempfile.TemporaryDirectory() as name, browser_context(path) as (context, browser):
        for clients in SIZES:
            folder = Path(name) / str(clients)
            with herd(folder, ["Goloman"]) as running_herd:
                pid, port = running_herd.pids["Goloman"], running_herd.ports["Goloman"]
                settings = tomllib.loads((folder / "herd.toml").read_text())
                http = settings["servers"]["Goloman"]["http"]
                wait_until_listening(int(http.rpartition(":")[2]))
                with (
                    walking(port, clients, PACE) as walkers,
                    watched(context, browser, f"http://{http}/", clients) as page,
                ):
                    found |= _turns(page, f"{clients:,}", {"server": pid, "walkers": walkers}, options)
        with _replay(SIZES[-1], Path(name)) as (pid, url), watched(context, browser, url, SIZES[-1]) as page:
            found |= _turns(page, f"{SIZES[-1]:,} replayed", {"server": pid}, options)
    rows = [_row(title, turns) for title, turns in found.items()]
    users = [_user(title, turns) for title, turns in found.items()]
    tables = [Table(f"The map, fed over /live, {os.cpu_count()} cores", HEAD, rows)]
    kinds = sorted({kind for _, shares in users for kind in shares})
    lines = [(title, *(f"{shares.get(kind, 0):.2f}" for kind in kinds)) for title, shares in users]
    tables.append(Table("Cores used", ("", *kinds), lines))
    rates = tuple(seen.fps for seen, _, _ in found[f"{SIZES[-1]:,} replayed still"])
    return Found(tables, [Figure(WHAT, GOAL, rates, unit="frames/s")])


def _turns(page: Watched, title: str, pids: dict[str, int], options: Options) -> dict[str, list[Turn]]:
    turns: dict[str, list[Turn]] = {}
    for number in range(options.rounds):
        for kind, look in (("still", page.still), ("panning", page.panning)):
            before = {name: cpu_seconds(pid) for name, pid in pids.items()}
            seen = look(max(LEAST, options.seconds))
            used = {name: (cpu_seconds(pid) - before[name]) / seen.seconds for name, pid in pids.items()}
            load = os.getloadavg()[0]
            turns.setdefault(f"{title} {kind}", []).append((seen, seen.threads | used, load))
            done = f"round {number + 1} of {options.rounds}: {title} {kind}"
            progress(f"{done} {seen.fps:.0f} fps, load {load:.1f}")
    return turns


@contextmanager
def _replay(clients: int, folder: Path) -> Iterator[tuple[int, str]]:
    """Run a server that tells of half a million moves a second, whatever else the machine does."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "tests.bench.replaying", str(port), str(clients)]
    with running(command, port, folder / "replaying.out") as pid:
        yield pid, f"http://{HOST}:{port}/"


def _row(title: str, turns: list[Turn]) -> Cells:
    seen = [turn[0] for turn in turns]
    rates = sorted(each.fps for each in seen)
    return (
        title,
        f"{median(rates):.0f}",
        f"{rates[0]:.0f}..{rates[-1]:.0f}",
        f"{GOAL:.0f}",
        f"{median(each.frame_p95 for each in seen):.0f}",
        f"{median(each.busy for each in seen):.1f}",
        f"{median(each.cpu for each in seen):.1f}",
        f"{median(each.update for each in seen):.2f}",
        f"{median(each.updates for each in seen):.1f}",
        f"{median(each.changes for each in seen):,.0f}",
        f"{median(each.painting for each in seen):.1f}",
        f"{median(each.paintings for each in seen):.1f}",
        f"{median(turn[2] for turn in turns):.1f}",
    )


def _user(title: str, turns: list[Turn]) -> tuple[str, dict[str, float]]:
    return title, {kind: median(turn[1].get(kind, 0) for turn in turns) for kind in turns[0][1]}
