"""What a viewer asks for: from where, which part of the map, in which form."""

import re
from typing import NamedTuple

from aiohttp import web

from herd.store import Store
from web.box import Box, parse_box
from web.problems import Problem

_SINCE = re.compile(r"([!-~]{1,64}):([0-9]{1,18})")


class Asked(NamedTuple):
    """What to tell: everything where `cursor` is None, else what changed since that number."""

    cursor: int | None
    box: Box | None
    binary: bool


def read_asked(request: web.Request, store: Store) -> Asked:
    """Read the query of a request for the feed, and a browser's Last-Event-ID; a Problem if it is malformed."""
    query, headers = request.query, request.headers
    form = query.get("format", "json")
    if form not in {"json", "binary"}:
        raise Problem(400, "format is json or binary", field="format")
    box = None
    if "bbox" in query:
        try:
            box = parse_box(query["bbox"])
        except ValueError as reason:
            raise Problem(400, str(reason), field="bbox") from None
    # The header first: a browser that comes back asks for the same address again, with its old number in it.
    for field, since in (("Last-Event-ID", headers.get("Last-Event-ID")), ("since", query.get("since"))):
        if since is not None:
            return Asked(_parse_since(field, since, store), box, form == "binary")
    return Asked(None, box, form == "binary")


def _parse_since(field: str, since: str, store: Store) -> int | None:
    """Return the number in LIFE:NUMBER; None where it is of another life, or too long ago."""
    found = _SINCE.fullmatch(since)
    if not found:
        raise Problem(400, f"{field} is LIFE:NUMBER, as a frame of the feed gave them", field=field)
    life, number = found[1].encode(), int(found[2])
    return number if life == store.life and store.reaches(number) else None
