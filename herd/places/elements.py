"""Reads the elements of an answer of Overpass one by one, so that a long answer need not hold up everyone else."""

from collections.abc import Generator, Iterator
from json import JSONDecoder

from herd.places.provider import UNKNOWN_ERROR, Unavailable
from herd.places.scanning import mark, space

REMARK_LIMIT = 1000  # characters that a client gets to read
_decode = JSONDecoder().raw_decode


def elements(text: str) -> Iterator[object]:
    """Yield the elements of the whole answer.

    Unavailable, perhaps after some of them, where it has a remark: that is how Overpass says, with HTTP status 200,
    that it broke off (https://dev.overpass-api.de/overpass-doc/en/preface/commons.html). ValueError where the text
    is no such answer, and RecursionError where it is nested too deep.
    """
    after, found = mark(text, 0, "{")
    seen = False
    while found != "}":
        key, after = _decode(text, space(text, after))
        after, _ = mark(text, after, ":")
        if key == "elements":
            seen, after = True, (yield from _items(text, after))
        else:
            value, after = _decode(text, space(text, after))
            if key == "remark":
                said = str(value)[:REMARK_LIMIT]
                raise Unavailable(UNKNOWN_ERROR, f"the source of places did not finish: {said}")
        after, found = mark(text, after, ",}")
    if not seen or space(text, after) != len(text):
        raise ValueError("not one object with elements")


def _items(text: str, at: int) -> Generator[object, None, int]:
    """Yield the items of the list that begins there; return where it ends."""
    after, found = mark(text, at, "[")
    if text.startswith("]", space(text, after)):
        after, found = mark(text, after, "]")
    while found != "]":
        item, after = _decode(text, space(text, after))
        yield item
        after, found = mark(text, after, ",]")
    return after
