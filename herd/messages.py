"""The messages of the line protocol, IAMAT, WHATSAT and AT: bytes in, bytes out, no I/O.

This is the slow lane: exact, complete and easy to check. `herd.fastlane` takes the plainly valid lines of a
busy connection past it, and the tests hold the two equal.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from herd.position import LOCATION, Malformed

# These are constants of the protocol's version, not settings: a server with smaller limits would choke on its
# neighbours' lines.
LINE_LIMIT = 64 * 1024  # bytes of a line, its newline not counted
ECHO_LIMIT = 1024  # bytes of a longer line that its refusal repeats
CLIENT_LIMIT = 1024  # bytes of a client ID
NAME_LIMIT = 64  # bytes of a server's name
RADIUS_LIMIT = 50  # km
RESULTS_LIMIT = 20  # places in one answer

SECOND = 10**9  # nanoseconds
# A report dated in the future outranks honest ones for at most this long, instead of freezing its client.
FUTURE_LIMIT = 60 * SECOND

# White space is exactly six ASCII characters; U+00A0, U+0085 and 0x1F may stand in a client ID.
NOT_WHITE = rb"[^ \t\r\n\f\v]"

_CLIENT = re.compile(rb"%b{1,%d}" % (NOT_WHITE, CLIENT_LIMIT))
_NAME = re.compile(rb"%b{1,%d}" % (NOT_WHITE, NAME_LIMIT))
_LOCATION = re.compile(LOCATION)
_TIME = re.compile(rb"[0-9]{1,12}(?:\.[0-9]{1,18})?")
_SKEW = re.compile(rb"[+-][0-9]{1,12}\.[0-9]{9}")
# Leading zeros are allowed and digits unlimited: a pattern bounds the value, so no giant is ever converted.
_RADIUS = re.compile(rb"0*+(?:50(?:\.0+)?|[0-4]?[0-9](?:\.[0-9]+)?)|0++(?:\.[0-9]+)?")
_LIMIT = re.compile(rb"0*+(?:20|1?[0-9])|0++")


@dataclass(frozen=True, slots=True)
class IAmAt:
    """A client's word of where it is: its fields, byte for byte."""

    client: bytes
    location: bytes
    time: bytes

    def heard_by(self, server: bytes, now: int) -> "At":
        """Return the report that a server makes of it at `now`, in nanoseconds since 1970."""
        skew = format_skew(now - nanoseconds(self.time))
        return At(server, skew, self.client, self.location, self.time)


@dataclass(frozen=True, slots=True)
class WhatsAt:
    """A question: at most `limit` places within `radius` km of a client."""

    client: bytes
    radius: Decimal
    limit: int


@dataclass(frozen=True, slots=True)
class At:
    """A report: which server heard a client, with what skew, where and when. Its bytes are the AT line."""

    server: bytes
    skew: bytes
    client: bytes
    location: bytes
    time: bytes

    def __bytes__(self) -> bytes:
        return b"AT %b %b %b %b %b" % (self.server, self.skew, self.client, self.location, self.time)

    @property
    def heard(self) -> int:
        """The server's clock when it heard the client: nanoseconds since 1970, from the skew as printed."""
        return nanoseconds(self.time) + nanoseconds(self.skew)

    @property
    def rank(self) -> tuple[int, int, int, bytes]:
        """What decides which of two reports of a client is newer, alike on every server: the greater one."""
        time, heard = nanoseconds(self.time), self.heard
        return min(time, heard + FUTURE_LIMIT), time, heard, bytes(self)

    def repeats(self, other: "At") -> bool:
        """Tell whether the client said the very same before: same location and time, byte for byte."""
        return (self.client, self.location, self.time) == (other.client, other.location, other.time)


def nanoseconds(seconds: bytes) -> int:
    """Return POSIX seconds, signed or not, as whole nanoseconds; digits beyond the ninth are not looked at.

    >>> nanoseconds(b"1520023934.918963997"), nanoseconds(b"-0.5")
    (1520023934918963997, -500000000)
    """
    whole, _, fraction = seconds.partition(b".")
    return int(whole + fraction[:9].ljust(9, b"0"))


def heard_of(line: bytes) -> int:
    """Return when an AT line of the store was heard, as `At.heard` does, without its other fields."""
    _, _, skew, _, _, time = line.split(b" ")
    return nanoseconds(time) + nanoseconds(skew)


def format_skew(skew: int) -> bytes:
    """Print nanoseconds as signed seconds in fixed point with nine decimals.

    >>> format_skew(263873386), format_skew(-1), format_skew(0)
    (b'+0.263873386', b'-0.000000001', b'+0.000000000')
    """
    digits = b"%+011d" % skew
    return digits[:-9] + b"." + digits[-9:]


def parse_command(line: bytes) -> IAmAt | WhatsAt:
    """Read what a client may say, from a line without its newline; Malformed if it is anything else."""
    fields = line.split()  # on bytes this splits at exactly the six ASCII white-space characters
    match fields:
        case [b"IAMAT", client, location, time]:
            _check(_CLIENT, client, "client")
            _check(_LOCATION, location, "location")
            _check(_TIME, time, "time")
            return IAmAt(client, location, time)
        case [b"WHATSAT", client, radius, limit]:
            _check(_CLIENT, client, "client")
            _check(_RADIUS, radius, "radius")
            _check(_LIMIT, limit, "limit")
            return WhatsAt(client, Decimal(radius.decode()), int(limit[-2:]))
    raise Malformed("neither IAMAT CLIENT LOCATION TIME nor WHATSAT CLIENT RADIUS LIMIT")


def parse_at(line: bytes) -> At:
    """Read an AT line, single spaces and no newline, as servers write it; Malformed if it is anything else."""
    match line.split(b" "):
        case [b"AT", server, skew, client, location, time]:
            _check(_NAME, server, "server")
            _check(_SKEW, skew, "skew")
            _check(_CLIENT, client, "client")
            _check(_LOCATION, location, "location")
            _check(_TIME, time, "time")
            return At(server, skew, client, location, time)
    raise Malformed("not AT SERVER SKEW CLIENT LOCATION TIME with single spaces")


def refuse(line: bytes) -> bytes:
    """Return the answer to a line that is not in the language: `? ` and its copy, cut where it is too long."""
    return b"? " + (line if len(line) <= LINE_LIMIT else line[:ECHO_LIMIT])


def _check(pattern: re.Pattern[bytes], field: bytes, what: str) -> None:
    if not pattern.fullmatch(field):
        raise Malformed(f"not a {what}")
