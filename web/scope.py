"""The scope of a question about the feed: since which number, and which part of the map."""

import re

from herd.store import Store
from web.box import Box, parse_box
from web.problems import Problem

_SINCE = re.compile(r"([!-~]{1,64}):([0-9]{1,18})")


def read_box(text: str) -> Box:
    """Read the field `bbox`; a Problem if it is malformed."""
    try:
        return parse_box(text)
    except ValueError as reason:
        raise Problem(400, str(reason), field="bbox") from None


def read_since(text: str, store: Store, field: str = "since") -> int | None:
    """Return the number in LIFE:NUMBER; None where it is of another life, or too long ago; or a Problem."""
    found = _SINCE.fullmatch(text)
    if not found:
        raise Problem(400, f"{field} is LIFE:NUMBER, as an answer before gave them", field=field)
    number = int(found[2])
    return number if found[1].encode() == store.life and store.reaches(number) else None
