"""Measures herds of 2 to 20 servers in several shapes: messages, CPU, memory, and age at the far end."""

import re
import socket
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.bench import shapes
from tests.bench.fit import plane, slope
from tests.bench.found import Cells, Found, Line, Plot, Table
from tests.bench.herd_of_five import Herd, herd, time_of
from tests.bench.listener import HOST
from tests.bench.machine import cpu_seconds, private_bytes, wait_for_calm
from tests.bench.progress import progress
from tests.bench.requests import now
from tests.bench.rounds import Options
from tests.bench.telling import tell_for

RATE = 2_000  # reports a second at the first server, which every shape carries on two cores
CLIENTS = 1_000
PROBES = 20  # reports in a round whose way to the farthest server is timed, one after another
PATIENCE = 10.0  # seconds
TOLD = re.compile(rb"^herd_peer_reports_out_total ([0-9.e+]+)$", re.MULTILINE)
HEAD = (
    *("shape", "servers", "edges", "messages/update", "computed", "CPU-s/100k, all", "us/message"),
    *("links away", "age p50 ms", "MB/server"),
)


@dataclass(slots=True)
class Grown:
    """What was measured of one shape: samples of each round."""

    links: shapes.Links
    kind: str
    away: int = 0
    messages: list[float] = field(default_factory=list)  # per update
    cpu: list[float] = field(default_factory=list)  # seconds per 100,000 updates, of all servers
    ages: list[float] = field(default_factory=list)  # ms
    memory: float = 0.0  # bytes of a server


def measure(options: Options) -> Found:
    """Start each shape in turn."""
    grown = []
    with tempfile.TemporaryDirectory() as name:
        for kind, count in shapes.SHAPES:
            if count > options.sized(20):
                continue
            each = Grown(shapes.MAKERS[kind](count), kind)
            with herd(Path(name) / f"{kind}{count}", list(each.links), links=each.links) as running:
                _load(each, running, options)
            grown.append(each)
            progress(f"{kind} of {count}: {median(each.messages):.1f} messages per update")
    return _found(grown)


def _load(each: Grown, running: Herd, options: Options) -> None:
    first = next(iter(each.links))
    far, each.away = shapes.farthest(each.links, first)
    pids = list(running.pids.values())
    for _ in range(options.rounds):
        wait_for_calm(pids)
        told, cpu = _told(running), sum(map(cpu_seconds, pids))
        load = tell_for(running.ports[first], CLIENTS, 0.4 * options.seconds, RATE)
        wait_for_calm(pids)
        spent = sum(map(cpu_seconds, pids)) - cpu
        each.messages.append((_told(running) - told) / load.answers)
        each.cpu.append(spent / load.answers * 100_000)
        each.ages += _ages(running.ports[first], running.ports[far])
    each.memory = median(map(private_bytes, pids))


def _told(running: Herd) -> float:
    """Return how many reports all servers have told their peers, as their /metrics have it."""
    total = 0.0
    for name in running.pids:
        with urllib.request.urlopen(f"http://{HOST}:{running.http[name]}/metrics", timeout=PATIENCE) as answer:
            found = TOLD.search(answer.read())
        if found is None:
            raise ValueError("/metrics does not say what was told")
        total += float(found[1])
    return total


def _ages(port: int, far: int) -> list[float]:
    """Return the ms from sending a report to its being known at the farthest server, of an idle herd."""
    ages = []
    with (
        socket.create_connection((HOST, port), PATIENCE) as near,
        socket.create_connection((HOST, far), PATIENCE) as away,
    ):
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        away.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(PROBES):
            at, begun = now(), time.perf_counter()
            near.sendall(b"IAMAT probe +34.068930-118.445127 %b\n" % at)
            while time_of(away, b"probe") < at:
                if time.perf_counter() - begun > PATIENCE:
                    raise TimeoutError("a report does not come to the farthest server")
            ages.append(1000 * (time.perf_counter() - begun))
            near.recv(4096)
    return ages


def _found(grown: list[Grown]) -> Found:
    own, each_message = plane([(len(each.links), median(each.messages), 10 * median(each.cpu)) for each in grown])
    steps = [(float(each.away), median(each.ages)) for each in grown]
    notes = [
        f"one update costs {own:.1f} us of CPU at each server and {each_message:.1f} us for each message; "
        f"age grows by {slope(steps):.2f} ms a link",
        "computed: N-1 messages for N servers: an update travels along a spanning tree",
    ]
    title = f"Herds of 2 to 20 servers, {RATE:,} reports/s at the first"
    work, age = [], []
    for kind in dict.fromkeys(each.kind for each in grown):
        same = [each for each in grown if each.kind == kind]
        work.append(Line(kind, [(len(each.links), 10 * median(each.cpu)) for each in same]))
        age.append(Line(kind, [(len(each.links), median(each.ages)) for each in same]))
    plots = [
        Plot("CPU of the whole herd per update", "servers", "us", work),
        Plot("Age at the farthest server", "servers", "ms", age),
    ]
    return Found([Table(title, HEAD, [_row(each) for each in grown], notes)], plots=plots)


def _row(each: Grown) -> Cells:
    messages, cpu = median(each.messages), median(each.cpu)
    return (
        each.kind,
        f"{len(each.links)}",
        f"{shapes.edges(each.links)}",
        f"{messages:.2f}",
        f"{shapes.messages(each.links)}",
        f"{cpu:.2f}",
        f"{10 * cpu / messages:.1f}",
        f"{each.away}",
        f"{median(each.ages):.2f}",
        f"{each.memory / 1e6:.1f}",
    )
