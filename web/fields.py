"""JSON and forms as they stand in a body or a URL: names and values, nothing of them lost or converted."""

from collections.abc import Collection
from json import JSONDecoder
from typing import NoReturn
from urllib.parse import unquote_to_bytes

from web.problems import Problem
from web.schema import ENCODING, ERRORS

FIELDS_LIMIT = 100  # in one form


class Number(str):
    """A number from JSON, in the digits it was written with."""

    __slots__ = ()


class Twice:
    """A JSON object that says one of its fields twice, so nobody knows what it says."""

    def __init__(self, name: str) -> None:
        self.name = name


def read_json(body: bytes) -> object:
    """Return what a JSON text says, numbers as Number; a Problem if it is anything else."""
    try:
        return _DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        raise Problem(400, f"the body is not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise Problem(400, "the body's JSON is nested too deep") from None
    except ValueError as error:
        raise Problem(400, f"the body is not JSON: {error}") from None


def read_form(form: bytes, unspaced: Collection[str] = ()) -> dict[str, bytes]:
    """Return the fields of a form or of a URL's query; a Problem if there are many, or one stands twice.

    A `+` stands for a space but in the `unspaced` fields, where one can only be meant for itself:
    `curl -d location=+34.068930-118.445127` forgets to encode it.
    """
    pairs = form.split(b"&", FIELDS_LIMIT)
    if len(pairs) > FIELDS_LIMIT:
        raise Problem(400, f"there are more than {FIELDS_LIMIT} fields")
    fields: dict[str, bytes] = {}
    for pair in pairs:
        raw_name, _, raw = pair.partition(b"=")
        name = unquote_to_bytes(raw_name.replace(b"+", b" ")).decode(ENCODING, ERRORS)
        if name in fields:
            raise Problem(400, f"{name!a} is given twice", field=name)
        if pair:
            fields[name] = unquote_to_bytes(raw if name in unspaced else raw.replace(b"+", b" "))
    return fields


def _object(pairs: list[tuple[str, object]]) -> object:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    return Twice(next(name for name in names if names.count(name) > 1))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_no_constant, object_pairs_hook=_object)
