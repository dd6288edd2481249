"""The benches as programs: what they print, draw and write; figures are for `run.py bench`, on a quiet machine."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import __main__ as program
from tests.bench.catalogue import BENCHES, Bench
from tests.bench.found import Figure, Found, Line, Plot, Table
from tests.bench.plot import draw
from tests.bench.rounds import Options
from tests.bench.table import goals_table

OURS, THEIRS = (40.0, 50.0, 60.0), (100.0, 100.0, 100.0)


def test_a_figure_is_the_median_of_its_rounds_ratios() -> None:
    assert Figure("x", 0.5, OURS, THEIRS).cells()[:4] == ("x", "0.50 x", ">= 0.50 x", "yes")
    assert Figure("x", 0.4, OURS, THEIRS, less=True).cells()[:4] == ("x", "0.50 x", "<= 0.40 x", "no")
    assert Figure("x", 400, (391.0,), unit="bytes", less=True).cells()[1:5] == (
        *("391 bytes", "<= 400 bytes", "yes", "391 bytes"),
    )


def test_what_is_missing_or_failed_is_a_row_with_its_reason() -> None:
    found = Found(figures=[Figure("of Redis", 1.0, missing="redis-server is not installed")])
    rows = goals_table([("pipelined", found), ("flood", "TimeoutError: too slow")]).rows
    assert [row[:2] for row in rows] == [
        ("of Redis", "not measured: redis-server is not installed"),
        ("flood", "failed: TimeoutError: too slow"),
    ]
    assert not any(row[3] == "yes" for row in rows)


@pytest.mark.parametrize("log", [True, False])
def test_curves_are_drawn_within_their_panel_as_well_formed_svg(log: bool) -> None:
    line = Line("ours & <theirs>", [(1, 0.0), (1_000, 3.5), (1_000_000, 80)])
    svg = ElementTree.fromstring(draw([Plot("A", "x", "y", [line], log_x=log, log_y=log)] * 3, "caption"))
    width, height = (float(svg.attrib[name]) for name in ("width", "height"))
    circles = list(svg.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == 9
    assert all(0 < float(c.attrib["cx"]) < width and 0 < float(c.attrib["cy"]) < height for c in circles)


def test_a_failing_bench_costs_the_others_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Options) -> Found:
        raise ValueError("no luck")

    def succeed(_: Options) -> Found:
        plot = Plot("P", "x", "y", [Line("l", [(0, 1), (2, 3)])])
        return Found([Table("T", ("", "a"), [("b", "c")])], [Figure("row", 1.0, OURS, THEIRS)], [plot])

    monkeypatch.setitem(BENCHES, "one", Bench("fails", 0.1, fail))
    monkeypatch.setitem(BENCHES, "two", Bench("succeeds", 0.1, succeed))
    files = [tmp_path / name for name in ("x.svg", "x.json", "x.md")]
    options = zip(("--plot", "--json", "--markdown"), map(str, files), strict=True)
    assert program.main(["one", "two", "--quick", *(word for option in options for word in option)]) == 1
    out = capsys.readouterr().out
    assert "QUICK: 2 rounds" in out
    assert "one failed: ValueError: no luck" in out
    assert "0 of 2 reached" in out
    ElementTree.parse(files[0])
    assert "| row | 0.50 x | >= 1.00 x | no |" in files[2].read_text()
    failed, row = json.loads(files[1].read_text())["benches"]
    assert failed == {"name": "one", "failed": "ValueError: no luck"}
    assert (row["rows"][0]["ours"], row["rows"][0]["measured"]) == (list(OURS), 0.5)


def test_a_bench_runs_small(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["known", "--rounds", "1", "--seconds", "0.1", "--size", "0.001"]) == 0
    assert "1 rounds of 0.1 s, too few" in capsys.readouterr().out
