"""`python3 run.py chaos`: real servers, real connections, everything failing; then no answered report is lost."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path
from random import SystemRandom

from tests.chaos.schedule import KINDS
from tests.chaos.trial import Outcome, run

MINUTES = 10.0
INTERRUPTED = 130  # exit status, as shells have it for Ctrl-C
TOLD_SECONDS = 30.0  # between two lines of progress, where there is no terminal


def main(arguments: list[str]) -> int:
    """Do what the arguments say; return 0 if no promise was broken, else 1."""
    parser = argparse.ArgumentParser("run.py chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES, metavar="N", help="of faults (default: 10)")
    parser.add_argument(
        "--seed", type=int, metavar="S", help="what goes wrong and when (default: another each time)"
    )
    parser.add_argument(
        "--without", default="", metavar="KINDS", help=f"leave out kinds of faults: {', '.join(KINDS)}"
    )
    parser.add_argument("--keep", action="store_true", help="keep logs and journals also where all went well")
    options = parser.parse_args(arguments)
    without = tuple(filter(None, options.without.split(",")))
    if unknown := set(without) - set(KINDS):
        parser.error(f"--without: no kind of fault: {', '.join(sorted(unknown))}")
    seed = SystemRandom().randrange(10**6) if options.seed is None else options.seed
    folder = Path(tempfile.mkdtemp(prefix=f"herd-chaos-{seed}-"))
    progress = Progress()
    try:
        outcome = asyncio.run(run(folder, seed, 60 * options.minutes, without, progress.tell))
    except KeyboardInterrupt:
        shutil.rmtree(folder)
        return INTERRUPTED
    finally:
        progress.end()
    print(table(outcome))
    if outcome.failures:
        again = f"python3 run.py chaos --seed {seed} --minutes {options.minutes:g}"
        print(f"\nagain: {again}{f' --without {options.without}' if without else ''}")
    if outcome.failures or options.keep:
        print(f"logs and journals: {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if outcome.failures else 0


class Progress:
    """One line that changes, in a terminal; elsewhere a line now and then."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._told = -TOLD_SECONDS

    def tell(self, text: str) -> None:
        """Show how far it is."""
        at = time.monotonic() - self._began
        if sys.stdout.isatty():
            print(f"\r{at:5.0f} s  {text}\033[K", end="", flush=True)
        elif at - self._told >= TOLD_SECONDS:
            self._told = at
            print(f"{at:5.0f} s  {text}", flush=True)

    def end(self) -> None:
        """Leave the line."""
        if sys.stdout.isatty():
            print()


def table(outcome: Outcome) -> str:
    """Return what happened, for people."""
    total = sum(outcome.answered.values())
    rows = [(f"fault: {kind}", f"{outcome.struck[kind]:,}") for kind in KINDS if outcome.struck[kind]]
    rows += [(f"answered over {how}", f"{count:,}") for how, count in sorted(outcome.answered.items())]
    rows += [(f"visits of clients: {how}", f"{count:,}") for how, count in outcome.met.most_common()]
    rows += [
        ("seed", str(outcome.seed)),
        ("faults", f"{sum(outcome.struck.values()):,} in {outcome.seconds:.0f} s"),
        ("reports said", f"{outcome.said:,} by {outcome.clients:,} IDs"),
        ("reports answered", f"{total:,}, {total / outcome.seconds:,.0f} a second"),
        ("connections", f"{outcome.connections:,}"),
        ("starts of servers", f"{outcome.starts:,}"),
        ("all servers agreed", _took(outcome.healed, "after healing")),
        ("each from its disk alone", _took(outcome.alone, "after all were killed")),
        ("one with a spoilt disk", _took(outcome.mended, "after it was killed")),
        ("result", "FAILED" if outcome.failures else "every answered report, or a newer one, is on every server"),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join([f"{name:<{width}}  {value}" for name, value in rows] + outcome.failures)


def _took(seconds: float | None, after: str) -> str:
    return "never" if seconds is None else f"{seconds:.1f} s {after}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
