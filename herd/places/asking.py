"""Asks a source over HTTP: in time, at most so many bytes, and with no secret in what comes back."""

import json
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar

from herd import VERSION
from herd.places.provider import INVALID_REQUEST, OVER_QUERY_LIMIT, REQUEST_DENIED, UNKNOWN_ERROR, Unavailable

CONNECT_TIMEOUT = 3.0  # seconds of the whole time in which the connection must stand
BODY_LIMIT = 4 * 1024 * 1024  # bytes of one answer, unpacked; Google's twenty places take about 30,000
FAILURE_LIMIT = 64 * 1024  # bytes that are read of an answer that says what went wrong
CHUNK = 64 * 1024
# A shorter key is a placeholder: hiding such a word ("none", "key") would only spoil the places' names.
SECRET_LENGTH = 6
STATUSES = {
    400: INVALID_REQUEST,
    401: REQUEST_DENIED,
    403: REQUEST_DENIED,
    406: REQUEST_DENIED,  # Overpass, to a User-Agent that it does not take
    429: OVER_QUERY_LIMIT,
}


class Reply(NamedTuple):
    """An answer: its HTTP status, its content type, and its body, of which a failure's may be cut."""

    status: int
    kind: str
    body: bytes


class Asker:
    """One session, which is made at the first request; close it at the end.

    No error text repeats an exception of aiohttp's or the address: either may hold the key.
    """

    def __init__(self, timeout: float, secret: str | None = None, agent: str = f"herd/{VERSION}") -> None:
        self._timeout = timeout
        self._secret = secret
        self._agent = agent
        self._session: ClientSession | None = None

    async def ask(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Return what is answered, whatever its status; Unavailable where that is nothing, too late or too much."""
        try:
            # A redirect is not followed: it might take the key to another host.
            request = self._open().request(
                method, url, params=query, data=body, headers=headers, allow_redirects=False
            )
            async with request as response:
                reply = Reply(response.status, response.content_type, await _read(response))
        except TimeoutError:
            raise late(self._timeout) from None
        except (ClientError, OSError, ValueError):
            reason = "the source of places could not be reached, or broke off"
            raise Unavailable(UNKNOWN_ERROR, reason, passing=True) from None
        return reply._replace(body=masked(reply.body, self._secret))

    async def close(self) -> None:
        """Close the session, and with it its connections."""
        session, self._session = self._session, None
        if session:
            await session.close()

    def _open(self) -> ClientSession:
        # A session belongs to the loop it was made in, so it is not made before that runs.
        if self._session is None:
            timeout = ClientTimeout(total=self._timeout, sock_connect=min(CONNECT_TIMEOUT, self._timeout))
            self._session = ClientSession(
                timeout=timeout, cookie_jar=DummyCookieJar(), headers={"User-Agent": self._agent}
            )
        return self._session


def late(seconds: float) -> Unavailable:
    """Return what is said of a source that took longer than this."""
    return Unavailable(UNKNOWN_ERROR, f"the source of places did not answer within {seconds:g} seconds")


def failed(reply: Reply) -> Unavailable:
    """Return what a reply's HTTP status other than 200 means."""
    reason = f"the source of places answered with HTTP status {reply.status}"
    return Unavailable(STATUSES.get(reply.status, UNKNOWN_ERROR), reason, passing=reply.status >= 500)


def json_body(reply: Reply) -> bytes:
    """Return the body if it may be JSON: by another name is fine, a page for people is not, whatever its status."""
    if reply.kind != "application/json" and not reply.body.lstrip().startswith(b"{"):
        raise Unavailable(UNKNOWN_ERROR, "the source of places answered with something that is not JSON")
    return reply.body


def masked(body: bytes, secret: str | None) -> bytes:
    """Return the answer without the key, which Google's own error messages may repeat."""
    if secret and len(secret) >= SECRET_LENGTH:
        written = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        for form in sorted(written | {quote(secret), quote(secret, safe="")}, key=len, reverse=True):
            body = body.replace(form.encode(), b"***")
    return body


async def _read(response: ClientResponse) -> bytes:
    body = bytearray()
    limit = BODY_LIMIT if response.status == 200 else FAILURE_LIMIT
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > limit:
            break
    if len(body) > BODY_LIMIT:
        raise Unavailable(UNKNOWN_ERROR, f"the source of places sent more than {BODY_LIMIT} bytes")
    return bytes(body)
