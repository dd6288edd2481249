"""Positions as ISO 6709 writes them: `+34.068930-118.445127`, degrees north and east."""

import re
from decimal import Decimal
from typing import NamedTuple

# The range stands in the pattern, so that nothing is ever rounded to decide it: 90.0000001 is not a latitude.
# At most 15 digits after the point; ASCII digits only ([0-9], for \d also takes other scripts in a str). No group
# is possessive: CPython 3.11.2, which Debian 12 has, takes a point without digits for one that is not there.
LATITUDE = rb"[+-](?:90(?:\.0{1,15})?|[0-8]?[0-9](?:\.[0-9]{1,15})?)"
LONGITUDE = rb"[+-](?:180(?:\.0{1,15})?|(?:1[0-7]|0?[0-9])?[0-9](?:\.[0-9]{1,15})?)"
LOCATION = LATITUDE + LONGITUDE

_LOCATION = re.compile(b"(%b)(%b)" % (LATITUDE, LONGITUDE))


class Malformed(ValueError):
    """Bytes from outside that are not in the language; its text says which part and why."""


class Position(NamedTuple):
    """A point on Earth: exact decimal degrees, north and east positive."""

    latitude: Decimal
    longitude: Decimal


def parse_location(location: bytes) -> Position:
    """Read an ISO 6709 latitude and longitude; Malformed if it is anything else.

    >>> parse_location(b"+34.068930-118.445127")
    Position(latitude=Decimal('34.068930'), longitude=Decimal('-118.445127'))
    """
    found = _LOCATION.fullmatch(location)
    if not found:
        raise Malformed("a location is +LATITUDE-LONGITUDE in decimal degrees, with both signs")
    latitude, longitude = found.groups()
    return Position(Decimal(latitude.decode()), Decimal(longitude.decode()))
