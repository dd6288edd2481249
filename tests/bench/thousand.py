"""Measures 1,000 connections with one IAMAT in flight each, beside the bare server."""

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.bench.entrants import goloman, measured
from tests.bench.load import Load, one_in_flight
from tests.bench.processes import yardstick
from tests.bench.requests import iamat
from tests.bench.rounds import Contestant, Options, compare
from tests.bench.table import row, show, yardstick_row

CONNECTIONS = 1_000
BARE = "bare server"
GOAL = 0.6  # of the first version


def measure(options: Options) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        pid, port = stack.enter_context(yardstick("bare_server", folder))
        contestants = [Contestant(BARE, (pid,), _load(port)), *goloman(stack, folder, _load)]
        results = {result.name: result for result in compare(contestants, options)}
    rows = [row(result, results[BARE], GOAL) for result in measured(results)]
    show(f"{CONNECTIONS:,} connections, one in flight, of {BARE}", [yardstick_row(results[BARE]), *rows])


def _load(port: int) -> "partial[Load]":
    return partial(one_in_flight, port, iamat(), CONNECTIONS)
