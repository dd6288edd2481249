"""Takes a server's place on one link: proves itself to the neighbour that dials it, and reads the feed."""

import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from herd import words
from herd.handshake import Hello, Proof, parse_hello, parse_proof, prove
from tests.bench.listener import HOST

PATIENCE = 30.0  # seconds until the neighbour redials
QUIET = 0.3  # seconds without a byte: what the neighbour had to catch up with is told
READ = 1 << 18
# No client of a bench is called so; a search for plain text is the quickest way past the reports.
MARK = re.compile(rb"MARK ([0-9]+) ")
DIGEST = re.compile(rb"DIGEST ([0-9]+) ")


@contextmanager
def meet(port: int, name: str, secret: str) -> Iterator[socket.socket]:
    """Listen in the place of server `name` until its neighbour has dialled and both have proved themselves."""
    with socket.create_server((HOST, port)) as listener:
        listener.settimeout(PATIENCE)
        link, _ = listener.accept()
    with link:
        link.settimeout(PATIENCE)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        dialler = parse_hello(_line(link))
        if dialler is None:
            raise ConnectionError("the neighbour did not begin with a hello")
        own = Hello(name.encode(), secrets.token_hex(8).encode(), dialler.name, secrets.token_hex(16).encode())
        link.sendall(bytes(own) + b"\n")
        if parse_proof(_line(link)) is None:
            raise ConnectionError("the neighbour did not prove itself")
        link.sendall(bytes(Proof(prove(secret.encode(), b"listener", dialler, own), 0)) + b"\n")
        _catch_up(link)
        yield link


def acknowledge(lines: bytes) -> bytes:
    """Return what a listener owes for these lines: it has the last mark, and its digest is never another."""
    owed = [words.differ(int(number), {}) for number in DIGEST.findall(lines)]
    owed += [words.ack(int(number)) for number in MARK.findall(lines)[-1:]]
    return b"".join(line + b"\n" for line in owed)


def _catch_up(link: socket.socket) -> None:
    """Read until the neighbour has told what it knew already: that is no part of any measurement."""
    link.settimeout(QUIET)
    tail = b""
    with suppress(TimeoutError):
        while data := link.recv(READ):
            whole, newline, tail = (tail + data).rpartition(b"\n")
            if owed := acknowledge(whole + newline):
                link.sendall(owed)
        raise ConnectionError("the neighbour closed the link")


def _line(link: socket.socket) -> bytes:
    """Read one line, byte by byte: what follows belongs to the reader."""
    line = b""
    while not line.endswith(b"\n"):
        got = link.recv(1)
        if not got:
            raise ConnectionError("the neighbour closed the link")
        line += got
    return line[:-1]
