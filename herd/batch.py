"""What one origin changed in one turn: the unit of the feed, of a link's write and of the journal's."""

from collections.abc import Callable

from herd.acceptance import Acceptance
from herd.words import mark

# One client's value is an exact tuple of atoms, because the garbage collector stops looking at those after their
# first pass: instances of a class at a million clients stop the server for 150 ms in every full collection.
# (first component of the rank in ns, the AT line, the number of its batch, its origin, the client's ID). The ID is
# the key's own object, which the log shares: a new one for each change would cost 60 bytes more.
# A FORGET has the same form, with its stamp and its line.
Report = tuple[int, bytes, int, bytes, bytes]

OWN_CLIENTS = b""  # the origin of what this server heard itself
LOADED = b"-"  # of what stood in its journal
DROPPED = b" "  # of clients that expired or were evicted: no fact, told to nobody but viewers
# Every other origin is the life of a peer.

# A batch takes no further chunk beyond so many changes: a slow link moves by whole batches.
BATCH_MOST = 250


class Batch:
    """What one origin changed in one turn: parallel lists of clients and of their AT and FORGET lines.

    The lines of clients that were dropped are none at all.
    """

    __slots__ = ("_text", "_told", "acceptance", "clients", "forgotten", "lines", "number", "origin", "reports")

    def __init__(
        self,
        origin: bytes,
        number: int,
        reports: dict[bytes, Report],
        forgotten: dict[bytes, Report],
        acceptance: Acceptance,
    ) -> None:
        self.origin = origin
        self.number = number
        self.reports, self.forgotten, self.acceptance = reports, forgotten, acceptance  # the store's
        self.clients: list[bytes] = []
        self.lines: list[bytes] = []
        self._text = b""
        self._told = b""

    def text(self) -> bytes:
        """Return its lines, each with its newline, encoded once for journal and links."""
        if not self._text:
            self._text = b"\n".join([*self.lines, b""])
        return self._text

    def told(self, clock: Callable[[], int]) -> bytes:
        """Return the batch as links tell it: its lines and a mark, encoded once for all of them; b"" if none."""
        if not self._told and self.lines:
            self._told = b"%b%b\n" % (self.text(), mark(self.number, clock()))
        return self._told
