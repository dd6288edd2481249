"""Measures 1,000 connections with one IAMAT in flight each, beside the bare server."""

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.bench.entrants import figures, goloman, measured
from tests.bench.found import Found
from tests.bench.load import Load, one_in_flight
from tests.bench.processes import yardstick
from tests.bench.requests import iamat
from tests.bench.rounds import Contestant, Options, compare
from tests.bench.table import beside

CONNECTIONS = 1_000
BARE = "bare server"
GOAL = 0.8


def measure(options: Options) -> Found:
    """Measure."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        pid, port = stack.enter_context(yardstick("bare_server", folder))
        contestants = [Contestant(BARE, (pid,), _load(port)), *goloman(stack, folder, _load)]
        results = {result.name: result for result in compare(contestants, options)}
    what = f"{CONNECTIONS:,} connections, one in flight, of the {BARE}"
    return Found([beside(what, results[BARE], measured(results))], figures(what, GOAL, results, BARE))


def _load(port: int) -> "partial[Load]":
    return partial(one_in_flight, port, iamat(), CONNECTIONS)
