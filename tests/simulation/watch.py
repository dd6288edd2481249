"""What a run shows of itself: its trace as one hash, rare states that it reached, and what broke a promise."""

from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING

from tests.simulation.holding import Held
from tests.simulation.oracle import Said

if TYPE_CHECKING:
    from tests.simulation.loop import VirtualLoop
    from tests.simulation.transport import Transport
    from tests.simulation.witness import Witness

CLIENT_SLACK = 200_000  # bytes that the answers to one slice of lines may take, and more
MARKS_SLACK = 2_000  # bytes of marks, acknowledgements and a handshake, for which nobody waits
DIGEST_WORDS = (b"DIGEST ", b"HAVE ", b"WANT ", b"DIFFER ")  # written without a look at what is in flight


class Watch:
    """One run's, shared by all that is simulated."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self.loop = loop
        self.reached: Counter[str] = Counter()
        self.violations: list[str] = []
        self.sent: set[Said] = set()  # what clients said, from before it left
        self.issued: set[bytes] = set()  # AT lines that servers made
        self.lives: dict[str, Witness] = {}  # the present life of each server
        self.story: list[str] | None = None  # every event in words, where somebody wants to read it
        self.told = 0  # AT lines from server to server
        self.held = Held(self)
        self.slack = 0  # bytes that may be in flight beyond what a link was told to keep to
        self._hash = blake2b(digest_size=16)

    def trace(self, kind: str, who: object, data: bytes = b"") -> None:
        """Note an event."""
        words = f"{self.loop.time():.9f} {kind} {who} "
        self._hash.update(words.encode())
        self._hash.update(data)
        if self.story is not None:
            self.story.append(words + repr(data)[2:-1])

    def digest(self) -> str:
        """Return the hash of all events up to now."""
        return self._hash.hexdigest()

    def sometimes(self, what: str) -> None:
        """Count that a rare state was reached."""
        self.reached[what] += 1

    def broken(self, promise: str, how: str) -> None:
        """Note that an invariant does not hold."""
        self.violations.append(f"{promise} at {self.loop.time():.3f} s: {how}")

    def written(self, end: "Transport", data: bytes) -> None:
        """S6: what a server has in flight stays bounded."""
        if data.startswith(DIGEST_WORDS):
            end.extra += len(data)
        size = end.get_write_buffer_size()
        if end.links and size - len(data) > end.high + end.extra + MARKS_SLACK:
            self.broken("S6", f"{end.process.name} writes on where {size - len(data)} bytes wait, not {end.high}")
        if size > end.high + (end.extra + self.slack if end.links else CLIENT_SLACK):
            self.broken("S6", f"{size} bytes wait at {end.process.name}, of which {end.high} were to be the most")
