"""Measures 50 connections with one request in flight each, beside a bare Protocol echo and Redis GEOADD."""

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.bench import redis_yardstick
from tests.bench.entrants import goloman, measured
from tests.bench.load import Load, one_in_flight
from tests.bench.processes import yardstick
from tests.bench.redis_yardstick import redis_benchmark
from tests.bench.requests import Requests, geoadd, iamat
from tests.bench.rounds import Contestant, Options, compare
from tests.bench.table import row, show, yardstick_row

CONNECTIONS = 50
ECHO, BENCHMARK, REDIS = "echo server", "redis-benchmark GEOADD -P 1 -c 50", "Redis GEOADD, our generator"
GOALS = {ECHO: 0.5, BENCHMARK: 0.6, REDIS: 0.6}  # of the first version; the goal names redis-benchmark's own load


def measure(options: Options) -> None:
    """Print one table per yardstick."""
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
    for other, goal in GOALS.items():
        if other in results:
            rows = [row(result, results[other], goal) for result in measured(results)]
            show(f"{CONNECTIONS} connections, one in flight, of {other}", [yardstick_row(results[other]), *rows])


def _load(port: int, requests: Requests) -> "partial[Load]":
    return partial(one_in_flight, port, requests, CONNECTIONS)
