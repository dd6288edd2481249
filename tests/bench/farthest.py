"""Measures how long a report takes from Hands to a reader behind Welsh, beside the same in a NATS cluster.

The reader behind Welsh is a neighbour like any other: it speaks the servers' own words on a link that Welsh
dialled.
"""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from socket import create_connection
from statistics import median

from tests.bench import nats_cluster
from tests.bench.herd_of_five import SECRET, Herd, herd
from tests.bench.listener import HOST
from tests.bench.machine import cpu_seconds, wait_for_calm
from tests.bench.paced_load import Ages, measure_ages
from tests.bench.probe import acknowledge, meet
from tests.bench.requests import iamat, publications
from tests.bench.rounds import Options, progress
from tests.bench.table import Row, show

RATES = (1_000, 10_000)  # reports a second
GOAL = 4.0  # of the first version: at most so many times the age in the NATS cluster
HEAD = (
    "",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "arrived",
    "cores",
    "p50 ratio",
    "p99 ratio",
    "goal",
    "p50 of goal",
    "p99 of goal",
)
NATS, HERD = "NATS, five nodes", "Hands to behind Welsh"
PROBE = "Probe"


@dataclass(frozen=True, slots=True)
class Way:
    """A way through five processes: how to measure it at a rate for so many seconds; the processes."""

    measure: Callable[[int, float], Ages]
    pids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn came to: ages, and the cores that the five processes used meanwhile."""

    ages: Ages
    cores: float


def measure(options: Options) -> None:
    """Print one table per rate."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        ways: dict[str, Way] = {}
        if nats_cluster.installed():
            pids, ports = stack.enter_context(nats_cluster.nats_cluster(folder))
            ways[NATS] = Way(partial(_nats, ports), pids)
        running = stack.enter_context(herd(folder / "herd", probe=(PROBE, "Welsh")))
        ways[HERD] = Way(partial(_herd, running), tuple(running.pids.values()))
        for rate in RATES:
            seen = _rounds(ways, rate, options)
            show(f"Farthest pair at {rate:,} reports/s: age on arrival", _rows(seen), HEAD)


def _nats(ports: list[int], rate: int, seconds: float) -> Ages:
    with nats_cluster.connect(ports[-1], subscribe=True) as reader:
        nats_cluster.settle_subscriptions()
        to = partial(nats_cluster.connect, ports[0])
        return measure_ages(to, reader, publications(), rate, seconds)


def _herd(running: Herd, rate: int, seconds: float) -> Ages:
    # A link of its own for each turn: between two, nobody would answer the heartbeats.
    with meet(running.probe, PROBE, SECRET) as reader:
        wait_for_calm(running.pids.values())
        to = partial(create_connection, (HOST, running.ports["Hands"]))
        return measure_ages(to, reader, iamat(), rate, seconds, acknowledge)


def _rounds(ways: dict[str, Way], rate: int, options: Options) -> dict[str, list[Turn]]:
    seen: dict[str, list[Turn]] = {title: [] for title in ways}
    for number in range(options.rounds):
        for title, way in ways.items():
            wait_for_calm(pid for each in ways.values() for pid in each.pids)
            before = sum(map(cpu_seconds, way.pids))
            ages = way.measure(rate, options.seconds)
            cpu = sum(map(cpu_seconds, way.pids)) - before
            seen[title].append(Turn(ages, cpu / options.seconds))
            progress(
                f"round {number + 1} of {options.rounds}: {title} at {rate}/s p50 {ages.percentile(0.5):.2f} ms"
            )
    return seen


def _rows(seen: dict[str, list[Turn]]) -> list[Row]:
    rows = []
    for title, turns in seen.items():
        middle = [median(turn.ages.percentile(share) for turn in turns) for share in (0.5, 0.99, 0.999)]
        arrived = sum(len(turn.ages.ages) for turn in turns) / sum(turn.ages.sent for turn in turns)
        cores = median(turn.cores for turn in turns)
        cells = (title, *(f"{age:.2f}" for age in middle), f"{arrived:.2%}", f"{cores:.2f}")
        if title == HERD and NATS in seen:
            ratios = [
                median(
                    own.ages.percentile(share) / nats.ages.percentile(share)
                    for own, nats in zip(turns, seen[NATS], strict=True)
                )
                for share in (0.5, 0.99)
            ]
            shares = (f"{GOAL / ratio:.0%}" for ratio in ratios)  # less is better
            cells = (*cells, *(f"{ratio:.2f}" for ratio in ratios), f"{GOAL:g}", *shares)
        rows.append(Row(cells + ("",) * (len(HEAD) - len(cells))))
    return rows
