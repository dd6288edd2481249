"""[access]: who may ask and who may report, by tokens."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from herd.messages import CLIENT_LIMIT, NOT_WHITE
from herd.settings import Table, flag, text

# A token is all that stands between a stranger and where people are. 16 characters of a random one are 96 bits.
TOKEN_LEAST, TOKEN_MOST = 16, 256  # characters
MAKE_ONE = "python3 -c 'import secrets; print(secrets.token_urlsafe())'"

_TOKEN = re.compile(f"[!-~]{{{TOKEN_LEAST},{TOKEN_MOST}}}")
_CLIENTS = re.compile(rb"(?:%b){0,%d}" % (NOT_WHITE, CLIENT_LIMIT))

EXPECTED = f"a token of {TOKEN_LEAST} to {TOKEN_MOST} visible ASCII characters, as `{MAKE_ONE}` makes them"
EXPECTED_LIST = f"{EXPECTED}, or a list of such"
EXPECTED_CLIENTS = 'a client, or the beginning of several and "*", as in "fleet7/*"'


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and the clients that it is for: one, all that begin as in `fleet7/*`, or with None any."""

    text: str = field(repr=False)
    clients: str | None = None


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Tokens to ask with (`read`), and to ask and report with (`write`). Without any, everyone may do everything.

    `open`: a server may listen beyond loopback even so. `mine`: what the commands of this machine say to a server.
    """

    read: tuple[Token, ...] = ()
    write: tuple[Token, ...] = ()
    open: bool = False
    mine: str | None = field(default=None, repr=False)


def read_access(table: Table, environ: Mapping[str, str]) -> AccessSettings:
    """Read the section. HERD_TOKEN of environ is `mine`; without it, the first that may write of any client."""
    read, write = _tokens(table, "read"), _tokens(table, "write")
    open_ = table.take("open", flag, "true or false") or False
    table.finish()
    if read and not write:
        raise table.error("write", "expected a token as well, for nobody could report, found none")
    texts = [token.text for token in (*read, *write)]
    if len(set(texts)) < len(texts):
        raise table.error(None, "expected tokens that differ, found one twice")
    whole = next((token.text for token in write if token.clients is None), None)
    return AccessSettings(read, write, open_, environ.get("HERD_TOKEN") or whole)


def _tokens(table: Table, key: str) -> tuple[Token, ...]:
    given = table.take(key, _listed, EXPECTED_LIST, secret=True) or []
    return tuple(_token(table, f"{key}[{place}]", value) for place, value in enumerate(given))


def _token(table: Table, place: str, value: object) -> Token:
    """Read one token. Whatever is wrong with it, it is not shown."""
    values = value if isinstance(value, dict) else {"token": value}
    inner = Table(table.file, f"{table.name}.{place}", values)
    token = inner.take("token", _text, EXPECTED, secret=True)
    clients = inner.take("clients", _clients, EXPECTED_CLIENTS)
    inner.finish()
    if token is None:
        raise inner.error("token", f"expected {EXPECTED}, found nothing")
    return Token(token, None if clients == "*" else clients)


def _listed(value: object) -> list[object]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise TypeError
    return value


def _text(value: object) -> str:
    if not _TOKEN.fullmatch(text(value)):
        raise ValueError
    return text(value)


def _clients(value: object) -> str:
    if not _CLIENTS.fullmatch(text(value).encode()):
        raise ValueError
    return text(value)
