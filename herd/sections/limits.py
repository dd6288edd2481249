"""[limits]: how much a server does for how many, so that nobody takes it from the others."""

from dataclasses import dataclass

from herd.acceptance import CLIENTS
from herd.settings import Table, count, seconds

# Of each viewer that does not read up to 512 KiB wait in the kernel (Linux doubles what we ask for): 500 MB of all.
VIEWERS = 1_000
# A report takes 0.2 ms of CPU (measured), so one address has at most 4% of a core with single ones; and a page with
# its parts comes through at once.
REQUESTS = 200
KEEP = 30 * 86_400  # seconds


@dataclass(frozen=True, slots=True)
class LimitsSettings:
    """`viewers` of the live feed at once; `requests` over HTTP per address and second; `clients` that are kept.

    Each is kept for `keep` seconds after it was heard last.
    `requests` None: REQUESTS, and loopback is not counted, where a proxy in front may speak for everybody.
    """

    viewers: int = VIEWERS
    requests: int | None = None
    keep: int = KEEP
    clients: int = CLIENTS


def read_limits(table: Table) -> LimitsSettings:
    """Read the section."""
    viewers = table.take("viewers", count(0), "a whole number from 0")
    requests = table.take("requests", count(1), "a whole number from 1")
    keep = table.take("keep", seconds, 'a span as in "30d" or "12h"')
    clients = table.take("clients", count(1), "a whole number from 1")
    table.finish()
    return LimitsSettings(VIEWERS if viewers is None else viewers, requests, keep or KEEP, clients or CLIENTS)
