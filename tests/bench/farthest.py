"""Measures how long a report takes from Hands to a reader behind Welsh, beside NATS and Mosquitto.

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

from herd.servers import LINKS
from tests.bench import mosquitto_bridge, nats_cluster
from tests.bench.found import Cells, Figure, Found, Table
from tests.bench.herd_of_five import SECRET, Herd, herd
from tests.bench.listener import HOST
from tests.bench.machine import cpu_seconds, wait_for_calm
from tests.bench.paced_load import Ages, measure_ages
from tests.bench.probe import acknowledge, meet
from tests.bench.progress import progress
from tests.bench.requests import CLIENTS, iamat, publications
from tests.bench.rounds import Options

GOALS = {1_000: 1.5, 10_000: 1.0}  # by reports a second: at most so many times the age in the NATS cluster
SHARES = {"p50": 0.5, "p99": 0.99}
HEAD = ("", "p50 ratio", "p99 ratio", "p50 ms", "p99 ms", "p99.9 ms", "arrived", "CPU-s/100k")
NATS, MOSQUITTO, HERD = "NATS, five nodes", "Mosquitto, five bridged brokers", "Hands to behind Welsh"
PROBE = "Probe"


@dataclass(frozen=True, slots=True)
class Way:
    """A way through five processes: how to measure it at a rate for so many seconds; the processes."""

    measure: Callable[[int, float], Ages]
    pids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn came to: ages, and the CPU seconds of the five processes per 100,000 reports."""

    ages: Ages
    cpu: float


def measure(options: Options) -> Found:
    """Measure, one table per rate."""
    found = Found()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        ways: dict[str, Way] = {}
        if nats_cluster.installed():
            pids, ports = stack.enter_context(nats_cluster.nats_cluster(folder))
            ways[NATS] = Way(partial(_nats, ports), pids)
        if mosquitto_bridge.installed():
            pids, brokers = stack.enter_context(mosquitto_bridge.mosquitto_bridge(folder))
            ways[MOSQUITTO] = Way(partial(_mosquitto, brokers), pids)
        running = stack.enter_context(herd(folder / "herd", absent=PROBE, links={**LINKS, PROBE: ["Welsh"]}))
        ways[HERD] = Way(partial(_herd, running), tuple(running.pids.values()))
        for rate, goal in GOALS.items():
            seen = _rounds(ways, rate, options)
            title = f"farthest pair at {rate:,} reports/s"
            found.tables.append(Table(f"{title}: age on arrival", HEAD, [_cells(each, seen) for each in seen]))
            found.figures.extend(_figures(title, goal, seen))
    return found


def _nats(ports: list[int], rate: int, seconds: float) -> Ages:
    with nats_cluster.connect(ports[-1], subscribe=True) as reader:
        nats_cluster.settle_subscriptions()
        to = partial(nats_cluster.connect, ports[0])
        return measure_ages(to, reader, publications(), rate, seconds)


def _mosquitto(ports: dict[str, int], rate: int, seconds: float) -> Ages:
    with mosquitto_bridge.connect(ports["Welsh"], subscribe=True) as reader:
        to = partial(mosquitto_bridge.connect, ports["Hands"])
        return measure_ages(to, reader, mosquitto_bridge.publications(CLIENTS), rate, seconds)


def _herd(running: Herd, rate: int, seconds: float) -> Ages:
    # A link of its own for each turn: between two, nobody would answer the heartbeats.
    with meet(running.ports[PROBE], PROBE, SECRET) as reader:
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
            seen[title].append(Turn(ages, cpu / ages.sent * 100_000))
            progress(
                f"round {number + 1} of {options.rounds}: {title} at {rate}/s p50 {ages.percentile(0.5):.2f} ms"
            )
    return seen


def _cells(title: str, seen: dict[str, list[Turn]]) -> Cells:
    turns = seen[title]
    ratios = ("", "")
    if title == HERD and NATS in seen:
        p50, p99 = (figure.measured for figure in _figures("", 1.0, seen))
        ratios = (f"{p50:.2f}", f"{p99:.2f}")
    middle = [median(turn.ages.percentile(share) for turn in turns) for share in (0.5, 0.99, 0.999)]
    arrived = sum(turn.ages.arrived for turn in turns) / sum(turn.ages.sent for turn in turns)
    cpu = f"{median(turn.cpu for turn in turns):.3f}"
    return (title, *ratios, *(f"{age:.2f}" for age in middle), f"{arrived:.2%}", cpu)


def _figures(title: str, goal: float, seen: dict[str, list[Turn]]) -> list[Figure]:
    found = []
    for label, share in SHARES.items():
        what = f"{title}, {label}, of {NATS}"
        if NATS not in seen:
            found.append(Figure(what, goal, missing="nats-server is not installed"))
            continue
        ours, nats = (tuple(turn.ages.percentile(share) for turn in seen[each]) for each in (HERD, NATS))
        cpu, its = (median(turn.cpu for turn in seen[each]) for each in (HERD, NATS))
        found.append(Figure(what, goal, ours, nats, "ms", less=True, cpu=cpu, yardstick_cpu=its))
    return found
