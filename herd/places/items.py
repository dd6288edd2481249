"""Reads a JSON object whose long list is taken item by item, so that the whole never stands in memory twice."""

from collections.abc import Generator, Iterator
from json import JSONDecoder

from herd.places.scanning import end, items, mark, space

_DIGITS = 4000  # of a whole number; longer ones, which int() refuses, are no ID and no degrees


def members(text: str, lists: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    """Yield each key and value of the object that the text is; a list under one of these keys item by item.

    ValueError (JSONDecodeError knows the place) where it is something else, RecursionError where brackets are
    nested too deep. NaN and Infinity, which some programs write, are read as numbers.
    """
    at, found = mark(text, 0, "{")
    if text.startswith("}", space(text, at)):
        at, found = mark(text, at, "}")
    while found != "}":
        mark(text, at, '"')
        key, at = _decode(text, space(text, at))
        at, _ = mark(text, at, ":")
        if key in lists:
            at = yield from _under(key, items(text, at, _decode))
        else:
            value, at = _decode(text, space(text, at))
            yield key, value
        at, found = mark(text, at, ",}")
    end(text, at)


def _under(key: str, found: Generator[object, None, int]) -> Generator[tuple[str, object], None, int]:
    while True:
        try:
            item = next(found)
        except StopIteration as last:
            end_of_list: int = last.value
            return end_of_list
        yield key, item


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _DIGITS else float(digits)


_decode = JSONDecoder(parse_int=_whole).raw_decode
