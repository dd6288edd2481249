"""FORGET, the second kind of fact beside AT: from now on nothing counts that a client said up to a moment.

    FORGET Goloman kiwi.cs.ucla.edu 1520023935.000000000      which server was told to, whom, and the moment

The two kinds make one order, so every server ends alike whatever reaches it first: of two FORGETs of a client the
greater one counts (by stamp, then by bytes), of the reports whose rank begins beyond its stamp the greatest.
"""

import re
from dataclasses import dataclass

from herd.messages import CLIENT_LIMIT, NAME_LIMIT, NOT_WHITE, SECOND
from herd.position import Malformed

FORGET = b"FORGET "

# As strict as AT, and one way only to write each stamp: seconds without leading zeros, nine decimals.
_FORGET = re.compile(
    rb"FORGET (%b{1,%d}) (%b{1,%d}) (0|[1-9][0-9]{0,11})\.([0-9]{9})"
    % (NOT_WHITE, NAME_LIMIT, NOT_WHITE, CLIENT_LIMIT)
)


@dataclass(frozen=True, slots=True)
class Forget:
    """A server's word that a client is to be forgotten; `stamp` in ns since 1970. Its bytes are the line."""

    server: bytes
    client: bytes
    stamp: int

    def __bytes__(self) -> bytes:
        return b"FORGET %b %b %d.%09d" % (self.server, self.client, *divmod(self.stamp, SECOND))


def parse_forget(line: bytes) -> Forget:
    """Read a FORGET line without its newline; Malformed if it is anything else."""
    found = _FORGET.fullmatch(line)
    if not found:
        raise Malformed("not FORGET SERVER CLIENT STAMP with single spaces")
    server, client, seconds, nanos = found.groups()
    return Forget(server, client, int(seconds + nanos))
