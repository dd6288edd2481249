"""Measures how many reports a second reach all five servers, beside a NATS cluster of five and the bare server.

Two loads. Newcomers: each report is a client's first, none can be overtaken, so every single one has come to all
five when the last has; this is the row of the goals. Clients that move: 10,000 of them, where a link that is behind
may leave out what was overtaken, and the newest of each is on all five at the end.
"""

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.bench import nats_cluster
from tests.bench.flood_load import flood_herd, flood_nats
from tests.bench.found import Found
from tests.bench.herd_of_five import herd
from tests.bench.load import pipelined
from tests.bench.processes import yardstick
from tests.bench.requests import CLIENTS, iamat, newcomers, publications
from tests.bench.rounds import Contestant, Options, compare
from tests.bench.table import beside, compared

BARE, NATS = "bare server, pipelined", "a NATS cluster of five"
NEWCOMERS, MOVING = "herd of five, newcomers", f"herd of five, {CLIENTS:,} clients"
GOAL = 0.33  # of NATS; none is set for the bare server
# All five servers remember every newcomer of every turn: half a gigabyte for each turn of a million.
NEWCOMERS_MOST = 150_000
MOVING_MOST = 1_000_000


def measure(options: Options) -> Found:
    """Measure, one table per yardstick."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        pid, port = stack.enter_context(yardstick("bare_server", folder))
        contestants = [Contestant(BARE, (pid,), partial(pipelined, port, iamat()))]
        if nats_cluster.installed():
            pids, ports = stack.enter_context(nats_cluster.nats_cluster(folder))
            contestants.append(Contestant(NATS, pids, partial(flood_nats, ports, publications())))
        running = stack.enter_context(herd(folder / "herd"))
        pids, ports = tuple(running.pids.values()), running.running
        moving = [iamat(CLIENTS // len(ports), f"at{i}-") for i in range(len(ports))]
        for title, kinds, most in (
            (NEWCOMERS, [newcomers()] * len(ports), NEWCOMERS_MOST),
            (MOVING, moving, MOVING_MOST),
        ):
            contestants.append(Contestant(title, pids, partial(flood_herd, ports, kinds, most)))
        results = {result.name: result for result in compare(contestants, options)}
    title = "every update on all five"
    ours = [results[title] for title in (NEWCOMERS, MOVING)]
    tables = [beside(f"{title}, of {each}", results[each], ours) for each in (NATS, BARE) if each in results]
    figure = compared(f"{title}, of {NATS}", GOAL, ours[0], results.get(NATS), "nats-server is not installed")
    return Found(tables, [figure])
