"""The frames of the live feed in the map's binary form: names once, then columns of numbers.

One frame, little-endian: u32 H; H bytes of JSON, `{"type","server","life","number","more","now","count",
"names":[[index,"client"],...],"servers":[...],"gone":[index,...]}`, padded with spaces to a multiple of 4 with the
u32; then five columns of `count` values: index u32, longitude i32 and latitude i32 (1e-7 degrees), time u32 (POSIX
seconds of the client, clamped), server u32 (bits 0-15: its place in `servers`; bit 16: the client's clock is more
than 10 s off). `now` is the server's clock in POSIX seconds.
An index stands for one client as long as the server's life lasts, for every viewer. `names` has every index that
the viewer may not know yet; `gone` may have indices that it never knew.
"""

import json
import re
import struct
from collections.abc import Callable, Sequence

from herd.messages import SECOND, nanoseconds
from web.feed.frames import Head, Seen
from web.schema import to_text

UNITS = 10**7  # a degree
TIME_MOST = 2**32 - 1
SKEWED = 1 << 16
SKEW_LIMIT = 10 * SECOND
# Every frame carries the whole list of servers. A herd has fewer; what a peer makes up beyond these is one server.
SERVERS_MOST = 255
OTHERS = "?"
# AT lines as nearly all are: a clock less than 10 s off, decimal degrees, seconds that fit 32 bits. What stands for
# a client may be of any bytes but white space; possessive, as nothing is to be tried twice.
PLAIN = re.compile(
    rb"AT ([^ \n]++) [+-][0-9]\.[0-9]{9} ([^ \n]++) "
    rb"([+-][0-9]++(?:\.[0-9]++)?+)([+-][0-9]++(?:\.[0-9]++)?+) ([0-3]?[0-9]{1,9})(?:\.[0-9]++)?+\n"
)


class Names:
    """The indices of clients and servers, given when they are first told and never again."""

    def __init__(self) -> None:
        self.servers: list[str] = []
        self._clients: dict[bytes, int] = {}
        self._places: dict[bytes, int] = {}

    def index(self, client: bytes) -> int:
        """Return the index of a client."""
        return self._clients.setdefault(client, len(self._clients))

    def indices(self, clients: Sequence[bytes]) -> list[int]:
        """Return the indices of clients."""
        known = self._clients
        return [known.setdefault(client, len(known)) for client in clients]

    def place(self, server: bytes) -> int:
        """Return the place of a server in the list."""
        place = self._places.get(server)
        if place is not None:
            return place
        if len(self._places) == SERVERS_MOST:
            if len(self.servers) == SERVERS_MOST:
                self.servers.append(OTHERS)
            return SERVERS_MOST
        self.servers.append(to_text(server))
        return self._places.setdefault(server, len(self._places))


class PackedPage:
    """A frame in the binary form."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._new: list[tuple[int, str]] = []
        self._gone: list[int] = []
        self._indices: list[int] = []
        self._longitudes: list[int] = []
        self._latitudes: list[int] = []
        self._times: list[int] = []
        self._servers: list[int] = []

    def add(self, seen: Seen, new: bool) -> None:
        """Tell of a report, and of its client's name where it is new."""
        index = self._names.index(seen.client)
        if new:
            self._new.append((index, to_text(seen.client)))
        self._indices.append(index)
        self._longitudes.append(round(seen.longitude * UNITS))
        self._latitudes.append(round(seen.latitude * UNITS))
        self._times.append(min(int(seen.time.partition(b".")[0]), TIME_MOST))
        skewed = abs(nanoseconds(seen.skew)) > SKEW_LIMIT
        self._servers.append(self._names.place(seen.server) | (SKEWED if skewed else 0))

    def add_plain(self, lines: Sequence[bytes], enter: Callable[[Sequence[int]], list[int]] | None) -> bool:
        """Tell of reports at once, in a sixth of the time, if all are plainly written; else tell of none.

        `enter` says which of these indices are new; without it all are.
        """
        found = PLAIN.findall(b"\n".join(lines) + b"\n")
        if len(found) != len(lines):
            return False
        servers, clients, latitudes, longitudes, times = zip(*found, strict=True)
        indices = self._names.indices(clients)
        new = set(indices if enter is None else enter(indices))
        if new:
            named = zip(indices, clients, strict=True)
            self._new += [(index, to_text(client)) for index, client in named if index in new]
        self._indices += indices
        self._longitudes += [round(float(text) * UNITS) for text in longitudes]
        self._latitudes += [round(float(text) * UNITS) for text in latitudes]
        self._times += map(int, times)
        places = {server: self._names.place(server) for server in dict.fromkeys(servers)}
        self._servers += [places[server] for server in servers]
        return True

    def leave(self, client: bytes) -> None:
        """Tell that a client is gone."""
        self._gone.append(self._names.index(client))

    def finish(self, head: Head) -> bytes:
        """Return header and columns."""
        count = len(self._indices)
        said = {
            **head._asdict(),
            "count": count,
            "names": self._new,
            "servers": self._names.servers,
            "gone": self._gone,
        }
        header = json.dumps(said, separators=(",", ":")).encode("ascii")
        header += b" " * (-len(header) % 4)
        indices = struct.pack(f"<{count}I", *self._indices)
        positions = struct.pack(f"<{2 * count}i", *self._longitudes, *self._latitudes)
        rest = struct.pack(f"<{2 * count}I", *self._times, *self._servers)
        return b"".join([struct.pack("<I", len(header)), header, indices, positions, rest])
