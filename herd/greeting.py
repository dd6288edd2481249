"""Who is there, by the first line of a connection: a server, a client that may come in, or nobody we know."""

from dataclasses import dataclass

from herd.access import NO_TOKEN, WRONG_TOKEN, Access, Ticket, is_auth, token_of
from herd.handshake import Hello, parse_hello
from herd.messages import ECHO_LIMIT, LINE_LIMIT, refuse

HELLO = b"HERD "  # what only a server's first line begins with


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody who says to be a server; `rest` came behind the line."""

    line: bytes
    hello: Hello
    rest: bytes


@dataclass(frozen=True, slots=True)
class Client:
    """A client that may come in; `line` is what it had to say for that, and `rest` is still to be heard."""

    line: bytes
    ticket: Ticket
    rest: bytes


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody without a token that counts, and the answer: it repeats no token, not even to who sent it."""

    line: bytes
    reason: str
    answer: bytes


def greet(unread: bytes, access: Access) -> Peer | Client | Stranger | None:
    """Tell who is there; None where the first line, or what counts of it, has not come yet."""
    if HELLO.startswith(unread[: len(HELLO)]) or unread.startswith(HELLO):
        line, newline, rest = unread.partition(b"\n")
        if not newline and len(line) <= ECHO_LIMIT:  # no hello is longer
            return None
        if newline and (hello := parse_hello(line)):
            return Peer(line, hello, rest)
    return greet_client(unread, access)


def greet_client(unread: bytes, access: Access) -> Client | Stranger | None:
    """Tell so of a connection that is no server's."""
    if (ticket := access.admit(None)) is not None:
        return Client(b"", ticket, unread)
    line, newline, rest = unread.partition(b"\n")
    if not newline and len(line) <= LINE_LIMIT:
        return None
    token = token_of(line)
    if (ticket := access.admit(token)) is not None:
        return Client(line, ticket, rest)
    return Stranger(
        line[:LINE_LIMIT], NO_TOKEN if token is None else WRONG_TOKEN, refuse(b"AUTH" if is_auth(line) else line)
    )
