"""The cookie of a browser that logged in: the name of its token and an end, signed with the token itself.

Nothing is kept for it, so it holds at every server of the herd and through restarts, until it ends or its token is
taken away. Whoever has it may try tokens against its signature, as with any signature: hence tokens are long.
"""

import hmac
import re

from herd.access import Access, Ticket, name_of

NAME = "herd"
SECONDS = 30 * 24 * 60 * 60  # that it lasts

_COOKIE = re.compile(r"([0-9a-f]{16})\.([0-9]{1,12})\.([0-9a-f]{64})")


def write_cookie(token: bytes, now: int) -> str:
    """Return a cookie for a token; `now` in POSIX seconds."""
    name, end = name_of(token), now + SECONDS
    return f"{name}.{end}.{_sign(token, name, end)}"


def read_cookie(cookie: str, access: Access, now: int) -> Ticket | None:
    """Return what a cookie lets its browser do; None where it is not ours, too old, or its token is gone."""
    parts = _COOKIE.fullmatch(cookie)
    known = access.find(parts[1]) if parts else None
    if parts is None or known is None:
        return None
    token, ticket = known
    end = int(parts[2])
    if not hmac.compare_digest(parts[3], _sign(token, parts[1], end)):
        return None
    return ticket if now < end else None


def _sign(token: bytes, name: str, end: int) -> str:
    key = hmac.digest(token, b"herd: key of cookies", "sha256")
    return hmac.new(key, f"{name}.{end}".encode(), "sha256").hexdigest()
