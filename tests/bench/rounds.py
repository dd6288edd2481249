"""Measures several servers in turns, A B A B, because only figures of the same minute can be compared."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.load import Load
from tests.bench.machine import cpu_seconds, wait_for_calm


@dataclass(frozen=True, slots=True)
class Options:
    """How long to measure: seconds a turn, and turns of each server."""

    seconds: float = 2.0
    rounds: int = 5


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server in the comparison: its load, the processes whose CPU counts, and others that must be calm before."""

    name: str
    pids: tuple[int, ...]
    load: Callable[[float], Load]
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """A contestant's figures, one of each round."""

    name: str
    rates: tuple[float, ...]
    cpu: tuple[float, ...]  # seconds per 100,000 answers
    busy: float  # the generator's share of a core, median

    @property
    def rate(self) -> float:
        """Answers a second, median of the rounds."""
        return median(self.rates)

    def ratio(self, yardstick: "Result") -> float:
        """Median of the ratios of each round: what disturbs a whole round cancels out."""
        return median(a / b for a, b in zip(self.rates, yardstick.rates, strict=True))

    def cpu_ratio(self, yardstick: "Result") -> float:
        """Compare so the requests that a second of the server's own CPU answers."""
        return median(b / a for a, b in zip(self.cpu, yardstick.cpu, strict=True))


def compare(contestants: Sequence[Contestant], options: Options, *, warm_up: float = 0.5) -> list[Result]:
    """Give each contestant its turn in every round; one short round before them is thrown away."""
    seen: dict[str, list[tuple[Load, float]]] = {contestant.name: [] for contestant in contestants}
    for contestant in contestants:
        _turn(contestant, warm_up)
    for number in range(options.rounds):
        for contestant in contestants:
            load, cpu = _turn(contestant, options.seconds)
            seen[contestant.name].append((load, cpu))
            progress(f"round {number + 1} of {options.rounds}: {contestant.name} {load.rate:,.0f}/s")
    return [
        Result(
            name,
            tuple(load.rate for load, _ in turns),
            tuple(cpu / load.answers * 100_000 for load, cpu in turns),
            median(load.busy for load, _ in turns),
        )
        for name, turns in seen.items()
    ]


def progress(text: str) -> None:
    """Say on one line of the terminal how far it is."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
    else:
        sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _turn(contestant: Contestant, seconds: float) -> tuple[Load, float]:
    wait_for_calm(contestant.pids + contestant.others)
    before = sum(map(cpu_seconds, contestant.pids))
    load = contestant.load(seconds)
    return load, sum(map(cpu_seconds, contestant.pids)) - before
