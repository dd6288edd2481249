"""[web]: whom the HTTP side serves beyond its own pages."""

import re
from dataclasses import dataclass

from herd.settings import Table, text, texts

ANYONE = "*"

_ORIGIN = re.compile(r"(https?)://((?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?)", re.ASCII)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`cors`: origins whose pages may read what this server says, as browsers write them; ANYONE for all."""

    cors: frozenset[str] = frozenset()


def read_web(table: Table) -> WebSettings:
    """Read the section."""
    cors = table.take("cors", _origins, 'a list of origins like "https://example.org", or "*"')
    table.finish()
    return WebSettings(cors or frozenset())


def _origins(value: object) -> frozenset[str]:
    return frozenset({ANYONE} if value == ANYONE else map(_origin, texts(value)))


def _origin(value: str) -> str:
    """Return an origin as a browser writes it: in lower case, without a port that goes without saying."""
    found = _ORIGIN.fullmatch(text(value).lower())
    if not found:
        raise ValueError
    scheme, authority = found.groups()
    return f"{scheme}://{authority.removesuffix(_DEFAULT_PORTS[scheme])}"
