"""Writes all that was measured as JSON: every sample of every row, tables, and curves."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from tests.bench.found import Figure, Found
from tests.bench.rounds import Options


def to_json(title: str, options: Options, found: Sequence[tuple[str, Found | str]]) -> str:
    """Return the text."""
    benches = [_failed(name, each) if isinstance(each, str) else _found(name, each) for name, each in found]
    return json.dumps({"machine": title, "options": asdict(options), "benches": benches}, indent=1) + "\n"


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
