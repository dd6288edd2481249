"""Reads the elements of an answer of Overpass one by one, so that a long answer need not hold up everyone else."""

from collections.abc import Iterator
from json import JSONDecoder

from herd.places.provider import UNKNOWN_ERROR, Unavailable
from herd.places.scanning import end, items, mark, space

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
            seen, after = True, (yield from items(text, after, _decode))
        else:
            value, after = _decode(text, space(text, after))
            if key == "remark":
                said = str(value)[:REMARK_LIMIT]
                raise Unavailable(UNKNOWN_ERROR, f"the source of places did not finish: {said}")
        after, found = mark(text, after, ",}")
    end(text, after)
    if not seen:
        raise ValueError("not one object with elements")
