"""The command that fuzzes: it says how much it tried, and how to see again what failed."""

import re
import subprocess
import sys
from pathlib import Path

from tests.herding import ROOT

BROKEN = """
from hypothesis import given, strategies as st

@given(st.integers(0, 10**6))
def test_it(number: int) -> None:
    assert number % 1009 != 1008
"""


def fuzz(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def test_each_property_has_its_share_of_the_time_and_one_round_at_least() -> None:
    status, said = fuzz("lines.a_skew", "lines.a_report_is_heard", "--minutes", "0.01")
    assert status == 0
    found = re.findall(r"^ *([0-9,]+) examples .*/s  (lines\.a_\w+)$", said, re.MULTILINE)
    counts = [int(count.replace(",", "")) for count, _ in found]
    assert len(counts) == 2
    assert min(counts) >= 100
    assert said.splitlines()[-1].startswith(f"{sum(counts):,} examples of 2 properties in ")


def test_what_fails_is_shown_smallest_first_and_its_seed_shows_it_again(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text(BROKEN)
    status, said = fuzz("--folder", str(tmp_path))
    assert status == 1
    again = re.search(r"^  reproduce: python3 run\.py fuzz (broken\.it) --seed ([0-9]+)$", said, re.MULTILINE)
    assert again
    found = re.search(r"number=([0-9]+)", said)
    assert found
    status, repeated = fuzz("--folder", str(tmp_path), again[1], "--seed", again[2])
    assert (status, found[0] in repeated) == (1, True)


def test_a_name_that_no_property_has_is_a_mistake() -> None:
    status, said = fuzz("klingon")
    assert (status, "no property is called klingon" in said) == (2, True)
