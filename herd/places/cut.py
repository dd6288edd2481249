"""Cuts the text of a Nearby Search answer down to its first results, byte for byte as the provider wrote it."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from json import JSONDecoder
from typing import NoReturn

from herd.places.provider import UNKNOWN_ERROR, Unavailable
from herd.places.scanning import mark, space

# A status is a word for programs; anything else in its place is not repeated.
_STATUS = re.compile(r"[A-Z_]{1,40}")
_REASON_LIMIT = 1000  # characters of a provider's error_message that a client gets to read
# A CRLF is a newline too; inside strings JSON has none, so this needs no parser.
_NEWLINES = re.compile(rb"(\r*\n)(?:\r*\n)+")


def cut(text: bytes, limit: int) -> bytes:
    r"""Return the text with at most `limit` results, single newlines and none at either end.

    What stays keeps its bytes, also those that are not UTF-8. Of a `results` named twice both are cut, so
    that no reader finds too many. Unavailable where the text is not a Nearby Search answer.

    >>> cut(b'{\n   "results" : [ 1, 2.50 ]\n}\n\n', 1)
    b'{\n   "results" : [ 1 ]\n}'
    """
    with _no_answer():
        kept = _cut(_characters(text), limit)
    # A newline at the beginning would make an empty line after the AT line, where the answer is to end.
    return _NEWLINES.sub(rb"\1", kept.encode("utf-8", "surrogateescape")).strip(b"\r\n")


def confirm(text: bytes) -> bytes:
    """Return the text of a Nearby Search answer as it is; Unavailable where it is none, or says that it failed."""
    with _no_answer():
        fields = {key: value for key, _, value in _members(_characters(text))}
        if "results" not in fields:
            _complain(fields)
        if not isinstance(fields["results"], list):
            raise ValueError("results is not a list")  # noqa: TRY004 -- of a text that is no answer
    status = fields.get("status")
    if status in ("OK", "ZERO_RESULTS") or not _is_status(status):
        return text
    raise _refusal(fields, cut(text, 0))


@contextmanager
def _no_answer() -> Iterator[None]:
    """Turn what the block finds wrong with a text into Unavailable."""
    try:
        yield
    except (ValueError, RecursionError):
        raise Unavailable(UNKNOWN_ERROR, "the source of places answered with no Nearby Search JSON") from None


def _characters(text: bytes) -> str:
    # surrogateescape turns every byte that is not UTF-8 into one character, and back into that byte.
    return text.removeprefix(BOM_UTF8).decode("utf-8", "surrogateescape")


def _cut(text: str, limit: int) -> str:
    pieces: list[str] = []
    done = 0  # so far text is in the pieces, or left out
    fields: dict[object, object] = {}
    for key, begin, value in _members(text):
        fields[key] = value
        if key == "results":
            if not isinstance(value, list):
                raise ValueError("results is not a list")
            leave, resume = _left_out(text, begin, limit)
            pieces.append(text[done:leave])
            done = resume
    if not pieces:
        _complain(fields)
    return "".join(pieces) + text[done:]


def _members(text: str) -> Iterator[tuple[object, int, object]]:
    """Yield each key of the one object that the text is, where its value begins, and the value."""
    after, found = mark(text, 0, "{")
    if text.startswith("}", space(text, after)):
        after, found = mark(text, after, "}")
    while found != "}":
        mark(text, after, '"')
        key, after = _DECODER.raw_decode(text, space(text, after))
        after, _ = mark(text, after, ":")
        begin = space(text, after)
        value, after = _DECODER.raw_decode(text, begin)
        yield key, begin, value
        after, found = mark(text, after, ",}")
    if space(text, after) != len(text):
        raise ValueError("more text after the object")


def _left_out(text: str, begin: int, limit: int) -> tuple[int, int]:
    """Return from where to where the list that begins there is left out; its form was checked before."""
    leave = after = begin + 1
    if text.startswith("]", space(text, after)):
        return leave, leave
    count, found = 0, ","
    while found != "]":
        _, end = _DECODER.raw_decode(text, space(text, after))
        count += 1
        if count <= limit:
            leave = end
        after, found = mark(text, end, ",]")
    # The white space before the bracket stays, except in an empty list, which Google writes as [].
    return leave, end if limit else after - 1


def _complain(fields: Mapping[object, object]) -> NoReturn:
    """Raise what an answer without results says of itself: a denied key may leave them out."""
    if fields.get("status") == "OK" or not _is_status(fields.get("status")):
        raise ValueError("neither results nor a status that says why")
    raise _refusal(fields)


def _refusal(fields: Mapping[object, object], text: bytes | None = None) -> Unavailable:
    status, reason = str(fields["status"]), fields.get("error_message")
    said = reason if isinstance(reason, str) else "the source of places gave no reason"
    # Google asks to try once more where it does not know what went wrong.
    return Unavailable(status, said[:_REASON_LIMIT], text=text, passing=status == UNKNOWN_ERROR)


def _is_status(status: object) -> bool:
    return isinstance(status, str) and _STATUS.fullmatch(status) is not None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# Numbers stay text: they are only stepped over, and a giant one would be an error of int().
_DECODER = JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant)
