"""[limits]: how much a server does for how many, so that nobody takes it from the others."""

from dataclasses import dataclass, replace

from herd.acceptance import CLIENTS
from herd.settings import Table, count, seconds

# Of each viewer that does not read up to 512 KiB wait in the kernel (Linux doubles what we ask for): 500 MB of all.
VIEWERS = 1_000
# A report takes 0.2 ms of CPU (measured), so one address has at most 4% of a core with single ones; and a page with
# its parts comes through at once.
REQUESTS = 200
KEEP = 30 * 86_400  # seconds
CONNECTIONS = 20_000
# Beyond any household and most offices behind one address, and a twentieth of all.
CONNECTIONS_PER_ADDRESS = 1_000
# A phone that reports every few minutes keeps its connection; what a dead one leaves behind goes within minutes.
IDLE = 600
BUFFERED = 64 * 1024  # what asyncio has a transport begin with
LINK_BUFFERED = 256 * 1024
BODY = 1024 * 1024
FRAME = 128 * 1024  # twice the longest line: a little more than a line is answered, much more is closed

LEAST_BUFFER = 1024
LEAST_FRAME = 64 * 1024 + 1  # the longest line of the protocol, with its newline
MOST = 1024 * 1024 * 1024  # of any number of bytes


@dataclass(frozen=True, slots=True)
class LimitsSettings:
    """How much is done for how many; counts, bytes, and spans in seconds.

    `viewers` of the live feed at once; `requests` over HTTP per address and second (None: REQUESTS, and loopback is
    not counted, where a proxy in front may speak for everybody). `connections` of clients over TCP and HTTP;
    `connections_per_address`, of which loopback never counts; `idle` without a whole line, or without taking any of
    what waits; bytes `buffered` for a client, and `link_buffered` for a peer, above which whoever makes more waits;
    the most bytes of an HTTP `body` and of a WebSocket's `frame`. So many `clients` are kept, each for
    `keep` after it was heard last.
    """

    viewers: int = VIEWERS
    requests: int | None = None
    keep: int = KEEP
    clients: int = CLIENTS
    connections: int = CONNECTIONS
    connections_per_address: int = CONNECTIONS_PER_ADDRESS
    idle: int = IDLE
    buffered: int = BUFFERED
    link_buffered: int = LINK_BUFFERED
    body: int = BODY
    frame: int = FRAME


# The least and the most of each number; None: any.
_BYTES = {
    "buffered": (LEAST_BUFFER, MOST),
    "link_buffered": (LEAST_BUFFER, MOST),
    "body": (1, MOST),
    "frame": (LEAST_FRAME, MOST),
}
_LEAST = {
    "viewers": 0,
    "requests": 1,
    "clients": 1,
    "connections": 1,
    "connections_per_address": 1,
}


def read_limits(table: Table) -> LimitsSettings:
    """Read the section."""
    found: dict[str, int | None] = {}
    for name, least in _LEAST.items():
        found[name] = table.take(name, count(least), f"a whole number from {least}")
    for name, (least, most) in _BYTES.items():
        found[name] = table.take(name, count(least, most), f"a number of bytes from {least:,} to {most:,}")
    for name in ("keep", "idle"):
        found[name] = table.take(name, seconds, 'a span as in "30d" or "12h"')
    table.finish()
    return replace(LimitsSettings(), **{name: value for name, value in found.items() if value is not None})
