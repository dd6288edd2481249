"""`python3 run.py compare`: the same faults on every system that is installed, in one table."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bench.machine import describe
from tests.beside.entrants import ENTRANTS, Entrant
from tests.beside.scenarios import SCENARIOS
from tests.beside.waiting import joined


def main(arguments: list[str]) -> int:
    """Do what the arguments say; Return 0 if every system went through all of it."""
    parser = argparse.ArgumentParser("run.py compare", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(ENTRANTS), default=list(ENTRANTS), metavar="NAME")
    names = parser.parse_args(arguments).only
    missing = [name for name in names if not ENTRANTS[name].installed()]
    columns = {name: asyncio.run(put_through(ENTRANTS[name])) for name in names if name not in missing}
    print(describe())
    print(table(columns))
    for name in columns:
        entrant = ENTRANTS[name]
        print(f"{entrant.title}: {entrant.version()}; {entrant.how}")
    for name in missing:
        print(f"{ENTRANTS[name].title}: left out, {ENTRANTS[name].program} is not installed")
    return 0


async def put_through(entrant: Entrant) -> list[str]:
    """Run all scenarios on one system; return its cells."""
    cells: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        async with entrant.pair(Path(folder)) as system:
            await joined(system)
            for scenario in SCENARIOS:
                print(f"{entrant.title}: {scenario.rows[0]}", file=sys.stderr, flush=True)
                cells += await scenario.run(system)
    return cells


def table(columns: dict[str, list[str]]) -> str:
    """Return the cells in Markdown."""
    heads = ["", *[ENTRANTS[name].title for name in columns]]
    rows = [row for scenario in SCENARIOS for row in scenario.rows]
    lines = [heads, *[list(line) for line in zip(rows, *columns.values(), strict=True)]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in lines
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
