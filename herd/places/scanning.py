"""Steps through the text of JSON from mark to mark, for those who want to know where things stand in it."""

import re

_SPACE = re.compile(r"[ \t\n\r]*+")


def space(text: str, at: int) -> int:
    """Return where the white space that may begin there ends."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def mark(text: str, at: int, expected: str) -> tuple[int, str]:
    """Return the position after the next mark, and the mark, which must be one of those expected."""
    at = space(text, at)
    found = text[at : at + 1]
    if not found or found not in expected:
        raise ValueError(f"expected one of {expected} at {at}")
    return at + 1, found
