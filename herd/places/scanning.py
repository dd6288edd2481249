"""Steps through the text of JSON from mark to mark, for those who want to know where things stand in it."""

import re
from collections.abc import Callable, Generator
from json import JSONDecodeError

_SPACE = re.compile(r"[ \t\n\r]*+")

# What a person is told to look for.
_WORDS = {
    "{": "an object",
    "[": "a list",
    '"': "a name in quotes",
    ":": "a colon",
    "}": "a closing brace",
    "]": "a closing bracket",
    ",}": "a comma or a closing brace",
    ",]": "a comma or a closing bracket",
}

Decode = Callable[[str, int], tuple[object, int]]  # JSONDecoder.raw_decode: a value and where it ends


def space(text: str, at: int) -> int:
    """Return where the white space that may begin there ends."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def mark(text: str, at: int, expected: str) -> tuple[int, str]:
    """Return the position after the next mark, and the mark; JSONDecodeError if it is none of those expected."""
    at = space(text, at)
    found = text[at : at + 1]
    if not found or found not in expected:
        raise JSONDecodeError(f"expected {_WORDS[expected]}", text, at)
    return at + 1, found


def items(text: str, at: int, decode: Decode) -> Generator[object, None, int]:
    """Yield the items of the list that begins there; return where it ends."""
    after, found = mark(text, at, "[")
    if text.startswith("]", space(text, after)):
        after, found = mark(text, after, "]")
    while found != "]":
        item, after = decode(text, space(text, after))
        yield item
        after, found = mark(text, after, ",]")
    return after


def end(text: str, at: int) -> None:
    """JSONDecodeError unless nothing but white space is left."""
    if space(text, at) != len(text):
        raise JSONDecodeError("expected nothing more", text, space(text, at))
