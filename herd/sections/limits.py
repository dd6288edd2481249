"""[limits]: how much a server does for how many, so that nobody takes it from the others."""

from dataclasses import dataclass

from herd.settings import Table, count

# Of each viewer that does not read up to 512 KiB wait in the kernel (Linux doubles what we ask for): 500 MB of all.
VIEWERS = 1_000
# A report takes 0.2 ms of CPU (measured), so one address has at most 4% of a core with single ones; and a page with
# its parts comes through at once.
REQUESTS = 200


@dataclass(frozen=True, slots=True)
class LimitsSettings:
    """`viewers` of the live feed at once; `requests` over HTTP per address and second.

    `requests` None: REQUESTS, and loopback is not counted, where a proxy in front may speak for everybody.
    """

    viewers: int = VIEWERS
    requests: int | None = None


def read_limits(table: Table) -> LimitsSettings:
    """Read the section."""
    viewers = table.take("viewers", count(0), "a whole number from 0")
    requests = table.take("requests", count(1), "a whole number from 1")
    table.finish()
    return LimitsSettings(VIEWERS if viewers is None else viewers, requests)
