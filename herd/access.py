"""Who may do what: the tokens of a server, what each grants, and who is inside on the strength of one."""

import hmac
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from herd.sections.access import AccessSettings, Token

# Kinds of refusals.
NO_TOKEN, WRONG_TOKEN, BEYOND_TOKEN = "no token", "wrong token", "beyond its token"

_AUTH = b"AUTH"


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody may do: ask, and where it `writes` report, about the clients that it covers.

    `clients` is an ID, the beginning of some and `*`, or None for all.
    """

    writes: bool
    clients: bytes | None = None

    @property
    def full(self) -> bool:
        """Whether there is nothing that it does not cover."""
        return self.writes and self.clients is None

    def covers(self, client: bytes) -> bool:
        """Tell whether a client is one of its."""
        if self.clients is None:
            return True
        if self.clients.endswith(b"*"):
            return client.startswith(self.clients[:-1])
        return client == self.clients


EVERYTHING = Grant(writes=True)
NOTHING = Grant(writes=False, clients=b"")  # no client has an empty ID


@dataclass(frozen=True, slots=True)
class Ticket:
    """What lets somebody in: the name of a token (empty: none was needed), and what it grants."""

    token: str
    grant: Grant


ANYBODY = Ticket("", EVERYTHING)


class Access:
    """The tokens that count now. `replace` makes it others, and shows out whoever came in by one that is gone."""

    def __init__(self, settings: AccessSettings) -> None:
        self.refused: Counter[str] = Counter()  # by kind, at all doors
        self._inside: dict[Callable[[], None], Ticket] = {}
        self._set(settings)

    @property
    def guarded(self) -> bool:
        """Whether a token is needed."""
        return bool(self._known)

    @property
    def own(self) -> str | None:
        """A token with which this server may ask the others of the herd, who have the same; None without one."""
        return self._own

    @property
    def inside(self) -> int:
        """How many came in and have not gone."""
        return len(self._inside)

    def admit(self, token: bytes | None) -> Ticket | None:
        """Return what a token lets its bearer do; None where that is nothing.

        How long it takes says nothing of how near a guess came: what is looked up is a hash, and what it finds
        is compared in constant time.
        """
        if not self._known:
            return ANYBODY
        if token is None:
            return None
        name = name_of(token)
        secret, grant = self._known.get(name, (b"", None))
        return Ticket(name, grant) if hmac.compare_digest(secret, token) and grant else None

    def find(self, name: str) -> tuple[bytes, Ticket] | None:
        """Return the token of a name with what it grants: for whoever signs with it."""
        found = self._known.get(name)
        return found and (found[0], Ticket(name, found[1]))

    def enter(self, ticket: Ticket, show_out: Callable[[], None]) -> None:
        """Note that somebody is inside; `show_out` is called where the ticket does not count any more."""
        self._inside[show_out] = ticket

    def leave(self, show_out: Callable[[], None]) -> None:
        """Note that somebody has gone, or never came in."""
        self._inside.pop(show_out, None)

    def replace(self, settings: AccessSettings) -> int:
        """Have these tokens from now on; end what came in by others, and return how many connections that were."""
        self._set(settings)
        gone = [show_out for show_out, ticket in self._inside.items() if not self._counts(ticket)]
        for show_out in gone:
            self.leave(show_out)
            show_out()
        return len(gone)

    def _set(self, settings: AccessSettings) -> None:
        tokens = [(token, False) for token in settings.read] + [(token, True) for token in settings.write]
        self._known = {name_of(token.text.encode()): _granted(token, writes) for token, writes in tokens}
        self._own = next((token.text for token, _ in tokens if token.clients is None), None)

    def _counts(self, ticket: Ticket) -> bool:
        found = self._known.get(ticket.token)
        return not self._known or (found is not None and found[1] == ticket.grant)


def _granted(token: Token, writes: bool) -> tuple[bytes, Grant]:
    clients = None if token.clients is None else token.clients.encode()
    return token.text.encode(), Grant(writes, clients)


def name_of(token: bytes) -> str:
    """Return a name by which a token may be spoken of without being told: a hash of it."""
    return hmac.new(token, b"herd: name of a token", "sha256").hexdigest()[:16]


def is_auth(line: bytes) -> bool:
    """Tell whether a line is AUTH with whatever behind it, which must not be repeated."""
    return line.split(maxsplit=1)[:1] == [_AUTH]


def token_of(line: bytes) -> bytes | None:
    """Return the token in a line AUTH TOKEN; None where it is another line."""
    match line.split():
        case [word, token] if word == _AUTH:
            return token
    return None
