"""Which form of an answer a request prefers: JSON or the lines of the protocol, compressed or not."""

import re
from functools import lru_cache

from aiohttp import hdrs, web

JSON, PROBLEM = "application/json", "application/problem+json"
PLAIN = "text/plain; charset=utf-8"
FORM, TEXT = "application/x-www-form-urlencoded", "text/plain"  # which bodies may be, too

_QUALITY = re.compile(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)

# How well a range fits, and how closely it names the type: *, type/*, type/subtype (RFC 9110, 12.5.1).
Rank = tuple[float, int]
_UNFIT: Rank = (0.0, 0)


def wants_plain(request: web.BaseRequest) -> bool:
    """Tell whether the request ranks text/plain above JSON; without a word about it, it does not."""
    return hdrs.ACCEPT in request.headers and prefers_plain(", ".join(request.headers.getall(hdrs.ACCEPT)))


def takes_gzip(request: web.BaseRequest) -> bool:
    """Tell whether the request names gzip, or any coding, among those it takes, and does not refuse it."""
    return accepts_gzip(", ".join(request.headers.getall(hdrs.ACCEPT_ENCODING, ())))


def accepts_gzip(accept: str) -> bool:
    """Tell the same of an Accept-Encoding (RFC 9110, 12.5.3)."""
    codings: dict[str, float] = {}
    for coding in accept.lower().split(","):
        name, *parameters = [part.strip() for part in coding.split(";")]
        codings[name] = _quality(parameters)
    return codings.get("gzip", codings.get("*", 0.0)) > 0


@lru_cache(maxsize=256)
def prefers_plain(accept: str) -> bool:
    """Tell the same of an Accept."""
    ranges: dict[str, float] = {}
    for text in accept.split(","):
        name, *parameters = [part.strip() for part in text.split(";")]
        ranges[name.lower()] = _quality(parameters)
    return _rank("text/plain", ranges) > max(_rank(JSON, ranges), _rank(PROBLEM, ranges))


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter[:1] in {"q", "Q"}:
            found = _QUALITY.fullmatch(parameter)
            return float(found[1]) if found else 0.0
    return 1.0


def _rank(kind: str, ranges: dict[str, float]) -> Rank:
    """Return what the closest range says of a media type. Where nothing fits, JSON is better than an error."""
    for closeness, name in ((3, kind), (2, f"{kind.partition('/')[0]}/*"), (1, "*/*")):
        if name in ranges:
            quality = ranges[name]
            return (quality, closeness) if quality else _UNFIT
    return _UNFIT
