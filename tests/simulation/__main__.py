"""`python3 run.py simulate`: many seeds, or one with its story."""

import argparse
import logging
import sys

from tests.simulation.many import explain, processors, report, run_seeds
from tests.simulation.seed import Outcome, simulate

SEEDS = 200


def main(arguments: list[str]) -> int:
    """Do what the arguments say; return 0 if no promise was broken, else 1."""
    parser = argparse.ArgumentParser("run.py simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help=f"how many (default: {SEEDS})")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first of them (default: 0)")
    parser.add_argument("--seed", type=int, metavar="SEED", help="this one only")
    parser.add_argument("--story", action="store_true", help="with --seed: print every event")
    parser.add_argument(
        "--without", default="", metavar="KINDS", help="leave out kinds of faults: crash,one-way-cut"
    )
    parser.add_argument("--jobs", type=int, default=processors(), metavar="N", help="runs at once")
    parser.add_argument("--keep-going", action="store_true", help="run all seeds, also where some fail")
    parser.add_argument("--until-caught", action="store_true", help=argparse.SUPPRESS)  # for the sabotage
    options = parser.parse_args(arguments)
    logging.getLogger("herd").setLevel(logging.CRITICAL)  # its story is told by the simulation
    without = tuple(filter(None, options.without.split(",")))
    if options.seed is not None:
        return _tell(options.seed, without, options.story)
    seeds = range(options.first, options.first + options.seeds)
    if options.until_caught:
        return _catch(seeds)
    return report(run_seeds(seeds, without, options.jobs), options.keep_going)


def _catch(seeds: range) -> int:
    """Stop at the first seed that fails, and say in a line what broke."""
    logging.disable()  # a sabotaged herd has much to say
    for seed in seeds:
        if violations := simulate(seed).violations:
            print(f"FAIL seed {seed - seeds.start}: {violations[0]}")
            return 1
    return 0


def _tell(seed: int, without: tuple[str, ...], aloud: bool) -> int:
    story: list[str] = []
    outcome: Outcome = simulate(seed, without, story)
    if aloud:
        print("\n".join(story))
    print(f"seed {seed}: {outcome.shape}, faults: {', '.join(outcome.faults) or 'none'}; trace {outcome.trace}")
    print(f"{outcome.seconds:.1f} s of virtual time, agreed {outcome.healed:.1f} s after healing")
    if outcome.violations:
        print(explain(outcome))
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
