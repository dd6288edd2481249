"""Measures several servers in turns, A B A B, because only figures of the same minute can be compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.load import Load
from tests.bench.machine import cpu_seconds, wait_for_calm
from tests.bench.progress import progress


@dataclass(frozen=True, slots=True)
class Options:
    """How long to measure: seconds a turn, and turns of each server."""

    seconds: float = 1.0
    rounds: int = 5
    size: float = 1.0  # of what is to be known, opened or caught up with; less only to try a bench out

    def sized(self, count: int) -> int:
        """Return a count in the size that is asked for."""
        return max(10, int(count * self.size))


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
    cores: float  # that the servers used, median

    @property
    def rate(self) -> float:
        """Answers a second, median of the rounds."""
        return median(self.rates)

    @property
    def middle_cpu(self) -> float:
        """CPU seconds per 100,000 answers, median of the rounds."""
        return median(self.cpu)

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
            median(cpu / load.seconds for load, cpu in turns),
        )
        for name, turns in seen.items()
    ]


def _turn(contestant: Contestant, seconds: float) -> tuple[Load, float]:
    wait_for_calm(contestant.pids + contestant.others)
    before = sum(map(cpu_seconds, contestant.pids))
    load = contestant.load(seconds)
    return load, sum(map(cpu_seconds, contestant.pids)) - before
