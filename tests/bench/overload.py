"""Measures overload, the moonshot: reports offered, taken in, and how old the farthest view is; NATS beside it."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

from tests.bench import nats_cluster
from tests.bench.found import Cells, Figure, Found, Line, Plot, Table
from tests.bench.herd_of_five import herd
from tests.bench.machine import cpu_seconds, wait_for_calm
from tests.bench.overload_herd import Offered, offer
from tests.bench.overload_nats import Forwarded, forward
from tests.bench.progress import progress
from tests.bench.requests import CLIENTS
from tests.bench.rounds import Options
from tests.bench.table import BUSY

RATES = (10_000, 30_000, 60_000, 100_000, 200_000, 0)  # offered reports a second; 0: as many as they take
STALENESS = 50.0  # ms
SAMPLES = 20  # of a run, at least: a server that answers fewer questions is not fresh, whatever it says
GOAL = 1.0  # of what the NATS cluster forwards
ORDER = ("Hands", "Goloman", "Holiday", "Wilkes", "Welsh")  # the first two are asked about at the last
WHAT = f"reports/s taken in, the view <= {STALENESS:.0f} ms behind, of what a NATS cluster forwards"
HEAD = (
    *("offered", "taken in", "of NATS", "behind p50 ms", "p99 ms", "worst ms", "whole after ms", "CPU-s/100k"),
    *("NATS forwards", "age p50 ms", "p99 ms", "its CPU-s/100k"),
)
T = TypeVar("T")
Pids = tuple[int, ...]


class Seen:
    """The rounds of one rate: what the herd did, what NATS did, and CPU seconds per 100,000 of each."""

    def __init__(self) -> None:
        self.herd: list[Offered] = []
        self.nats: list[Forwarded] = []
        self.cpu: list[float] = []
        self.nats_cpu: list[float] = []


def measure(options: Options) -> Found:
    """Offer more and more, to both in turns."""
    seen = {rate: Seen() for rate in RATES}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        nats: tuple[Pids, list[int]] | None = None
        if nats_cluster.installed():
            nats = stack.enter_context(nats_cluster.nats_cluster(folder))
        running = stack.enter_context(herd(folder / "herd"))
        pids, ports = tuple(running.pids.values()), [running.ports[each] for each in ORDER]
        for turn in range(options.rounds):
            for rate, each in seen.items():
                ours, cpu = _turn(pids, partial(offer, ports, ports[-1], CLIENTS, rate, options.seconds))
                each.herd.append(ours)
                each.cpu.append(cpu / ours.answered / options.seconds * 100_000)
                if nats:
                    theirs, cpu = _turn(nats[0], partial(forward, nats[1], CLIENTS, rate, options.seconds))
                    each.nats.append(theirs)
                    each.nats_cpu.append(cpu / theirs.rate / options.seconds * 100_000)
                behind = _at(ours.behind, 0.99)
                progress(f"round {turn + 1}: {_name(rate)} offered, {ours.answered:,.0f} taken, {behind:.0f} ms")
    return Found([_table(seen)], [_figure(seen)], _plots(seen))


def _turn(pids: Pids, work: Callable[[], T]) -> tuple[T, float]:
    wait_for_calm(pids)
    before = sum(map(cpu_seconds, pids))
    return work(), sum(map(cpu_seconds, pids)) - before


def _figure(seen: dict[int, Seen]) -> Figure:
    """Compare the best rate at which the view stayed fresh with the best that NATS forwarded, of each round."""
    rounds = range(len(seen[RATES[0]].herd))
    ours = tuple(max((s.herd[i].answered for s in seen.values() if _fresh(s.herd[i])), default=0.0) for i in rounds)
    if not seen[RATES[0]].nats:
        return Figure(WHAT, GOAL, missing="nats-server is not installed")
    theirs = tuple(max(s.nats[i].rate for s in seen.values()) for i in rounds)
    last = seen[RATES[-1]]
    return Figure(WHAT, GOAL, ours, theirs, "/s", cpu=median(last.cpu), yardstick_cpu=median(last.nats_cpu))


def _fresh(run: Offered) -> bool:
    return len(run.behind) >= SAMPLES and _at(run.behind, 0.99) <= STALENESS


def _table(seen: dict[int, Seen]) -> Table:
    title = (
        f"Overload: {CLIENTS:,} clients report at all five; how far Welsh is behind on those of Hands and Goloman"
    )
    limited = [
        f"! the load generator was the limit of {name} where {_name(rate)} were offered: {busy:.0%} of its core"
        for rate, each in seen.items()
        for name, busy in (("the herd", _busy(each.herd)), ("NATS", _busy(each.nats)))
        if busy > BUSY
    ]
    return Table(title, HEAD, [_row(rate, each) for rate, each in seen.items()], limited)


def _row(rate: int, each: Seen) -> Cells:
    behind = [median(_at(run.behind, share) for run in each.herd) for share in (0.5, 0.99)]
    worst = max(run.behind[-1] for run in each.herd)
    whole = median(run.whole for run in each.herd)
    ours = (*(f"{ms:.1f}" for ms in (*behind, worst, whole)), f"{median(each.cpu):.3f}")
    taken = median(run.answered for run in each.herd)
    if not each.nats:
        return (_name(rate), f"{taken:,.0f}/s", "", *ours, "", "", "", "")
    ratio = median(a.answered / b.rate for a, b in zip(each.herd, each.nats, strict=True))
    ages = (f"{median(_at(run.ages, share) for run in each.nats):.1f}" for share in (0.5, 0.99))
    forwarded = f"{median(run.rate for run in each.nats):,.0f}/s"
    return (
        *(_name(rate), f"{taken:,.0f}/s", f"{ratio:.2f}", *ours),
        *(forwarded, *ages, f"{median(each.nats_cpu):.3f}"),
    )


def _plots(seen: dict[int, Seen]) -> list[Plot]:
    """Draw rates over what was offered, where that was a number; and ages over what came of it."""
    paced = {rate: each for rate, each in seen.items() if rate}
    taken = [(rate, median(run.answered for run in each.herd)) for rate, each in paced.items()]
    lines = [Line("the herd takes in", taken)]
    late = [_curve("herd: behind, p50", seen, 0.5), _curve("herd: behind, p99", seen, 0.99)]
    if seen[RATES[0]].nats:
        forwarded = [(rate, median(run.rate for run in each.nats)) for rate, each in paced.items()]
        lines.append(Line("NATS forwards", forwarded, dashed=True))
        late += [_nats_curve("NATS: age, p50", seen, 0.5), _nats_curve("NATS: age, p99", seen, 0.99)]
    return [
        Plot("Overload: offered and taken in", "offered reports/s", "reports/s", lines),
        Plot("Rate and age at the farthest server", "reports/s", "ms", late, log_y=True),
    ]


def _curve(name: str, seen: dict[int, Seen], share: float) -> Line:
    points = [
        (median(run.answered for run in each.herd), max(0.1, median(_at(run.behind, share) for run in each.herd)))
        for each in seen.values()
    ]
    return Line(name, sorted(points))


def _nats_curve(name: str, seen: dict[int, Seen], share: float) -> Line:
    points = [
        (median(run.rate for run in each.nats), max(0.1, median(_at(run.ages, share) for run in each.nats)))
        for each in seen.values()
    ]
    return Line(name, sorted(points), dashed=True)


def _at(values: tuple[float, ...], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def _busy(runs: "list[Offered] | list[Forwarded]") -> float:
    return median([run.busy for run in runs]) if runs else 0.0


def _name(rate: int) -> str:
    return f"{rate:,}/s" if rate else "all they take"
