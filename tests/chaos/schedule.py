"""What goes wrong and when: drawn from the seed before anything starts, so a seed has one schedule."""

from dataclasses import dataclass
from random import Random

from tests.chaos.servers import Way
from tests.herding import PEERS

# Kinds of faults, and for how many seconds each lasts: one is drawn. A link notices silence after 6 s.
KINDS: dict[str, tuple[float, ...]] = {
    "kill": (0, 0.1, 2, 6),  # kill -9; started again after so long
    "kill-loop": (1, 3),  # killed and started again and again, at times before it has listened
    "stop": (0, 1),  # SIGTERM, and started again
    "blackout": (0, 2),  # all servers are killed at once
    "pause": (0.5, 3, 9),  # SIGSTOP, SIGCONT
    "full-disk": (0.5, 4),  # its files cannot grow
    "last-words": (2, 5),  # isolated, perhaps its disk full, then killed: only it has what it answered last
    "cut": (0, 2, 8),  # connections are reset, and new ones too
    "isolation": (3, 9),  # all links of a server are cut
    "stall": (2, 9),  # nothing passes, both ways
    "one-way-stall": (2, 9),
    "half-open": (4, 12),  # nothing passes, nobody is told, or one end only; new connections are accepted and deaf
    "tear": (0,),  # reset in the middle of a line
    "slow": (3, 8),  # all connections to a server
    "split": (3, 10),  # into small pieces: all connections to a server
    "storm": (0,),  # all connections of a server are reset at once, servers' and clients'
    "garbage": (1, 4),  # strangers that send what nobody understands
    "crowd": (1, 3),  # many connections that come and say nothing, and some of them half a line
    "deaf-viewers": (3, 12),  # who ask for the live feed and never read it
}
FIRST, LAST = 2.0, 2.0  # seconds without faults at both ends
PACE = 1.2  # seconds between two faults, on average


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault: when it begins, in seconds from the start, how long it lasts, what it hits, its own dice."""

    at: float
    kind: str
    seconds: float
    server: str
    way: Way
    dice: int


def draw(seed: int, seconds: float, ways: list[Way], without: tuple[str, ...] = ()) -> list[Strike]:
    """Return the strikes of a run; every kind comes once before any comes again."""
    random = Random(f"{seed} chaos")
    kinds = [kind for kind in KINDS if kind not in without]
    strikes: list[Strike] = []
    bag: list[str] = []
    at = FIRST
    while kinds and at < seconds - LAST:
        bag = bag or random.sample(kinds, len(kinds))
        kind = bag.pop()
        lasts, server, way = random.choice(KINDS[kind]), random.choice(list(PEERS)), random.choice(ways)
        strikes.append(Strike(at, kind, lasts, server, way, random.getrandbits(32)))
        at += random.expovariate(1 / PACE)
    return strikes
