"""Prints what was measured as one table, each figure with its yardstick and its share of the goal."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.rounds import Result

HEAD = ("", "value", "lowest..highest", "CPU-s/100k", "generator", "ratio", "CPU ratio", "goal", "of goal")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, its cells ready to print."""

    cells: tuple[str, ...]


def yardstick_row(result: Result) -> Row:
    """Return the row of what the others are compared with."""
    return Row((*_figures(result), "", "", "", ""))


def row(result: Result, yardstick: Result, goal: float | None) -> Row:
    """Return a row with its ratios to the yardstick (more is better) of rate and of requests per CPU second."""
    ratio = result.ratio(yardstick)
    ratios = (f"{ratio:.2f}", f"{result.cpu_ratio(yardstick):.2f}")
    return Row((*_figures(result), *ratios, *((f"{goal:g}", f"{ratio / goal:.0%}") if goal else ("", ""))))


def show(title: str, rows: Sequence[Row], head: Sequence[str] = HEAD) -> None:
    """Print the table to standard output."""
    lines = [tuple(head), *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    print(f"\n{title}")
    for line in lines:
        first, *rest = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join([first.strip().ljust(widths[0]), *rest]).rstrip())


def _figures(result: Result) -> tuple[str, ...]:
    spread = f"{min(result.rates):,.0f}..{max(result.rates):,.0f}"
    cpu = sorted(result.cpu)[len(result.cpu) // 2]
    return result.name, f"{result.rate:,.0f}/s", spread, f"{cpu:.3f}", f"{result.busy:.0%}"
