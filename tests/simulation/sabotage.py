"""`python3 run.py sabotage`: breaks a copy of the herd in one place at a time; the simulation must notice each."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.simulation.defects import DEFECTS, Defect
from tests.simulation.many import processors

ROOT = Path(__file__).resolve().parents[2]
SEEDS = 300  # in which a defect must show
SECONDS = 900.0
FAILED = "FAIL seed "


class Caught(NamedTuple):
    """How a defect fared: how many seeds it took to show, None where it did not, and what broke first."""

    defect: Defect
    seeds: int | None
    how: str


def sabotage(defect: Defect, seeds: int = SEEDS) -> Caught:
    """Run the simulation on a copy of the herd with the defect, until it shows."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("herd", "web", "tests"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        apply(defect, copy)
        command = [sys.executable, "-m", "tests.simulation", "--until-caught", "--jobs", "1", "--seeds", str(seeds)]
        done = subprocess.run(
            command, cwd=copy, capture_output=True, text=True, timeout=SECONDS, check=False, errors="replace"
        )
        if defect.test and done.returncode == 0:
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", defect.test]
            failed = subprocess.run(command, cwd=copy, capture_output=True, timeout=SECONDS, check=False).returncode
            return Caught(defect, seeds if failed == 1 else None, f"{defect.test.partition('::')[2]} fails")
    said = [line for line in done.stdout.splitlines() if line.startswith(FAILED)]
    if not said:
        problem = "it is not noticed" if done.returncode == 0 else done.stderr[-300:]
        return Caught(defect, None, problem)
    number, _, how = said[0].removeprefix(FAILED).partition(": ")
    return Caught(defect, int(number) + 1, how)


def apply(defect: Defect, root: Path) -> None:
    """Put the defect into a copy; AssertionError where its place is not there exactly once."""
    path = root / defect.file
    text = path.read_text("utf-8")
    found = text.count(defect.text)
    assert found == 1, (
        f"{defect.name}: its place in {defect.file} is there {found} times: bring defects.py up to date"
    )
    path.write_text(text.replace(defect.text, defect.instead), "utf-8")


def main(names: Iterable[str]) -> int:
    """Try all defects, or those whose names hold a word; print the table; return 0 if each was noticed."""
    wanted = [defect for defect in DEFECTS if not names or any(name in defect.name for name in names)]
    print(f"  {'seeds':>5}  {'defect':<46} what broke first", flush=True)
    results = []
    with ThreadPoolExecutor(processors()) as pool:
        for caught in pool.map(sabotage, wanted):
            results.append(caught)
            print(f"  {caught.seeds or '-':>5}  {caught.defect.name:<46} {caught.how[:60]}", flush=True)
    missed = [caught.defect.name for caught in results if caught.seeds is None]
    print(f"{len(results)} defects, {len(missed)} not noticed within {SEEDS} seeds", *missed, sep="\n  ")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
