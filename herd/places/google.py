"""Asks Google's Nearby Search, the legacy one, what is near."""

from decimal import ROUND_DOWN, Decimal

from herd.places.asking import Asker, failed, json_body
from herd.places.cut import confirm
from herd.position import Position

URL = "https://maps.googleapis.com/maps/api/place/nearbysearch/json"
MILLIMETRE = Decimal("0.000001")  # in km


class Google:
    """Google's Nearby Search over one session; close it at the end."""

    def __init__(self, key: str, url: str | None, timeout: float) -> None:
        self._key = key
        self._url = url or URL
        self._asker = Asker(timeout, key)

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        """Return Google's answer; Unavailable where there is none, or where it refuses, then with its own words."""
        query = {"location": location_words(position), "radius": metres(radius), "key": self._key}
        reply = await self._asker.ask("GET", self._url, query=query)
        # Google itself answers 200 with a status in the JSON; any other comes from what stands before it.
        if reply.status != 200:
            raise failed(reply)
        return confirm(json_body(reply))

    async def close(self) -> None:
        """Close the session."""
        await self._asker.close()


def location_words(position: Position) -> str:
    """Return LATITUDE,LONGITUDE with every digit, without a plus sign or an exponent.

    >>> location_words(Position(Decimal("+34.068930"), Decimal("-118.445127")))
    '34.068930,-118.445127'
    """
    return f"{position.latitude:f},{position.longitude:f}"


def metres(radius: Decimal) -> str:
    """Return kilometres as metres, cut to whole millimetres: a radius may have 60,000 digits.

    >>> metres(Decimal("50")), metres(Decimal("0.0005"))
    ('50000', '0.5')
    """
    # Not by arithmetic, which rounds to 28 digits: 49.99... would become 50 and more.
    exact = radius.quantize(MILLIMETRE, ROUND_DOWN).scaleb(3)
    whole, _, fraction = f"{exact:f}".partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
