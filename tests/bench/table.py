"""Sets results beside their yardstick: the table of a bench, and its rows of the goals."""

from collections.abc import Sequence

from tests.bench.found import Cells, Figure, Found, Table
from tests.bench.rounds import Result

HEAD = ("", "ratio", "CPU ratio", "rate", "lowest..highest", "CPU-s/100k", "generator")
# A generator that uses nearly its whole core, before servers that do not use theirs, is what was measured.
BUSY, IDLE = 0.9, 0.85


def beside(title: str, yardstick: Result, ours: Sequence[Result]) -> Table:
    """Return the table: ratios first (more is better), of rates and of answers per second of the servers' CPU."""
    notes = [
        f"! the load generator was the limit of {result.name}: {result.busy:.0%} of its core"
        for result in (yardstick, *ours)
        if result.busy > BUSY and result.cores < IDLE
    ]
    rows = [(result.name, *_ratios(result, yardstick), *_figures(result)) for result in ours]
    return Table(title, HEAD, [*rows, (yardstick.name, "", "", *_figures(yardstick))], notes)


def compared(what: str, goal: float, ours: Result, yardstick: Result | None, why: str = "") -> Figure:
    """Return the row of the goals that a rate is; `why` there is no yardstick, where there is none."""
    if yardstick is None:
        return Figure(what, goal, missing=why)
    return Figure(
        what, goal, ours.rates, yardstick.rates, "/s", cpu=ours.middle_cpu, yardstick_cpu=yardstick.middle_cpu
    )


def compared_by_cpu(what: str, goal: float, ours: Result, yardstick: Result | None, why: str = "") -> Figure:
    """Return the row for a server that shares its cores with others: answers per second of its own CPU."""
    if yardstick is None:
        return Figure(what, goal, missing=why)
    mine, its = (tuple(100_000 / cpu for cpu in result.cpu) for result in (ours, yardstick))
    return Figure(what, goal, mine, its, "/CPU-s", cpu=ours.middle_cpu, yardstick_cpu=yardstick.middle_cpu)


def goals_table(found: Sequence[tuple[str, Found | str]]) -> Table:
    """Return the rows of the goals of benches by name; one that failed has one row with its reason."""
    rows: list[Cells] = []
    for name, each in found:
        if isinstance(each, str):
            rows.append((name, f"failed: {each}", "", "no", "", "", "", ""))
        else:
            rows += [figure.cells() for figure in each.figures]
    head = ("row", "measured", "goal", "reached", "ours", "yardstick", "CPU-s/100k", "its CPU-s")
    reached = sum(row[3] == "yes" for row in rows)
    return Table("Goals", head, rows, [f"{reached} of {len(rows)} reached"])


def _ratios(result: Result, yardstick: Result) -> Cells:
    return f"{result.ratio(yardstick):.2f}", f"{result.cpu_ratio(yardstick):.2f}"


def _figures(result: Result) -> Cells:
    spread = f"{min(result.rates):,.0f}..{max(result.rates):,.0f}"
    return f"{result.rate:,.0f}/s", spread, f"{result.middle_cpu:.3f}", f"{result.busy:.0%}"
