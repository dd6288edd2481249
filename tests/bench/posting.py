"""Measures POST /iamat: one JSON report a request, beside a bare aiohttp handler, and many in one body."""

import http.client
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.bench.found import Figure, Found, Table
from tests.bench.herd_of_five import herd
from tests.bench.listener import HOST
from tests.bench.load import PATIENCE, Load, in_processes, one_in_flight
from tests.bench.processes import yardstick
from tests.bench.requests import posts
from tests.bench.rounds import Contestant, Options, compare
from tests.bench.table import beside, compared

CONNECTIONS = 50
BARE, HERD = "bare aiohttp handler", "Goloman alone"
GOAL = 0.95
MANY_GOAL = 200_000  # reports a second
MANY = 1_000  # reports in a body


def measure(options: Options) -> Found:
    """Measure both."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        bare, port = stack.enter_context(yardstick("bare_http", folder))
        running = stack.enter_context(herd(folder / "herd", ["Goloman"]))
        pid, gateway = running.pids["Goloman"], running.http["Goloman"]
        single = [Contestant(BARE, (bare,), _one_each(port)), Contestant(HERD, (pid,), _one_each(gateway))]
        yard, ours = compare(single, options)
        many = [Contestant(kind, (pid,), partial(_many, gateway, kind)) for kind in BODIES]
        batches = compare(many, options)
    what = f"POST /iamat, {CONNECTIONS} connections, of a {BARE}"
    rows = [(result.name, f"{result.rate:,.0f}/s", f"{result.middle_cpu:.3f}") for result in batches]
    bodies = Table(f"POST /iamat, {MANY:,} reports in a body, 2 connections", ("", "reports", "CPU-s/100k"), rows)
    figures = [compared(what, GOAL, ours, yard)]
    for result in batches:
        of_goal = f"POST /iamat, {MANY:,} reports in a body, {result.name}"
        figures.append(Figure(of_goal, MANY_GOAL, result.rates, unit="/s", cpu=result.middle_cpu))
    return Found([beside(what, yard, [ours]), bodies], figures)


def _one_each(port: int) -> "partial[Load]":
    return partial(one_in_flight, port, posts(), CONNECTIONS)


def _lines(now: float) -> bytes:
    return b"".join([b"IAMAT client%06d +34.068930-118.445127 %.9f\n" % (i, now) for i in range(MANY)])


def _array(now: float) -> bytes:
    one = '{"client":"client%06d","location":"+34.068930-118.445127","time":"%.9f"}'
    return ("[" + ",".join([one % (i, now) for i in range(MANY)]) + "]").encode()


BODIES: dict[str, Callable[[float], bytes]] = {"text/plain": _lines, "application/json": _array}


def _many(port: int, kind: str, seconds: float) -> Load:
    return in_processes(_post_many, [(port, kind, seconds)] * 2)


def _post_many(port: int, kind: str, seconds: float) -> Load:
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    answers = 0
    started, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - started < seconds:
        connection.request("POST", "/iamat", BODIES[kind](time.time()), {"Content-Type": kind})
        answer = connection.getresponse()
        if answer.status != 200 or answer.read().count(b"AT Goloman") != MANY:
            raise ConnectionError(f"HTTP status {answer.status}, or too few answers")
        answers += MANY
    connection.close()
    return Load(answers, time.perf_counter() - started, time.process_time() - cpu, 1)
