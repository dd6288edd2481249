"""Asks Google's Nearby Search, the legacy one, what is near."""

import json
from decimal import ROUND_DOWN, Decimal
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar

from herd.places.provider import INVALID_REQUEST, OVER_QUERY_LIMIT, REQUEST_DENIED, UNKNOWN_ERROR, Unavailable
from herd.position import Position

URL = "https://maps.googleapis.com/maps/api/place/nearbysearch/json"
TIMEOUT = 5.0  # seconds for the whole answer: a client waits for it, and the answers behind it wait too
CONNECT_TIMEOUT = 3.0  # seconds of these in which the connection must stand
BODY_LIMIT = 4 * 1024 * 1024  # bytes of one answer, unpacked; twenty places take about 30,000
CHUNK = 64 * 1024
MILLIMETRE = Decimal("0.000001")  # in km
# A shorter key is a placeholder: hiding such a word ("none", "key") would only spoil the places' names.
SECRET_LENGTH = 6
# Google itself answers 200 with a status in the JSON; these come from what stands before it.
STATUSES = {
    400: INVALID_REQUEST,
    401: REQUEST_DENIED,
    403: REQUEST_DENIED,
    429: OVER_QUERY_LIMIT,
}


class Google:
    """Google's Nearby Search over one session, which is made at the first request; close it at the end.

    No error text repeats an exception of aiohttp's or the address: either may hold the key.
    """

    def __init__(self, key: str | None, url: str | None = None, timeout: float = TIMEOUT) -> None:
        self._key = key
        self._url = url or URL
        self._timeout = timeout
        self._session: ClientSession | None = None

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        """Return Google's answer, also one in which it refuses; Unavailable where there is none."""
        if not self._key:
            raise Unavailable(REQUEST_DENIED, "no key for Google Places is set: see [places] in herd.toml")
        query = {"location": location_words(position), "radius": metres(radius), "key": self._key}
        try:
            # A redirect is not followed: it might take the key to another host.
            async with self._open().get(self._url, params=query, allow_redirects=False) as response:
                body = await _read(response)
        except TimeoutError:
            raise Unavailable(
                UNKNOWN_ERROR, f"the source of places did not answer within {self._timeout:g} seconds"
            ) from None
        except (ClientError, OSError, ValueError):
            raise Unavailable(UNKNOWN_ERROR, "the source of places could not be reached, or broke off") from None
        return _masked(body, self._key)

    async def close(self) -> None:
        """Close the session, and with it its connections."""
        session, self._session = self._session, None
        if session:
            await session.close()

    def _open(self) -> ClientSession:
        # A session belongs to the loop it was made in, so it is not made before that runs.
        if self._session is None:
            timeout = ClientTimeout(total=self._timeout, sock_connect=min(CONNECT_TIMEOUT, self._timeout))
            self._session = ClientSession(timeout=timeout, cookie_jar=DummyCookieJar())
        return self._session


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


async def _read(response: ClientResponse) -> bytes:
    if response.status != 200:
        status = STATUSES.get(response.status, UNKNOWN_ERROR)
        raise Unavailable(status, f"the source of places answered with HTTP status {response.status}")
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > BODY_LIMIT:
            raise Unavailable(UNKNOWN_ERROR, f"the source of places sent more than {BODY_LIMIT} bytes")
    # JSON by another name is fine; a page for people is not, whatever status it came with.
    if response.content_type != "application/json" and not body.lstrip().startswith(b"{"):
        raise Unavailable(UNKNOWN_ERROR, "the source of places answered with something that is not JSON")
    return bytes(body)


def _masked(body: bytes, key: str) -> bytes:
    """Return the answer without the key, which Google's own error messages may repeat."""
    if len(key) >= SECRET_LENGTH:
        written = {key, json.dumps(key)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1]}
        for form in sorted(written | {quote(key), quote(key, safe="")}, key=len, reverse=True):
            body = body.replace(form.encode(), b"***")
    return body
