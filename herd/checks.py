"""What `run.py test` runs: style, types, import contracts, tests; and the programs among the tests."""

import subprocess
import sys
from pathlib import Path

LINT_IMPORTS = "from importlinter.cli import lint_imports_command as main; main()"  # it has no `python -m`
STEPS = (
    ("style", ["-m", "ruff", "check", "."]),
    ("format", ["-m", "ruff", "format", "--check", "."]),
    ("types", ["-m", "mypy"]),
    ("imports", ["-c", LINT_IMPORTS]),
)


def run_checks(root: Path, pytest_arguments: list[str]) -> int:
    """Run every step, the failing ones too, and say how each went; return 0 if all passed, else 1.

    With arguments for pytest, pytest alone. Its summary is the last thing before ours.
    """
    results = {} if pytest_arguments else {name: _passes(root, name, command) for name, command in STEPS}
    results["tests"] = _passes(root, "tests", ["-m", "pytest", *pytest_arguments])
    print()
    for name, passed in results.items():
        print(f"{'pass' if passed else 'FAIL'}  {name}")
    return 0 if all(results.values()) else 1


def run_module(root: Path, module: str, arguments: list[str]) -> int:
    """Run a program of the tests' in this interpreter; return its exit status."""
    return subprocess.run([sys.executable, "-m", module, *arguments], cwd=root, check=False).returncode  # noqa: S603


def _passes(root: Path, name: str, command: list[str]) -> bool:
    print(f"--- {name}", flush=True)
    return subprocess.run([sys.executable, *command], cwd=root, check=False).returncode == 0  # noqa: S603
