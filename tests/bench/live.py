"""Measures 500 viewers of /live while 10,000 clients move: their cost, how old what they see is, and who pays."""

import multiprocessing
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median

from tests.bench.found import Cells, Figure, Found, Table
from tests.bench.herd_of_five import herd
from tests.bench.listener import HOST
from tests.bench.load import READ, one_in_flight
from tests.bench.machine import cpu_seconds
from tests.bench.progress import progress
from tests.bench.requests import iamat
from tests.bench.rounds import Options
from tests.bench.viewers import Seen, Viewers, moment, viewers

VIEWERS = 500
CLIENTS = 10_000
CHANGES = 2_000  # a second: 400 in each of 5 ticks
STEP = 0.01  # seconds between two sendings
SETTLE = 30.0  # seconds, at most, until all viewers have taken their snapshot and see what is younger than FRESH
FRESH = 1_000.0  # ms
PINGERS = 50  # connections with one IAMAT in flight, each with a client of its own
GOAL = 30.0  # us of CPU per viewer and message
LEAST = 3.0  # seconds of a turn: fifteen messages to each viewer
WAYS = {"binary": "/live?format=binary", "JSON": "/live"}
HEAD = (
    "",
    "CPU us/message",
    "lowest..highest",
    "KB/message",
    "all there s",
    "fewest/s",
    "age p50 ms",
    "worst ms",
    "viewers' CPU",
    "IAMAT/s alone",
    "watched",
    "slower by",
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One round of one way.

    CPU seconds a message; the seconds until 500 viewers that came at once were up to date; what they saw then; and
    IAMATs a second without and with them.
    """

    cost: float
    settled: float
    seen: Seen
    alone: float
    watched: float


def measure(options: Options) -> Found:
    """Measure both forms."""
    late: list[str] = []  # rounds that failed
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "herd"
        with herd(folder, ["Goloman"]) as running:
            pid, port, http = running.pids["Goloman"], running.ports["Goloman"], running.http["Goloman"]
            with _moving(port):
                turns: dict[str, list[Turn]] = {way: [] for way in WAYS}
                for number in range(options.rounds):
                    for way, path in WAYS.items():
                        done = f"round {number + 1} of {options.rounds}: {way}"
                        try:
                            turn = _turn(pid, port, http, path, max(LEAST, options.seconds))
                        except TimeoutError as reason:
                            late.append(f"! {done}: {reason}")
                            continue
                        turns[way].append(turn)
                        progress(f"{done} {turn.cost * 1e6:.1f} us, worst {max(turn.seen.worst, default=0):.0f} ms")
    title = f"{VIEWERS} viewers, {CLIENTS:,} clients moving, {CHANGES:,} changes a second, told 5 times a second"
    figures = [
        Figure(
            f"{VIEWERS} viewers of /live, {way}: CPU per viewer and message",
            GOAL,
            tuple(turn.cost * 1e6 for turn in turns[way]),
            unit="us",
            less=True,
            missing="viewers were not up to date in time",
        )
        for way in WAYS
    ]
    return Found([Table(title, HEAD, [_row(way, each) for way, each in turns.items() if each], late)], figures)


def _turn(pid: int, port: int, http: int, path: str, seconds: float) -> Turn:
    alone = one_in_flight(port, iamat(PINGERS, "pinger"), PINGERS, seconds).rate
    unwatched = _cores(pid, seconds)
    with viewers(http, path, VIEWERS) as found:
        settled = _settle(found)
        before = cpu_seconds(pid)
        time.sleep(seconds)
        seen = found.ask()
        spent = cpu_seconds(pid) - before
        watched = one_in_flight(port, iamat(PINGERS, "pinger"), PINGERS, seconds).rate
    return Turn((spent - unwatched * seen.seconds) / max(1, seen.messages), settled, seen, alone, watched)


def _settle(found: Viewers) -> float:
    """Wait until every viewer sees what is fresh, for half a second; return how long that took."""
    started = time.perf_counter()
    while (taken := time.perf_counter() - started) < SETTLE:
        time.sleep(0.5)
        seen = found.ask()
        if seen.fewest and seen.worst and max(seen.worst) < FRESH:
            return taken
    raise TimeoutError(f"not all of {VIEWERS} viewers were up to date within {SETTLE:.0f} s")


def _cores(pid: int, seconds: float) -> float:
    before, started = cpu_seconds(pid), time.perf_counter()
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.perf_counter() - started)


def _row(way: str, turns: list[Turn]) -> Cells:
    costs = sorted(turn.cost * 1e6 for turn in turns)
    cost = median(costs)
    seen = [turn.seen for turn in turns]
    ages = sorted(age for each in seen for age in each.worst)
    return (
        way,
        f"{cost:.1f}",
        f"{costs[0]:.1f}..{costs[-1]:.1f}",
        f"{sum(each.size for each in seen) / sum(each.messages for each in seen) / 1000:.1f}",
        f"{median(turn.settled for turn in turns):.1f}",
        f"{min(each.fewest / each.seconds for each in seen):.1f}",
        f"{ages[len(ages) // 2]:.0f}",
        f"{ages[-1]:.0f}",
        f"{median(each.cpu / each.seconds for each in seen):.0%}",
        f"{median(turn.alone for turn in turns):,.0f}",
        f"{median(turn.watched for turn in turns):,.0f}",
        f"{median(turn.alone / turn.watched for turn in turns):.2f}",
    )


@contextmanager
def _moving(port: int) -> Iterator[None]:
    """Have all clients move, in turns, from a process of their own."""
    context = multiprocessing.get_context("fork")
    end = context.Event()
    process = context.Process(target=_move, args=(port, end))
    process.start()
    try:
        time.sleep(CLIENTS / CHANGES + 1)  # each has moved
        yield
    finally:
        end.set()
        process.join(10)
        process.kill()


def _move(port: int, end: Event) -> None:
    clients, sent = cycle(range(CLIENTS)), 0
    with socket.create_connection((HOST, port)) as connection:
        started = time.perf_counter()
        while not end.is_set():
            due = int((time.perf_counter() - started) * CHANGES) - sent
            degrees, rest = divmod(moment(), 10**7)
            now = time.time_ns()
            report = f" +34.068930+{degrees}.{rest:07d} {now // 10**9}.{now % 10**9:09d}\n"
            connection.sendall("".join([f"IAMAT walker{next(clients):05d}{report}" for _ in range(due)]).encode())
            sent += due
            with suppress(BlockingIOError):
                while len(connection.recv(READ, socket.MSG_DONTWAIT)) == READ:
                    pass
            time.sleep(STEP)
