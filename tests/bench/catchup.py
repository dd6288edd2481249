"""Measures how fast a new empty server catches up on a million clients, and how long its peers' answers wait."""

import re
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.bench.found import Figure, Found, Table
from tests.bench.herd_of_five import Herd, herd
from tests.bench.listener import HOST
from tests.bench.machine import cpu_seconds, wait_for_calm
from tests.bench.pinger import Pingers, pinging
from tests.bench.processes import yardstick
from tests.bench.progress import progress
from tests.bench.rounds import Options
from tests.bench.telling import tell_once

CLIENTS = 1_000_000
PEERS, NEW = ("Goloman", "Hands"), "Wilkes"  # of the built-in herd: each of the three is a neighbour of both others
ECHO = "echo beside them"
SECONDS_GOAL, DELAY_GOAL = 4.0, 20.0  # s, ms
PATIENCE = 120.0  # seconds
LOOK = 0.05  # seconds between two looks at how far it is
KNOWN = re.compile(rb"^herd_clients ([0-9.e+]+)$", re.MULTILINE)
HEAD = ("round", "seconds", "clients/s", "CPU-s since its start", "longest answer ms", "p99 ms", "echo's longest")
Turn = tuple[float, float, float, float, float]  # seconds, CPU seconds, then ms: longest, p99, echo's longest


def measure(options: Options) -> Found:
    """Start the third server of a triangle empty, over and over."""
    clients = options.sized(CLIENTS)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        _, echo = stack.enter_context(yardstick("echo_server", folder))
        running = stack.enter_context(herd(folder / "herd", PEERS, absent=NEW))
        progress(f"telling {PEERS[0]} of {clients:,} clients")
        tell_once(running.ports[PEERS[0]], 0, clients)
        for peer in PEERS:
            _wait_until_known(running.http[peer], clients)
        pids = list(running.pids.values())
        ports = {peer: running.ports[peer] for peer in PEERS} | {ECHO: echo}
        with pinging(ports) as pingers:
            turns = [_turn(number, running, pids, clients, pingers) for number in range(options.rounds)]
    return _found(turns, clients)


def _turn(number: int, running: Herd, pids: list[int], clients: int, pingers: Pingers) -> Turn:
    time.sleep(1.5)  # both have noticed that the last one ended
    wait_for_calm(pids)
    pingers.take()
    with running.one_more(NEW) as pid:
        started = time.perf_counter()
        _wait_until_known(running.http[NEW], clients)
        taken, cpu = time.perf_counter() - started, cpu_seconds(pid)
        seen = pingers.take()
    progress(f"round {number + 1}: {taken:.1f} s")
    trips = sorted(trip for peer in PEERS for trip in seen[peer])
    return taken, cpu, trips[-1], trips[int(0.99 * len(trips))], seen[ECHO][-1]


def _wait_until_known(http: int, clients: int) -> None:
    """Wait until a server knows so many clients, as its /metrics has it."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{http}/metrics", timeout=PATIENCE) as answer:
                found = KNOWN.search(answer.read())
        except OSError:  # it does not listen yet
            found = None
        if found and float(found[1]) >= clients:
            return
        if time.monotonic() > end:
            raise TimeoutError(f"after {PATIENCE:.0f} s it knows {found[1].decode() if found else 'nothing'}")
        time.sleep(LOOK)


def _found(turns: list[Turn], clients: int) -> Found:
    rows = [
        (
            f"{number + 1}",
            f"{seconds:.2f}",
            f"{clients / seconds:,.0f}",
            f"{cpu:.2f}",
            f"{longest:.1f}",
            f"{p99:.1f}",
            f"{echo:.1f}",
        )
        for number, (seconds, cpu, longest, p99, echo) in enumerate(turns)
    ]
    middle = median(turn[0] for turn in turns)
    note = f"median {middle:.2f} s from listening; one peer tells it everything, the other waits"
    taken, delays = tuple(turn[0] for turn in turns), tuple(turn[2] for turn in turns)
    cpu = median(turn[1] for turn in turns) / clients * 100_000
    figures = [
        Figure(f"a new server catches up on {clients:,} clients", SECONDS_GOAL, taken, (), "s", less=True, cpu=cpu),
        Figure("longest answer of its peers meanwhile", DELAY_GOAL, delays, unit="ms", less=True),
    ]
    return Found([Table(f"{NEW} begins empty beside {' and '.join(PEERS)}", HEAD, rows, [note])], figures)
