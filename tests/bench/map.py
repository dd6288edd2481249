"""Measures the map in a browser while 1,000, 10,000 and 100,000 clients move five times a second."""

import os
import tempfile
import tomllib
from pathlib import Path
from statistics import median

from tests.bench.herd_of_five import herd
from tests.bench.machine import cpu_seconds
from tests.bench.map_page import Seen, Watched, browser_context, watched
from tests.bench.rounds import Options, progress
from tests.bench.table import Row, show
from tests.bench.walkers import walking
from tests.browser.browsing import find_browser

SIZES = (1_000, 10_000, 100_000)
PACE = 5.0  # reports of each client a second
GOAL = 55.0  # frames a second at 100,000
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


def measure(options: Options) -> None:
    """Print one table, and who uses the processors meanwhile."""
    path = find_browser()
    if path is None:
        progress("left out: no Chromium or Chrome is installed here")
        return
    rows, users = [], []
    with tempfile.TemporaryDirectory() as name, browser_context(path) as (context, browser):
        for clients in SIZES:
            with herd(Path(name) / str(clients), ["Goloman"]) as running:
                settings = tomllib.loads((Path(name) / str(clients) / "herd.toml").read_text())
                pid = running.pids["Goloman"]
                with (
                    walking(running.ports["Goloman"], clients, PACE) as walker,
                    watched(context, browser, f"http://{settings['servers']['Goloman']['http']}/", clients) as page,
                ):
                    for title, turns in _turns(page, clients, (pid, walker), options).items():
                        rows.append(_row(title, turns))
                        users.append(_user(title, turns))
    show(f"The map, fed over /live, {os.cpu_count()} cores", rows, HEAD)
    kinds = sorted({kind for _, shares in users for kind in shares})
    lines = [Row((title, *(f"{shares.get(kind, 0):.2f}" for kind in kinds))) for title, shares in users]
    show("Cores used", lines, ("", *kinds))


Turn = tuple[Seen, dict[str, float], float]


def _turns(page: Watched, clients: int, pids: tuple[int, int], options: Options) -> dict[str, list[Turn]]:
    turns: dict[str, list[Turn]] = {}
    for number in range(options.rounds):
        for kind, look in (("still", page.still), ("panning", page.panning)):
            before = [cpu_seconds(pid) for pid in pids]
            seen = look(options.seconds)
            server, walker = (
                (cpu_seconds(pid) - was) / seen.seconds for pid, was in zip(pids, before, strict=True)
            )
            load = os.getloadavg()[0]
            turns.setdefault(f"{clients:,} {kind}", []).append(
                (seen, {**seen.threads, "server": server, "walkers": walker}, load)
            )
            progress(
                f"round {number + 1} of {options.rounds}: {clients:,} {kind} {seen.fps:.0f} fps, load {load:.1f}"
            )
    return turns


def _row(title: str, turns: list[Turn]) -> Row:
    seen = [turn[0] for turn in turns]
    rates = sorted(each.fps for each in seen)
    return Row(
        (
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
    )


def _user(title: str, turns: list[Turn]) -> tuple[str, dict[str, float]]:
    return title, {kind: median(turn[1].get(kind, 0) for turn in turns) for kind in turns[0][1]}
