"""Writes a Nearby Search answer as Google lays out its own: sorted keys, three blanks, short lists on one line."""

from collections.abc import Mapping, Sequence
from json import JSONEncoder

INDENT = "   "
# Google's answers look as jsoncpp's StyledWriter prints: a list of plain values that is shorter stays on one line.
MARGIN = 74
_encode = JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def write_answer(
    results: Sequence[Mapping[str, object]],
    attributions: Sequence[str],
    status: str | None = None,
    info: Sequence[str] = (),
) -> bytes:
    r"""Return the answer without a last newline; status None is OK or ZERO_RESULTS, as results has it.

    `info` are remarks to programmers, which stand under info_messages as Google has them. Values are what JSON
    has; a number that is not finite is a ValueError. A lone surrogate, which UTF-8 has no bytes for, becomes "?".

    >>> print(write_answer([{"types": ["cafe", "bar"], "name": "Kaffi"}], ["© Anna"]).decode())
    {
       "html_attributions" : [ "© Anna" ],
       "results" : [
          {
             "name" : "Kaffi",
             "types" : [ "cafe", "bar" ]
          }
       ],
       "status" : "OK"
    }
    """
    answer: dict[str, object] = {"html_attributions": list(attributions)}
    if info:
        answer["info_messages"] = list(info)
    answer["results"] = list(results)
    answer["status"] = status or ("OK" if results else "ZERO_RESULTS")
    return _written(answer, "\n").encode("utf-8", "replace")


def _written(value: object, newline: str) -> str:
    """Return the value's text; newline begins each of its further lines, the indentation included."""
    if isinstance(value, str):
        return _encode(value)
    deeper = newline + INDENT
    if isinstance(value, Mapping):
        members = [f"{_encode(key)} : {_written(value[key], deeper)}" for key in sorted(value)]
        return f"{{{deeper}{f',{deeper}'.join(members)}{newline}}}" if members else "{}"
    if isinstance(value, list | tuple):
        return _list(value, newline, deeper)
    return _encode(value)


def _list(values: Sequence[object], newline: str, deeper: str) -> str:
    items = [_written(value, deeper) for value in values]
    if not items:
        return "[]"
    line = ", ".join(items)
    if len(line) + 4 < MARGIN and "\n" not in line:
        return f"[ {line} ]"
    return f"[{deeper}{f',{deeper}'.join(items)}{newline}]"
