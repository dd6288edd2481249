"""Measures pipelined IAMAT on one connection, beside the bare server and Redis GEOADD at the same depth."""

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.bench import redis_yardstick
from tests.bench.entrants import figures, goloman, measured
from tests.bench.found import Found
from tests.bench.load import DEPTH, pipelined
from tests.bench.processes import yardstick
from tests.bench.requests import geoadd, iamat
from tests.bench.rounds import Contestant, Options, compare
from tests.bench.table import beside

BARE, REDIS = "bare server", "Redis GEOADD"
GOALS = {BARE: 0.8, REDIS: 1.0}


def measure(options: Options) -> Found:
    """Measure, one table per yardstick."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        pid, port = stack.enter_context(yardstick("bare_server", folder))
        contestants = [Contestant(BARE, (pid,), partial(pipelined, port, iamat()))]
        if redis_yardstick.installed():
            pid, port = stack.enter_context(redis_yardstick.redis(folder))
            contestants.append(Contestant(REDIS, (pid,), partial(pipelined, port, geoadd())))
        contestants += goloman(stack, folder, lambda port: partial(pipelined, port, iamat()))
        results = {result.name: result for result in compare(contestants, options)}
    found = Found()
    for other, goal in GOALS.items():
        what = f"pipelined IAMAT, {DEPTH:,} in flight, of {other}"
        found.figures.extend(figures(what, goal, results, other))
        if other in results:
            found.tables.append(beside(what, results[other], measured(results)))
    return found
