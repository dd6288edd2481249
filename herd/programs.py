"""The programs among the tests that `run.py` runs, each by a word of the command line."""

from typing import Literal, NamedTuple


class Program(NamedTuple):
    """One of them; it reads its arguments itself, so help is all that the command line knows of them."""

    module: str
    options: str
    about: str
    needs: Literal["run", "test"] = "test"  # which set of packages


PROGRAMS = {
    "simulate": Program(
        "tests.simulation",
        "[--seeds N] [--first SEED] [--seed SEED [--story]] [--without KINDS] [--jobs N]",
        "Run the herd in virtual time with everything failing: many seeds (default: 200), or one with its story.",
    ),
    "sabotage": Program(
        "tests.simulation.sabotage",
        "[NAMES]",
        "Break a copy of the herd in one place at a time; each defect must be noticed. NAMES choose some.",
    ),
    "chaos": Program(
        "tests.chaos",
        "[--minutes N] [--seed S] [--without KINDS] [--keep]",
        "Run real servers for 10 minutes, or N, and kill, stop and cut whatever can be, while clients report; "
        "then no answered report may be lost. KINDS of faults to leave out are joined by commas: kill,split.",
    ),
    "fuzz": Program(
        "tests.fuzz",
        "[NAME ...] [--minutes N] [--seed SEED]",
        "Try every parser with random bytes, each property (or those that have a NAME in theirs) for its share of "
        "the minutes (default: 10 for all); stop at the first that fails, with the line that shows it again.",
    ),
    "bench": Program(
        "tests.bench",
        "[NAME ...] [--quick] [--plot FILE.svg] [--json FILE] [--markdown FILE]",
        "Measure the herd beside Redis, NATS and others; all benches, or NAMEs (`list` names them).",
    ),
    "compare": Program(
        "tests.beside",
        "[--only NAME ...]",
        "Put other systems, those that are installed, through the same faults as the herd, and print one table. "
        "NAME is of herd, nats, jetstream, redis, mosquitto.",
        needs="run",
    ),
}
