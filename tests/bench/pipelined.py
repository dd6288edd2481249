"""Measures pipelined IAMAT on one connection, beside the bare server and Redis GEOADD at the same depth."""

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.bench import redis_yardstick
from tests.bench.entrants import goloman, measured
from tests.bench.load import DEPTH, pipelined
from tests.bench.processes import yardstick
from tests.bench.requests import geoadd, iamat
from tests.bench.rounds import Contestant, Options, compare
from tests.bench.table import row, show, yardstick_row

OF_BARE, OF_REDIS = 0.4, 0.4  # goals of the first version
BARE, REDIS = "bare server", "Redis GEOADD"


def measure(options: Options) -> None:
    """Print one table per yardstick."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        pid, port = stack.enter_context(yardstick("bare_server", folder))
        contestants = [Contestant(BARE, (pid,), partial(pipelined, port, iamat()))]
        if redis_yardstick.installed():
            pid, port = stack.enter_context(redis_yardstick.redis(folder))
            contestants.append(Contestant(REDIS, (pid,), partial(pipelined, port, geoadd())))
        contestants += goloman(stack, folder, lambda port: partial(pipelined, port, iamat()))
        results = {result.name: result for result in compare(contestants, options)}
    for other, goal in ((BARE, OF_BARE), (REDIS, OF_REDIS)):
        if other in results:
            rows = [row(result, results[other], goal) for result in measured(results)]
            show(f"Pipelined IAMAT, {DEPTH} in flight, of {other}", [yardstick_row(results[other]), *rows])
