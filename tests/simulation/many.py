"""Runs many seeds, on all processors: how fast, how often each rare state was reached, and what failed."""

import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from tests.simulation.rare import RARE
from tests.simulation.seed import Outcome, simulate

CHUNK = 5  # seeds that a process takes at once


def run_seeds(seeds: range, without: tuple[str, ...], jobs: int) -> Iterator[Outcome]:
    """Yield how each run went, in order."""
    if jobs == 1 or len(seeds) < 2 * CHUNK:
        yield from map(partial(simulate, without=without), seeds)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        yield from pool.map(partial(simulate, without=without), seeds, chunksize=CHUNK)


def report(outcomes: Iterable[Outcome], keep_going: bool) -> int:
    """Print failures as they come and the tables at the end; return 0 if nothing failed, else 1."""
    began, virtual, steps, runs, failed, slowest = time.monotonic(), 0.0, 0, 0, 0, 0.0
    reached: Counter[str] = Counter()
    for outcome in outcomes:
        runs, virtual, steps = runs + 1, virtual + outcome.seconds, steps + outcome.steps
        slowest = max(slowest, outcome.healed)
        reached.update(outcome.reached.keys())
        if outcome.violations:
            failed += 1
            print(explain(outcome), flush=True)
            if not keep_going:
                break
    took = time.monotonic() - began
    print(coverage(reached, runs))
    hours = virtual / took / 60
    print(f"{runs} seeds in {took:.1f} s: {runs / took:.1f} seeds/s, {hours:.1f} simulated hours a minute")
    print(f"{steps / runs:,.0f} callbacks a seed; a healed core agreed within {slowest:.1f} s; {failed} failed")
    return 1 if failed else 0


def explain(outcome: Outcome) -> str:
    """Return what failed, with the line that reproduces it and the fewest kinds of faults that it takes."""
    needless = shrink(outcome)
    left = [kind for kind in outcome.faults if kind not in needless]
    line = f"python3 run.py simulate --seed {outcome.seed}"
    if needless:
        line += " --without " + ",".join(needless)
    return "\n".join(
        [
            f"FAIL seed {outcome.seed} at {_commit()}: {outcome.shape}, faults: {', '.join(left) or 'none'}",
            *[f"  {violation}" for violation in outcome.violations[:3]],
            f"  reproduce: {line}",
        ]
    )


def shrink(outcome: Outcome) -> list[str]:
    """Return kinds of faults without which the run fails as well, all of them left out together."""
    needless: list[str] = []
    for kind in outcome.faults:
        if simulate(outcome.seed, (*needless, kind)).violations:
            needless.append(kind)
    return needless


def coverage(reached: Counter[str], runs: int) -> str:
    """Return the table of rare states, and in how many of the runs each was reached."""
    names = sorted({*RARE, *reached}, key=lambda name: (-reached[name], name))
    rows = [f"  {name:<48} {reached[name]:>7} {100 * reached[name] / runs:>6.1f} %" for name in names]
    return "\n".join([f"  {'sometimes':<48} {'seeds':>7}", *rows])


def _commit() -> str:
    git = shutil.which("git")
    if not git:
        return "an unknown commit"
    done = subprocess.run([git, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "an unknown commit"


def processors() -> int:
    """Return how many runs to make at once."""
    return os.cpu_count() or 1
