"""The handshake of two servers, as either end goes through it."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from herd.handshake import VERSION, Hello, Proof, is_proof, parse_hello, parse_proof, prove
from herd.links.wire import Wire

SECONDS = 5.0  # for the whole of it

DIALLER = b"dialler"
LISTENER = b"listener"


class RefusedError(ConnectionError):
    """The other end is not who it should be; its text says why, for the log."""


def new_nonce() -> bytes:
    """Return 128 random bits in hexadecimal."""
    return secrets.token_hex(16).encode()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this server is to others: name, life, the herd's secret (empty without one), and a source of nonces."""

    name: bytes
    life: bytes
    secret: bytes
    nonce: Callable[[], bytes] = new_nonce


async def prove_as_dialler(wire: Wire, me: Identity, peer: bytes) -> tuple[bytes, int]:
    """Prove ourselves to a peer we dialled; return its life, and how far it has heard ours."""
    async with asyncio.timeout(SECONDS):
        mine = Hello(me.name, me.life, peer, me.nonce())
        wire.write(bytes(mine) + b"\n")
        theirs = parse_hello(await wire.line())
        if theirs is None:
            raise RefusedError("answered our hello with something else")
        check_hello(theirs, me, (peer,))
        wire.write(bytes(Proof(prove(me.secret, DIALLER, mine, theirs))) + b"\n")
        proof = parse_proof(await wire.line())
        if proof is None or proof.heard is None:
            raise RefusedError("answered our proof with something else")
        if not is_proof(proof.digest, prove(me.secret, LISTENER, mine, theirs)):
            raise RefusedError("wrong proof: has it another secret?")
        return theirs.life, proof.heard


async def prove_as_listener(wire: Wire, me: Identity, theirs: Hello, heard: Callable[[], int]) -> None:
    """Let a dialler prove itself, whose hello was found to be in order; then prove ourselves."""
    async with asyncio.timeout(SECONDS):
        mine = Hello(me.name, me.life, theirs.name, me.nonce())
        wire.write(bytes(mine) + b"\n")
        proof = parse_proof(await wire.line())
        if proof is None or not is_proof(proof.digest, prove(me.secret, DIALLER, theirs, mine)):
            raise RefusedError("wrong proof: has it another secret?")
        wire.write(bytes(Proof(prove(me.secret, LISTENER, theirs, mine), heard())) + b"\n")


def check_hello(hello: Hello, me: Identity, neighbours: tuple[bytes, ...]) -> None:
    """Raise RefusedError unless a hello is of our version, for us, and from one of these neighbours."""
    if hello.version != VERSION:
        raise RefusedError(f"speaks version {hello.version}, we {VERSION}")
    if hello.to != me.name:
        raise RefusedError(f"wants {hello.to!r}, we are {me.name!r}")
    if hello.name not in neighbours:
        raise RefusedError(f"calls itself {hello.name!r}, which is no neighbour")
    if hello.life == me.life:
        raise RefusedError("has our own life")
