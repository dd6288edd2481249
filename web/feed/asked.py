"""What a viewer asks for: from where, which part of the map, in which form."""

from typing import NamedTuple

from aiohttp import web

from herd.store import Store
from web.box import Box
from web.problems import Problem
from web.scope import read_box, read_since


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
    box = read_box(query["bbox"]) if "bbox" in query else None
    # The header first: a browser that comes back asks for the same address again, with its old number in it.
    for field, since in (("Last-Event-ID", headers.get("Last-Event-ID")), ("since", query.get("since"))):
        if since is not None:
            return Asked(read_since(since, store, field), box, form == "binary")
    return Asked(None, box, form == "binary")
