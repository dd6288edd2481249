"""The servers that a row is about: Goloman by itself, and Goloman with the four others around it."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.bench.found import Figure
from tests.bench.herd_of_five import herd
from tests.bench.load import Load
from tests.bench.rounds import Contestant, Result
from tests.bench.table import compared, compared_by_cpu

ALONE, IN_HERD = "Goloman alone", "Goloman of five"


def goloman(stack: ExitStack, folder: Path, load: Callable[[int], Callable[[float], Load]]) -> list[Contestant]:
    """Start both, with traffic log and feed; `load` makes the load for a port.

    Of five, the four others take their share of the machine too: on few cores the CPU of Goloman itself, which is
    what stands beside the rate, says more than the rate.
    """
    found = []
    for title, names in ((ALONE, ["Goloman"]), (IN_HERD, ["Goloman", "Hands", "Holiday", "Welsh", "Wilkes"])):
        running = stack.enter_context(herd(folder / title.replace(" ", "-"), names))
        own = running.pids["Goloman"]
        others = tuple(pid for pid in running.pids.values() if pid != own)
        found.append(Contestant(title, (own,), load(running.ports["Goloman"]), others))
    return found


def measured(results: Mapping[str, Result]) -> list[Result]:
    """Return the results that are the herd's."""
    return [result for name, result in results.items() if name in {ALONE, IN_HERD}]


def figures(what: str, goal: float, results: Mapping[str, Result], yardstick: str) -> list[Figure]:
    """Return the rows of the goals: of Goloman alone by its rate, and of one among five by its CPU.

    Five servers on two cores cannot be measured by rate: the four others would be what is measured.
    """
    other, why = results.get(yardstick), f"{yardstick.split(maxsplit=1)[0]} is not installed"
    return [
        compared(f"{what}: one server", goal, results[ALONE], other, why),
        compared_by_cpu(f"{what}: one of five, by its CPU", goal, results[IN_HERD], other, why),
    ]
