"""What the herd should believe, worked out anew: its own reading of an AT line, its own rank, a maximum."""

import re
from functools import lru_cache
from typing import NamedTuple

_LINE = re.compile(
    rb"AT ([^ ]{1,64}) ([+-][0-9]{1,12}\.[0-9]{9}) ([^ \t\r\n\f\v]{1,1024}) ([^ ]{1,99}) ([0-9]+(?:\.[0-9]+)?)"
)
_FORGET = re.compile(rb"FORGET ([^ ]{1,64}) ([^ \t\r\n\f\v]{1,1024}) ([0-9]+\.[0-9]{9})")
MINUTE = 60 * 10**9

Said = tuple[bytes, bytes, bytes]  # client, location, time: byte for byte what a client sent


class Fact(NamedTuple):
    """A report, and what orders it among those of its client."""

    line: bytes
    server: bytes
    said: Said
    heard: int  # nanoseconds since 1970
    rank: tuple[int, int, int, bytes]

    @property
    def client(self) -> bytes:
        """Whose it is."""
        return self.said[0]


@lru_cache(maxsize=100_000)
def read(line: bytes) -> Fact | None:
    """Read an AT line; None if it is none."""
    found = _LINE.fullmatch(line)
    if not found:
        return None
    server, skew, client, location, time = found.groups()
    when = _nanos(time)
    heard = when + (-_nanos(skew[1:]) if skew.startswith(b"-") else _nanos(skew[1:]))
    return Fact(line, server, (client, location, time), heard, (min(when, heard + MINUTE), when, heard, line))


def read_forget(line: bytes) -> tuple[bytes, int] | None:
    """Read a FORGET: who is forgotten, and up to when; None if it is none."""
    found = _FORGET.fullmatch(line)
    return (found[2], _nanos(found[3])) if found else None


def _nanos(seconds: bytes) -> int:
    whole, _, rest = seconds.partition(b".")
    return int(whole) * 10**9 + int((rest + b"000000000")[:9])


class Model:
    """What one life of one server knows, if it takes in every report that reaches it and keeps the newest."""

    def __init__(self) -> None:
        self.newest: dict[bytes, Fact] = {}
        self.forgotten: dict[bytes, int] = {}  # up to when

    def take(self, fact: Fact) -> None:
        """Hear a report. Where client and server said the same twice, either of the two is right."""
        old = self.newest.get(fact.client)
        if not self.forgot(fact) and (old is None or fact.rank > old.rank):
            self.newest[fact.client] = fact

    def forget(self, client: bytes, stamp: int) -> None:
        """Hear that a client is to be forgotten."""
        self.forgotten[client] = max(stamp, self.forgotten.get(client, 0))
        if client in self.newest and self.forgot(self.newest[client]):
            del self.newest[client]

    def forgot(self, fact: Fact) -> bool:
        """Tell whether a report counts no more."""
        return fact.client in self.forgotten and fact.rank[0] <= self.forgotten[fact.client]

    def agrees(self, client: bytes, fact: Fact | None) -> bool:
        """Tell whether a server that keeps this fact of a client has missed nothing."""
        own = self.newest.get(client)
        return own is None or (fact is not None and (fact.rank >= own.rank or fact.said == own.said))
