"""The line protocol once more, slow and obviously right: no pattern, no line of it is shared with the herd's own.

It is written from PROTOCOL.md. Everything is exact: fractions of degrees, whole nanoseconds.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

WHITE = b" \t\r\n\f\v"
DIGITS = b"0123456789"
SECOND = 10**9
NEVER = -(10**30)  # before any time
LINE_MOST, ECHO_MOST, CLIENT_MOST, NAME_MOST = 65_536, 1_024, 1_024, 64


def split(line: bytes) -> list[bytes]:
    """Split at white space."""
    for byte in WHITE:
        line = line.replace(bytes([byte]), b" ")
    return [field for field in line.split(b" ") if field]


def is_word(text: bytes, most: int) -> bool:
    return 1 <= len(text) <= most and not any(byte in WHITE for byte in text)


def are_digits(text: bytes, least: int, most: int) -> bool:
    return least <= len(text) <= most and all(byte in DIGITS for byte in text)


def decimal(text: bytes, before: int, after: int) -> Fraction | None:
    """Read digits, and perhaps a point with more: at most so many before and after it."""
    whole, point, rest = text.partition(b".")
    if not are_digits(whole, 1, before) or not are_digits(rest, 1 if point else 0, after):
        return None
    value = 0
    for digit in whole + rest:
        value = 10 * value + DIGITS.index(digit)
    return Fraction(value, 10 ** len(rest))


def degrees(text: bytes, before: int, most: int) -> Fraction | None:
    """Read a sign and degrees."""
    value = decimal(text[1:], before, 15)
    if text[:1] not in (b"+", b"-") or value is None or value > most:
        return None
    return -value if text[:1] == b"-" else value


def location(text: bytes) -> tuple[Fraction, Fraction] | None:
    """Read latitude and longitude."""
    signs = [place for place, byte in enumerate(text) if byte in b"+-"]
    if len(signs) != 2:
        return None
    north, east = degrees(text[: signs[1]], 2, 90), degrees(text[signs[1] :], 3, 180)
    return None if signs[0] != 0 or north is None or east is None else (north, east)


def time(text: bytes) -> int | None:
    """Read POSIX seconds as nanoseconds."""
    seconds = decimal(text, 12, 18)
    return None if seconds is None else floor(seconds * SECOND)


def skew(text: bytes) -> int | None:
    """Read a skew as a server prints it."""
    whole, _, fraction = text[1:].partition(b".")
    seconds = decimal(text[1:], 12, 9)
    if text[:1] not in (b"+", b"-") or seconds is None or len(fraction) != 9 or not whole:
        return None
    return int(seconds * SECOND) * (-1 if text[:1] == b"-" else 1)


def print_skew(nanoseconds: int) -> bytes:
    seconds, nanos = divmod(abs(nanoseconds), SECOND)
    return f"{'-' if nanoseconds < 0 else '+'}{seconds}.{nanos:0>9}".encode()


def radius(text: bytes) -> Fraction | None:
    km = decimal(text, len(text), len(text))
    return None if km is None or km > 50 else km


def limit(text: bytes) -> int | None:
    count = decimal(text, len(text), 0)
    return None if count is None or count > 20 else int(count)


@dataclass(frozen=True)
class Report:
    """An AT line."""

    line: bytes
    client: bytes
    said: tuple[bytes, bytes]  # location and time
    rank: tuple[int, int, int, bytes]


def read_report(line: bytes) -> Report | None:
    """Read an AT line."""
    fields = line.split(b" ")
    if len(fields) != 6 or fields[0] != b"AT":
        return None
    _, server, ahead, client, place, said = fields
    told, late = time(said), skew(ahead)
    if not is_word(server, NAME_MOST) or not is_word(client, CLIENT_MOST):
        return None
    if location(place) is None or told is None or late is None:
        return None
    heard = told + late
    return Report(line, client, (place, said), (min(told, heard + 60 * SECOND), told, heard, line))


def read_forget(line: bytes) -> tuple[bytes, int] | None:
    """Read a FORGET line: whom, and up to which nanosecond."""
    fields = line.split(b" ")
    if len(fields) != 4 or fields[0] != b"FORGET":
        return None
    _, server, client, stamp = fields
    whole, _, fraction = stamp.partition(b".")
    seconds = decimal(stamp, 12, 9)
    if not is_word(server, NAME_MOST) or not is_word(client, CLIENT_MOST) or seconds is None:
        return None
    if len(fraction) != 9 or (whole[:1] == b"0" and whole != b"0"):  # there is one way only to write it
        return None
    return client, int(seconds * SECOND)


@dataclass(frozen=True)
class Question:
    """A WHATSAT."""

    client: bytes
    radius: Fraction
    limit: int


def read_question(fields: list[bytes]) -> Question | None:
    """Read a WHATSAT."""
    if len(fields) != 4 or fields[0] != b"WHATSAT" or not is_word(fields[1], CLIENT_MOST):
        return None
    km, count = radius(fields[2]), limit(fields[3])
    return None if km is None or count is None else Question(fields[1], km, count)


def read_said(fields: list[bytes]) -> tuple[bytes, bytes, bytes] | None:
    """Read an IAMAT: client, location, time."""
    if len(fields) != 4 or fields[0] != b"IAMAT" or not is_word(fields[1], CLIENT_MOST):
        return None
    if location(fields[2]) is None or time(fields[3]) is None:
        return None
    return fields[1], fields[2], fields[3]


class Herd:
    """What a server believes, and answers to its clients."""

    def __init__(self, name: bytes, places: bytes = b"") -> None:
        self.name = name
        self.places = places  # what follows the AT line of a WHATSAT, newlines and all
        self.known: dict[bytes, Report] = {}
        self.forgotten: dict[bytes, tuple[int, bytes]] = {}  # up to when, and the line that says so

    def believe(self, line: bytes, own: bool = False) -> None:
        """Take in a fact, if it is one and newer than what is known."""
        if forget := read_forget(line):
            self._forget(*forget, line)
        report = read_report(line)
        if report is None or report.rank[0] <= self.forgotten.get(report.client, (NEVER, b""))[0]:
            return
        old = self.known.get(report.client)
        if old is None or (report.rank > old.rank and not (own and report.said == old.said)):
            self.known[report.client] = report

    def _forget(self, client: bytes, stamp: int, line: bytes) -> None:
        self.forgotten[client] = max(self.forgotten.get(client, (NEVER, b"")), (stamp, line))
        if client in self.known and self.known[client].rank[0] <= stamp:
            del self.known[client]

    def answer(self, line: bytes, now: int) -> bytes:
        """Answer a line of a client, with the newlines that end the answer."""
        if len(line) > LINE_MOST:
            return b"? " + line[:ECHO_MOST] + b"\n"
        fields = split(line)
        if not fields:
            return b""
        if said := read_said(fields):
            client, place, told = said
            at = time(told)
            assert at is not None
            report = b" ".join([b"AT", self.name, print_skew(now - at), client, place, told])
            self.believe(report, own=True)
            return report + b"\n"
        question = read_question(fields)
        if question and question.client in self.known:
            return self.known[question.client].line + b"\n" + self.places
        return b"? " + line + b"\n"

    def converse(self, sent: bytes, now: int) -> bytes:
        """Answer all that a client sends until it ends its sending side."""
        lines = sent.split(b"\n")
        if not lines[-1]:
            lines.pop()
        return b"".join([self.answer(line, now) for line in lines])
