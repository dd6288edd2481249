"""What a request for /clients wants: everyone, those in a box, those nearest to a place, or one; each since when.

A field that stands twice is a problem, and so are fields that do not go together; unknown ones are ignored, as in
`web.reading`.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from herd.position import LATITUDE, LONGITUDE
from herd.store import Store
from web.box import Box
from web.fields import read_form
from web.problems import Problem
from web.schema import to_text
from web.scope import read_box, read_since
from web.search.globe import Place

LIMIT, LIMIT_MOST = 100, 10_000  # of the nearest clients
RADIUS_MOST = 20_100.0  # km: a little more than half way around, so everywhere, which is also what none means

_WITH = {"client": {"trail"}, "near": {"radius", "limit"}, "bbox": {"since"}, "since": {"bbox"}}
_ONLY_WITH = {"radius": "near", "limit": "near", "trail": "client"}
_FIELDS = {*_WITH, *_ONLY_WITH}
_UNSPACED = ("near", "bbox", "since", "radius", "limit")  # a plus in these is a plus, encoded or not

_SIGN = re.compile(rb"(?<![0-9.+-])(?=[0-9])")  # where a sign is missing
_NEAR = re.compile(rb"(%b),(%b)" % (LATITUDE, LONGITUDE))
_KM = re.compile(rb"[0-9]{1,5}(?:\.[0-9]{1,15})?")
_COUNT = re.compile(rb"[0-9]{1,5}")


class Near(NamedTuple):
    """At most `limit` clients, within `radius` km of a place."""

    place: Place
    radius: float
    limit: int


class Wanted(NamedTuple):
    """One client, or the nearest, or those of a box (None: the world); the last since a number of this life.

    `resumes` where a `since` was given: then `cursor` is None if it is of another life, or too old.
    """

    client: bytes | None
    near: Near | None
    box: Box | None
    resumes: bool
    cursor: int | None
    trail: bool


def read_wanted(query: bytes, store: Store, client: bytes | None = None) -> Wanted:
    """Read the query of a request for /clients, or for one client by its path; a Problem where it is malformed."""
    fields = read_form(query, _UNSPACED)
    if client is not None:
        if "client" in fields:
            raise Problem(400, "the path names the client already", field="client")
        fields["client"] = client
    _check_together(fields)
    return Wanted(
        client=fields.get("client"),
        near=_read_near(fields) if "near" in fields else None,
        box=read_box(to_text(fields["bbox"])) if "bbox" in fields else None,
        resumes="since" in fields,
        cursor=read_since(to_text(fields["since"]), store) if "since" in fields else None,
        trail=_read_trail(fields.get("trail", b"0")),
    )


def _check_together(fields: Mapping[str, bytes]) -> None:
    given = _FIELDS & fields.keys()
    for name, other in _ONLY_WITH.items():
        if name in given and other not in given:
            raise Problem(400, f"{name} goes with {other}", field=name)
    for name in (name for name in _WITH if name in given):
        for other in sorted(given - _WITH[name] - {name}):
            raise Problem(400, f"{other} does not go with {name}", field=other)


def _read_near(fields: Mapping[str, bytes]) -> Near:
    found = _NEAR.fullmatch(_SIGN.sub(b"+", fields["near"]))
    if not found:
        raise Problem(400, "near is LATITUDE,LONGITUDE in plain decimal degrees", field="near")
    radius, limit = fields.get("radius", b"%d" % RADIUS_MOST), fields.get("limit", b"%d" % LIMIT)
    if not _KM.fullmatch(radius) or float(radius) > RADIUS_MOST:
        raise Problem(400, f"a radius is 0 to {RADIUS_MOST:,.0f} km in plain decimals", field="radius")
    if not _COUNT.fullmatch(limit) or int(limit) > LIMIT_MOST:
        raise Problem(400, f"a limit is 0 to {LIMIT_MOST:,}", field="limit")
    return Near(Place(float(found[1]), float(found[2])), float(radius), int(limit))


def _read_trail(text: bytes) -> bool:
    if text not in {b"0", b"1"}:
        raise Problem(400, "trail is 0 or 1", field="trail")
    return text == b"1"
