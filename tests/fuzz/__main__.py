"""`python3 run.py fuzz`: every parser against random bytes, each property for its share of the time.

It stops at the first one that fails, with the smallest example that was found and the line that shows it again.
"""

import argparse
import sys
import time
from pathlib import Path

import pytest

from tests.fuzz.rounds import Rounds

MINUTES = 10.0
HERE = Path(__file__).parent
FAILED, MISUSED = 1, 2  # exit statuses
# No reports but our own, and nothing written beside the sources. The warning is that this program has imported
# hypothesis before pytest.
PYTEST = [
    *("-c", str(HERE.parents[1] / "pyproject.toml"), "-o", "addopts=", "--import-mode=importlib"),
    *("--exitfirst", "--capture=no", "-p", "no:terminal", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
]


def main(arguments: list[str]) -> int:
    """Do what the arguments say; return 0 if every property held, else 1."""
    parser = argparse.ArgumentParser("run.py fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="parts of names of properties (default: all)")
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, metavar="N", help=f"for all together (default: {MINUTES:g})"
    )
    parser.add_argument("--seed", type=int, metavar="SEED", help="one round of each, with this seed")
    parser.add_argument("--folder", type=Path, default=HERE, help=argparse.SUPPRESS)  # of other properties
    options = parser.parse_args(arguments)
    terminal = Terminal()
    rounds = Rounds(options.names, options.minutes * 60, options.seed, terminal.say, terminal.show)
    began = time.monotonic()
    status = pytest.main([*PYTEST, str(options.folder)], [rounds])
    if not rounds.failed and not rounds.properties:
        print(f"run.py fuzz: no property is called {' or '.join(options.names)}", file=sys.stderr)
        return MISUSED
    took = time.monotonic() - began
    terminal.say(f"{rounds.examples:,} examples of {rounds.properties} properties in {took:.1f} s")
    return FAILED if rounds.failed or status else 0


class Terminal:
    """Where a person looks: what is shown on a terminal is overwritten, what is said stays."""

    def __init__(self) -> None:
        self._wipe = "\r\x1b[K" if sys.stdout.isatty() else ""

    def say(self, line: str) -> None:
        """Print a line."""
        print(f"{self._wipe}{line}", flush=True)

    def show(self, line: str) -> None:
        """Show a state, where anybody sees it."""
        if self._wipe:
            print(f"{self._wipe}{line}", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
