"""What a seed draws about its network, and the production constants that it makes small enough to be reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from herd import store, words
from herd.journal import compaction, loading, recovery, tending
from herd.journal.journal import Journal
from herd.links import repair, rounds, telling

TINY, SMALL, USUAL = (1, 2, 5, 11, 23), (1, 20, 60, 200), (60, 1448, 1448, 65_536)


@dataclass(frozen=True, slots=True)
class Knobs:
    """Of one seed. Sizes in bytes, times in seconds."""

    floor: float
    delay: float  # beyond the floor, on average
    segments: tuple[int, ...]
    windows: tuple[int, ...]
    buffer: int  # above which a transport lets nobody write, whatever it is asked for
    in_flight: int
    slice: int  # changes or lines at once
    log: int  # changes that the store's log keeps at least
    journal: int  # bytes from which on a journal may be written anew


def draw(random: Random) -> Knobs:
    """Draw how the network is, mostly usual, and how early limits bite."""
    segments = random.choice([TINY, SMALL, USUAL, USUAL, USUAL])
    return Knobs(
        floor=random.choice([0.0, 0.0002, 0.005]),
        delay=random.choice([0.0, 0.0001, 0.002, 0.02, 0.1]),
        segments=segments,
        windows=random.choice([(512, 4096), (8192, 65_536), (65_536, 262_144)]),
        buffer=random.choice([600, 4096, 65_536, 1 << 20]),
        in_flight=random.choice([1000, 4096, 262_144]),
        slice=random.choice([1, 3, 20, 250]),
        log=random.choice([4, 30, 65_536]),
        journal=random.choice([300, 2000, 1 << 26]),
    )


@contextmanager
def turned(knobs: Knobs) -> Iterator[None]:
    """Have production's constants as small as the seed wants them, inside the block."""
    wanted: list[tuple[Any, str, int]] = [
        (telling, "CHANGES_A_SLICE", knobs.slice),
        (rounds, "ROUND", 3 * knobs.slice),
        (store, "BATCH_MOST", knobs.slice),
        (store, "LOG_LEAST", knobs.log),
        (repair, "LINES_A_WRITE", knobs.slice),
        (words, "HASHES_A_LINE", max(2, knobs.slice)),
        (compaction, "REPORTS_A_SLICE", knobs.slice),
        (tending, "REPORTS_A_SLICE", knobs.slice),
        (loading, "SLICE", 20 * knobs.slice),
    ]
    wanted_any: Any = partial(Journal, least=knobs.journal)
    wanted_all = [*wanted, (recovery, "Journal", wanted_any)]
    before = [(module, name, getattr(module, name)) for module, name, _ in wanted_all]
    try:
        for module, name, value in wanted_all:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
