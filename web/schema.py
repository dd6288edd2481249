"""A report as JSON: what every endpoint and the live feed say alike."""

from typing import TypedDict

from herd.messages import At
from herd.position import parse_location

# Client IDs and server names are bytes; JSON is text. Bytes that are not UTF-8 become lone surrogates (PEP 383),
# which JSON writes as \\udcXX, so that every ID survives the round trip.
ENCODING, ERRORS = "utf-8", "surrogateescape"


class ReportJson(TypedDict):
    """A report: lat and lon in degrees, time, skew and heard in seconds with their exact digits, at the AT line."""

    client: str
    location: str
    lat: float
    lon: float
    time: str
    server: str
    skew: str
    heard: str
    at: str


def to_text(value: bytes) -> str:
    """Return bytes of the protocol as text for JSON."""
    return value.decode(ENCODING, ERRORS)


def to_bytes(text: str) -> bytes:
    """Return the bytes of a text from JSON; UnicodeEncodeError for a lone surrogate that stands for no byte."""
    return text.encode(ENCODING, ERRORS)


def to_json(report: At) -> ReportJson:
    """Return a report as JSON says it."""
    latitude, longitude = parse_location(report.location)
    return {
        "client": to_text(report.client),
        "location": report.location.decode(),
        "lat": float(latitude),
        "lon": float(longitude),
        "time": report.time.decode(),
        "server": to_text(report.server),
        "skew": report.skew.decode(),
        "heard": format_seconds(report.heard),
        "at": to_text(bytes(report)),
    }


def format_seconds(nanoseconds: int) -> str:
    """Write nanoseconds since 1970 as POSIX seconds with nine decimals."""
    sign = "-" if nanoseconds < 0 else ""
    seconds, nanos = divmod(abs(nanoseconds), 10**9)
    return f"{sign}{seconds}.{nanos:09d}"
