"""Measures 50 connections with one request in flight each, beside a bare Protocol echo and Redis GEOADD."""

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.bench import redis_yardstick
from tests.bench.entrants import figures, goloman, measured
from tests.bench.found import Found
from tests.bench.load import Load, one_in_flight
from tests.bench.processes import yardstick
from tests.bench.redis_yardstick import redis_benchmark
from tests.bench.requests import Requests, geoadd, iamat
from tests.bench.rounds import Contestant, Options, compare
from tests.bench.table import beside

CONNECTIONS = 50
ECHO, BENCHMARK, REDIS = "a Protocol echo", "redis-benchmark GEOADD -P 1", "Redis GEOADD, our generator"
GOALS = {ECHO: 0.7, BENCHMARK: 0.9}


def measure(options: Options) -> Found:
    """Measure, one table per yardstick; that of Redis under our own load is no row of the goals."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        pid, port = stack.enter_context(yardstick("echo_server", folder))
        contestants = [Contestant(ECHO, (pid,), _load(port, iamat()))]
        if redis_yardstick.benchmark_installed():
            pid, port = stack.enter_context(redis_yardstick.redis(folder))
            contestants.append(Contestant(BENCHMARK, (pid,), partial(redis_benchmark, port, CONNECTIONS)))
            contestants.append(Contestant(REDIS, (pid,), _load(port, geoadd())))
        contestants += goloman(stack, folder, lambda port: _load(port, iamat()))
        results = {result.name: result for result in compare(contestants, options)}
    found = Found()
    for other in (ECHO, BENCHMARK, REDIS):
        what = f"{CONNECTIONS} connections, one in flight, of {other}"
        if other in GOALS:
            found.figures.extend(figures(what, GOALS[other], results, other))
        if other in results:
            found.tables.append(beside(what, results[other], measured(results)))
    return found


def _load(port: int, requests: Requests) -> "partial[Load]":
    return partial(one_in_flight, port, requests, CONNECTIONS)
