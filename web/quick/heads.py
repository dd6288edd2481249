"""Which heads of a request are plain enough for the quick lane, and what they say.

Strict, so that nobody can smuggle: whoever is in front of this server and the server itself can differ about where
a request ends only over a head that is not in here. Each line ends with CR LF; a name is one of a few, and stands
once; a value is printable ASCII; there is exactly one Content-Length, in digits without a zero before them; there
is no Transfer-Encoding, and nothing that asks for another protocol, an interim answer or another coding. What is
not plain is not refused here: aiohttp sees all its bytes, and decides.
"""

import re
from typing import NamedTuple

from web.accept import FORM, JSON, TEXT, prefers_plain
from web.access import is_ours
from web.admitting import token_in

HEAD_LIMIT = 1024  # bytes; one that is longer is not plain
BODY_LIMIT = 4096  # bytes; a longer one is worth a look by others between its lines
HEADS_KEPT = 1024  # those of one client differ in nothing but the length of its body

END = b"\r\n\r\n"
_REQUEST = b"POST /iamat HTTP/1.1"
_LINE = re.compile(r"([A-Za-z-]{1,32}): ?([!-~](?:[ -~]*[!-~])?)")
_LENGTH = re.compile(r"[1-9][0-9]{0,5}")
_UTF_8 = ("", "; charset=utf-8", ";charset=utf-8", "; charset=UTF-8", ";charset=UTF-8")
_KINDS = {kind + charset: kind for kind in (JSON, FORM, TEXT) for charset in _UTF_8}
_NEEDED = frozenset({"host", "content-type", "content-length"})
_HEEDED = _NEEDED | {"accept", "authorization", "connection"}
# What clients and proxies send along, and nothing here ever reads.
_IGNORED = frozenset({"user-agent", "accept-encoding", "accept-language", "sec-fetch-mode"}) | frozenset(
    {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}
)
_KNOWN = _HEEDED | _IGNORED


class Head(NamedTuple):
    """What a plain head says."""

    length: int  # of the body, in bytes
    kind: str  # of the body: JSON, FORM or TEXT
    plain: bool  # whether lines are wanted as the answer to a report
    last: bool  # whether the connection ends with the answer
    token: bytes | None


class Heads:
    """Reads heads; knows those again that it met, because those of one client hardly ever differ."""

    def __init__(self, hosts: frozenset[str]) -> None:
        self._hosts = hosts
        self._known: dict[bytes, Head] = {}

    def __len__(self) -> int:
        """Return the count of heads that are known."""
        return len(self._known)

    def read(self, head: bytes) -> Head | None:
        """Return what a head says, which ends with END; None if it is not plain."""
        known = self._known.get(head)
        if known is None and (known := read_head(head, self._hosts)):
            if len(self._known) >= HEADS_KEPT:
                self._known.clear()
            self._known[head] = known
        return known


def read_head(head: bytes, hosts: frozenset[str]) -> Head | None:
    """Return what a head says to a server that goes by these names; None if it is not plain."""
    if len(head) > HEAD_LIMIT or not head.isascii():
        return None
    request, *lines = head.removesuffix(END).split(b"\r\n")
    fields: dict[str, str] = {}
    for line in lines:
        found = _LINE.fullmatch(line.decode())
        if not found or (name := found[1].lower()) in fields or name not in _KNOWN:
            return None
        fields[name] = found[2]
    if request != _REQUEST or not fields.keys() >= _NEEDED or not is_ours(fields["host"], hosts):
        return None
    kind, connection = _KINDS.get(fields["content-type"]), fields.get("connection", "keep-alive").lower()
    if kind is None or connection not in {"keep-alive", "close"} or not _LENGTH.fullmatch(fields["content-length"]):
        return None
    length = int(fields["content-length"])
    if length > BODY_LIMIT:
        return None
    plain = "accept" in fields and prefers_plain(fields["accept"])
    token = token_in(fields["authorization"]) if "authorization" in fields else None
    return Head(length, kind, plain, connection == "close", token)
