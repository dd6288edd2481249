"""Writes all that was measured: every sample as JSON, or the tables for a document."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from tests.bench.found import Figure, Found
from tests.bench.rounds import Options
from tests.bench.table import goals_table


def to_json(title: str, options: Options, found: Sequence[tuple[str, Found | str]]) -> str:
    """Return the text."""
    benches = [_failed(name, each) if isinstance(each, str) else _found(name, each) for name, each in found]
    return json.dumps({"machine": title, "options": asdict(options), "benches": benches}, indent=1) + "\n"


def to_markdown(title: str, found: Sequence[tuple[str, Found | str]]) -> str:
    """Return the goals, then all tables, for a document."""
    tables = [table for _, each in found if isinstance(each, Found) for table in each.tables]
    return "\n".join([f"{title}\n", *(table.markdown() for table in (goals_table(found), *tables))])


def _failed(name: str, reason: str) -> dict[str, object]:
    return {"name": name, "failed": reason}


def _found(name: str, found: Found) -> dict[str, object]:
    return {
        "name": name,
        "rows": [_row(figure) for figure in found.figures],
        "tables": [asdict(table) for table in found.tables],
        "plots": [asdict(plot) for plot in found.plots],
    }


def _row(figure: Figure) -> dict[str, object]:
    measured = figure.measured if figure.ours else None
    return {**asdict(figure), "measured": measured, "reached": figure.reached}
