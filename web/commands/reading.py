"""Commands of the protocol from named fields: the same parser, the same checks, the same limits as on TCP."""

import re
from collections.abc import Iterable, Mapping

from herd.fastlane import split_commands
from herd.messages import IAmAt, WhatsAt, parse_command, refuse
from herd.position import LATITUDE, LONGITUDE, Malformed
from web.fields import Number, Twice, read_form
from web.problems import Problem
from web.schema import format_seconds, to_bytes

IAMAT, WHATSAT = b"IAMAT", b"WHATSAT"
RADIUS, LIMIT = b"10", b"5"  # km and places, where a question leaves them out

_NAMES = {IAMAT: ("client", "location", "lat", "lon", "time"), WHATSAT: ("client", "radius", "limit")}
# No white space may stand in them, so a plus that a form leaves unencoded is meant for itself.
_SIGNED = ("location", "lat", "lon")
_TEXTS = ("client", "location")  # which JSON says as strings, and the others as strings or numbers
_EXPECTED = {
    "client": "a client is 1 to 1,024 bytes without white space",
    "location": "a location is +LATITUDE-LONGITUDE in plain decimals, at most 15 digits after the point",
    "lat": "lat is -90 to 90 in plain decimals, at most 15 digits after the point",
    "lon": "lon is -180 to 180 in plain decimals, at most 15 digits after the point",
    "time": "a time is POSIX seconds in plain decimals, at most 12 digits before the point and 18 after it",
    "radius": "a radius is 0 to 50 km in plain decimals",
    "limit": "a limit is 0 to 20",
}
# What stands in for the other fields when one is tried alone.
_GOOD = {"client": b"x", "location": b"+0+0", "time": b"0", "radius": b"0", "limit": b"0"}

_WHITE = re.compile(rb"[ \t\r\n\f\v]")
_DEGREES = {"lat": re.compile(LATITUDE), "lon": re.compile(LONGITUDE)}


def to_fields(report: object) -> dict[str, bytes]:
    """Return the fields of a report in JSON, those it knows; a Problem where one is of a wrong type."""
    if isinstance(report, Twice):
        raise Problem(400, f"{report.name!a} is given twice", field=report.name, answer=b"? IAMAT")
    if not isinstance(report, dict):
        raise Problem(400, "a report is a JSON object", answer=b"? IAMAT")
    return {name: _to_field(name, report[name]) for name in _NAMES[IAMAT] if name in report}


def read_report_form(form: bytes) -> dict[str, bytes]:
    """Return the fields of a report in a form; a Problem where nobody knows what it says."""
    return read_form(form, _SIGNED)


def read_iamat(fields: Mapping[str, bytes], now: int) -> bytes:
    """Return the line that the fields make; `now`, in ns since 1970, is the time where they have none."""
    values = {
        "client": _client(IAMAT, fields),
        "location": _location(fields),
        "time": fields["time"] if "time" in fields else format_seconds(now).encode(),
    }
    line = b" ".join([IAMAT, *values.values()])
    # Where one plain command was found, the whole line is it, so no field has white space in it.
    commands = split_commands(line + b"\n")
    if len(commands) != 1 or not commands[0][1]:
        _parse(IAMAT, values, fields)
    return line


def read_whatsat(fields: Mapping[str, bytes]) -> tuple[bytes, WhatsAt]:
    """Return the line and what it asks."""
    values = {
        "client": _client(WHATSAT, fields),
        "radius": fields.get("radius", RADIUS),
        "limit": fields.get("limit", LIMIT),
    }
    question = _parse(WHATSAT, values, values)
    assert isinstance(question, WhatsAt)
    return b" ".join([WHATSAT, *values.values()]), question


def _to_field(name: str, value: object) -> bytes:
    if not isinstance(value, str) or (isinstance(value, Number) and name in _TEXTS):
        expected = "a string" if name in _TEXTS else "a number or a string"
        raise Problem(400, f"{name} is {expected}", field=name, answer=b"? IAMAT")
    try:
        return to_bytes(value)
    except UnicodeEncodeError:
        raise Problem(400, f"{name} has a surrogate for no byte", field=name, answer=b"? IAMAT") from None


def _client(word: bytes, fields: Mapping[str, bytes]) -> bytes:
    if "client" not in fields:
        raise _problem(word, fields, "client", "client is missing")
    return fields["client"]


def _location(fields: Mapping[str, bytes]) -> bytes:
    given = [name for name in _DEGREES if name in fields]
    if "location" in fields:
        if given:
            raise _problem(IAMAT, fields, "location", "either location, or lat and lon, not both")
        return fields["location"]
    if not given:
        raise _problem(IAMAT, fields, "location", "location, or lat and lon, is missing")
    location = b""
    for name, pattern in _DEGREES.items():
        if name not in fields:
            raise _problem(IAMAT, fields, name, f"{name} is missing")
        value = fields[name]
        degrees = value if value[:1] in {b"+", b"-"} else b"+" + value
        if not pattern.fullmatch(degrees):
            raise _problem(IAMAT, fields, name, _EXPECTED[name])
        location += degrees
    return location


def _parse(word: bytes, values: dict[str, bytes], fields: Mapping[str, bytes]) -> IAmAt | WhatsAt:
    command = _command([word, *values.values()])
    if command:
        return command
    for name in values:  # find out which it is
        if not _command([word, *[value if other == name else _GOOD[other] for other, value in values.items()]]):
            break
    raise _problem(word, fields, name, _EXPECTED[name])


def _command(words: list[bytes]) -> IAmAt | WhatsAt | None:
    line = b" ".join(words)
    if line.split() != words:  # white space in a word would make two of it, and an empty one none
        return None
    try:
        return parse_command(line)
    except Malformed:
        return None


def _problem(word: bytes, fields: Mapping[str, bytes], name: str, detail: str) -> Problem:
    """Return the problem with a field. In its `? ` line white space within fields is percent-encoded."""
    copied: Iterable[bytes] = (fields[name] for name in _NAMES[word] if name in fields)
    escaped = [_WHITE.sub(lambda white: b"%%%02X" % ord(white[0]), value) for value in copied]
    return Problem(400, detail, field=name, answer=refuse(b" ".join([word, *escaped])))
