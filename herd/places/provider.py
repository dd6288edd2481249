"""The one-method door to a source of places, with what it says when there are none to be had."""

import json
from decimal import Decimal
from typing import Protocol

from herd.position import Position

# Statuses of a Nearby Search that stand for a failure:
# https://developers.google.com/maps/documentation/places/web-service/legacy/search-nearby#PlacesSearchStatus
INVALID_REQUEST = "INVALID_REQUEST"
OVER_QUERY_LIMIT = "OVER_QUERY_LIMIT"
REQUEST_DENIED = "REQUEST_DENIED"
UNKNOWN_ERROR = "UNKNOWN_ERROR"
STATUSES = {INVALID_REQUEST, OVER_QUERY_LIMIT, REQUEST_DENIED, UNKNOWN_ERROR}


class Provider(Protocol):
    """A source of places."""

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        """Return the source's own text of a Nearby Search answer for `radius` km around; else Unavailable."""


class Unavailable(Exception):
    """Places cannot be had: a Nearby Search status, and a reason without secrets that clients may read.

    `text` is the source's own answer that says so, where it gave one. `passing`: it may well be over in a moment,
    so that one more attempt is worth while.
    """

    def __init__(self, status: str, reason: str, *, text: bytes | None = None, passing: bool = False) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason
        self.text = text
        self.passing = passing

    def again(self) -> "Unavailable":
        """Return the same once more, for another who waits: an exception that is raised twice grows."""
        return Unavailable(self.status, self.reason, text=self.text, passing=self.passing)


def unavailable_text(failure: Unavailable) -> bytes:
    r"""Return the Nearby Search answer that says so, without a last newline: the source's own where there is one.

    Others are laid out as Google lays out its own.

    >>> print(unavailable_text(Unavailable("REQUEST_DENIED", "no key")).decode())
    {
       "error_message" : "no key",
       "html_attributions" : [],
       "results" : [],
       "status" : "REQUEST_DENIED"
    }
    """
    if failure.text is not None:
        return failure.text
    answer = {
        "error_message": failure.reason,
        "html_attributions": [],
        "results": [],
        "status": failure.status,
    }
    text = json.dumps(answer, indent=3, separators=(",", " : "), ensure_ascii=False)
    # A reason may quote a source that sent a lone surrogate, which UTF-8 has no bytes for.
    return text.encode("utf-8", "replace")
