"""Reads a JSON object whose long list is taken item by item, so that the whole never stands in memory twice."""

import re
from collections.abc import Generator, Iterator
from json import JSONDecodeError, JSONDecoder

_SPACE = re.compile(r"[ \t\n\r]*+")
_DIGITS = 4000  # of a whole number; longer ones, which int() refuses, are no ID and no degrees


def members(text: str, lists: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    """Yield each key and value of the object that the text is; a list under one of these keys item by item.

    ValueError (JSONDecodeError knows the place) where it is something else, RecursionError where brackets are
    nested too deep. NaN and Infinity, which some programs write, are read as numbers.
    """
    at = _mark(text, 0, "{", "an object")
    if text.startswith("}", _space(text, at)):
        _end(text, _space(text, at) + 1)
        return
    mark = ","
    while mark != "}":
        key, at = _DECODER.raw_decode(text, _mark(text, at, '"', "a name in quotes") - 1)
        at = _space(text, _mark(text, at, ":", "a colon"))
        if key in lists:
            at = yield from _items(text, key, _mark(text, at, "[", "a list"))
        else:
            value, at = _DECODER.raw_decode(text, at)
            yield key, value
        at = _mark(text, at, ",}", "a comma or a closing brace")
        mark = text[at - 1]
    _end(text, at)


def _items(text: str, key: str, at: int) -> Generator[tuple[str, object], None, int]:
    """Yield the list's items and return where the list ends; it begins there, after its bracket."""
    if text.startswith("]", _space(text, at)):
        return _space(text, at) + 1
    mark = ","
    while mark != "]":
        item, at = _DECODER.raw_decode(text, _space(text, at))
        yield key, item
        at = _mark(text, at, ",]", "a comma or a closing bracket")
        mark = text[at - 1]
    return at


def _mark(text: str, at: int, marks: str, expected: str) -> int:
    """Return the position after the next character, which must be one of the marks."""
    at = _space(text, at)
    if text[at : at + 1] not in tuple(marks):
        raise JSONDecodeError(f"expected {expected}", text, at)
    return at + 1


def _end(text: str, at: int) -> None:
    if _space(text, at) != len(text):
        raise JSONDecodeError("expected nothing more", text, _space(text, at))


def _space(text: str, at: int) -> int:
    """Return where the white space that may begin there ends."""
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _DIGITS else float(digits)


_DECODER = JSONDecoder(parse_int=_whole)
