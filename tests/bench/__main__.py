"""Measures the rows of the goals and prints a table for each, then all goals; asserts nothing.

    python3 run.py bench [NAME ...] [--quick] [--plot FILE.svg] [--json FILE] [--markdown FILE]

Only ratios of one run count: the servers are measured in turns (A B A B) and a ratio is the median of its rounds.
`ratio` is of rates; `CPU ratio` of the work done per second of the servers' own CPU, which neither a busy generator
nor a neighbour disturbs. `generator` near 100% means that the load generator was the limit, which is said where it
is so. What is not installed (Debian: redis-server, redis-tools, nats-server, mosquitto, chromium) is said to be
missing, a bench that fails is a row that says why. Tables go to standard output, progress to standard error.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from tests.bench import report
from tests.bench.catalogue import BENCHES
from tests.bench.found import Found
from tests.bench.machine import describe
from tests.bench.plot import draw
from tests.bench.progress import BAR
from tests.bench.rounds import Options
from tests.bench.table import goals_table

QUICK = Options(seconds=0.6, rounds=2)


def main(arguments: list[str]) -> int:
    """Measure the named benches, or all; return 1 where one failed."""
    given = _parse(arguments)
    options = replace(QUICK if given.quick else Options(), size=given.size)
    options = replace(options, **{name: value for name in ("seconds", "rounds") if (value := getattr(given, name))})
    title = f"{time.strftime('%Y-%m-%d')}, {describe()}"
    if options.rounds < 5:
        title += f"; QUICK: {options.rounds} rounds of {options.seconds:g} s, too few to rely on"
    print(title, flush=True)
    found = _measure(given.names or list(BENCHES), options)
    print(goals_table(found))
    if given.plot:
        plots = [plot for _, each in found if isinstance(each, Found) for plot in each.plots]
        given.plot.write_text(draw(plots, title))
    if given.json:
        given.json.write_text(report.to_json(title, options, found))
    if given.markdown:
        given.markdown.write_text(report.to_markdown(title, found))
    return 1 if any(isinstance(each, str) for _, each in found) else 0


def _measure(names: list[str], options: Options) -> list[tuple[str, Found | str]]:
    found: list[tuple[str, Found | str]] = []
    share = options.rounds * options.seconds / (Options().rounds * Options().seconds)
    BAR.plan(sum(BENCHES[name].minutes * 60 * share for name in names))
    for name in names:
        bench = BENCHES[name]
        BAR.begin(name, bench.minutes * 60 * share)
        try:
            each: Found | str = bench.measure(options)
        except Exception as reason:  # noqa: BLE001 -- one that fails must not cost the others their turn
            each = f"{type(reason).__name__}: {str(reason).splitlines()[0] if str(reason) else ''}"
        BAR.clear()
        found.append((name, each))
        print(*(each.tables if isinstance(each, Found) else [f"\n{name} failed: {each}"]), sep="\n", flush=True)
    return found


def _parse(arguments: list[str]) -> argparse.Namespace:
    usual = Options()
    names = "\n".join(f"  {name:<12}{bench.about}" for name, bench in BENCHES.items())
    parser = argparse.ArgumentParser(
        "run.py bench",
        description=__doc__,
        epilog=f"benches:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; all where none is given")
    parser.add_argument("--quick", action="store_true", help="two short rounds: to see that it works")
    parser.add_argument("--seconds", type=float, help=f"length of a turn (default: {usual.seconds:g})")
    parser.add_argument("--rounds", type=int, help=f"turns of each server (default: {usual.rounds})")
    parser.add_argument("--size", type=float, default=1.0, help=argparse.SUPPRESS)
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw the curves of what was measured")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    if arguments == ["list"]:
        print(names)
        parser.exit()
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables for a document")
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in BENCHES:
            parser.error(f"no bench is called {name}; there are {', '.join(BENCHES)}")
    return given


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
