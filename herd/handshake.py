"""The first words of two servers: the handshake that proves both ends.

A connection that a server dials begins so, each line readable with `nc` or tcpdump:

    dialler   HERD 1 Goloman 5f0c... Hands 9a31...          who I am, in which life, whom I want, a nonce
    listener  HERD 1 Hands 77ab... Goloman 02c4...
    dialler   PROVE 4be1...                                  HMAC-SHA256 with the herd's secret
    listener  PROVE 90d2... 1234                             and how far it has heard this life of the dialler

The dialler proves first, so that a stranger gets nothing to guess at. Then AT lines flow from the dialler, each
batch followed by a mark; acknowledgements and answers to digests are all that comes back.
"""

import hmac
import re
from dataclasses import dataclass

from herd.messages import NAME_LIMIT, NOT_WHITE

VERSION = 1

_NAME = rb"%b{1,%d}" % (NOT_WHITE, NAME_LIMIT)
_TOKEN = rb"[0-9a-f]{16,64}"
_HELLO = re.compile(rb"HERD ([0-9]{1,6}) (%b) (%b) (%b) (%b)" % (_NAME, _TOKEN, _NAME, _TOKEN))
_PROOF = re.compile(rb"PROVE ([0-9a-f]{64})(?: ([0-9]{1,18}))?")


@dataclass(frozen=True, slots=True)
class Hello:
    """Who speaks, in which life (the random name of one run of a store), to whom, and a nonce."""

    name: bytes
    life: bytes
    to: bytes
    nonce: bytes
    version: int = VERSION

    def __bytes__(self) -> bytes:
        return b"HERD %d %b %b %b %b" % (self.version, self.name, self.life, self.to, self.nonce)


@dataclass(frozen=True, slots=True)
class Proof:
    """Knowledge of the secret; the listener's also says how far it has heard the dialler's life."""

    digest: bytes
    heard: int | None = None

    def __bytes__(self) -> bytes:
        return b"PROVE " + self.digest + (b"" if self.heard is None else b" %d" % self.heard)


def parse_hello(line: bytes) -> Hello | None:
    """Read a hello of any version; None if the line is not one (then it is a client's line)."""
    found = _HELLO.fullmatch(line)
    if not found:
        return None
    version, name, life, to, nonce = found.groups()
    return Hello(name, life, to, nonce, int(version))


def parse_proof(line: bytes) -> Proof | None:
    """Read a proof; None if the line is not one."""
    found = _PROOF.fullmatch(line)
    if not found:
        return None
    digest, heard = found.groups()
    return Proof(digest, None if heard is None else int(heard))


def prove(secret: bytes, role: bytes, dialler: Hello, listener: Hello) -> bytes:
    """Return the proof, in hexadecimal, that `role` (`dialler` or `listener`) owes the other end.

    It covers the role, so that neither end can send back what it was sent, and both hellos whole: names, lives,
    nonces and versions. Their fields hold no white space, so the joined text can be read in one way only.
    """
    text = b"\n".join((role, bytes(dialler), bytes(listener)))
    return hmac.new(secret, text, "sha256").hexdigest().encode()


def is_proof(given: bytes, wanted: bytes) -> bool:
    """Compare two proofs in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given, wanted)
