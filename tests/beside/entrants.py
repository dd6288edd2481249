"""Who is compared, how each is set up, and whether it is here."""

import platform
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.beside import jetstream_pair, mosquitto_pair, nats_pair, redis_pair
from tests.beside.herd_pair import herd_pair
from tests.beside.program import find, version
from tests.beside.system import System


@dataclass(frozen=True, slots=True)
class Entrant:
    """A system: its name in the table, how to run a pair, its program (None: ours), and what is to be known."""

    title: str
    pair: Callable[[Path], AbstractAsyncContextManager[System]]
    program: str | None
    says_version: tuple[str, ...]
    how: str

    def installed(self) -> bool:
        """Tell whether it can be run here."""
        return self.program is None or find(self.program) is not None

    def version(self) -> str:
        """Return what the program says of itself."""
        if self.program is None:
            return f"this repository, Python {platform.python_version()}"
        return version(str(find(self.program)), *self.says_version)


ENTRANTS = {
    "herd": Entrant("Herd", herd_pair, None, (), "two neighbours; followers read /events, 5 times a second"),
    "nats": Entrant(
        "NATS core", nats_pair.nats_pair, nats_pair.PROGRAM, ("--version",), "two clustered nodes, plain subjects"
    ),
    "jetstream": Entrant(
        "NATS JetStream",
        jetstream_pair.jetstream_pair,
        nats_pair.PROGRAM,
        ("--version",),
        "three nodes, two of them on A's side; a stream with three replicas and one message per subject, "
        "messages with IDs, followers pull",
    ),
    "redis": Entrant(
        "Redis",
        redis_pair.redis_pair,
        redis_pair.PROGRAM,
        ("--version",),
        "master A and replica B without Sentinel, append-only files; SET, and PUBLISH for followers",
    ),
    "mosquitto": Entrant(
        "Mosquitto",
        mosquitto_pair.mosquitto_pair,
        mosquitto_pair.PROGRAM,
        ("-h",),
        "A bridges all topics both ways to B; retained, QoS 1, persistent sessions and files",
    ),
}
