"""Those who mean harm or are broken: strangers without the secret, and a peer that knows it and talks nonsense."""

import asyncio
from random import Random
from typing import TYPE_CHECKING, cast

from herd.handshake import Hello, Proof, parse_hello, prove
from herd.messages import LINE_LIMIT
from tests.simulation.server import PORT

if TYPE_CHECKING:
    from tests.simulation.server import Server
    from tests.simulation.world import World

NONSENSE = [  # of a peer: nothing of it may be believed, and the link goes on
    b"AT Hands +0.000000000 ghost +91.0+000.0 1520023934.500000000",
    b"AT Hands +0.000000000 ghost +10.0+180.1 1520023934.500000000",
    b"AT Hands +0.000000000 ghost nan+nan 1520023934.500000000",
    b"AT Hands +0.000000000 ghost +10.0+10.0 nan",
    b"AT Hands +1e-5 ghost +10.0+10.0 1520023934.500000000",
    b"AT Hands 0.000000000 ghost +10.0+10.0 1520023934.500000000",
    b"AT  Hands +0.000000000 ghost +10.0+10.0 1520023934.500000000",
    b"AT Hands +0.000000000 ghost +10.0+10.0",
    b"MARK 999999999999999999 1",
    b"MARK -1 1",
    b"HAVE 7 3 0 1 2",
    b"WANT 7 3 0 1 2",
    b"DIGEST 1 2 3",
    b"DIFFER 1 1024=0",
    b"DONE 5",
    b"\xff\x00\x80",
    b"",
    b"y" * 5000,
]
STAY = 20.0  # seconds at most


class Stranger(asyncio.Protocol):
    """Writes what it likes."""

    def __init__(self) -> None:
        self.heard = b""
        self.transport: asyncio.Transport
        self.over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self.over = True

    def data_received(self, data: bytes) -> None:
        """Keep what came."""
        self.heard += data


class Strangers:
    """All of a run."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._random = Random(f"{world.seed} strangers")

    async def bother(self) -> None:
        """Say to some server what it should not have to hear."""
        server = self._random.choice(self._world.up_servers())
        try:
            async with asyncio.timeout(STAY):
                stranger = await self._connect(server)
                stranger.transport.write(self._greeting(server))
                await asyncio.sleep(self._random.choice([0.5, 15]))
                stranger.transport.abort()
        except (OSError, TimeoutError):
            pass

    async def impersonate(self) -> None:
        """Prove to be a neighbour, then talk nonsense: what a broken release of ours might do."""
        random, world = self._random, self._world
        server = random.choice(world.up_servers())
        if not server.peers:
            return
        try:
            async with asyncio.timeout(STAY):
                stranger = await self._connect(server)
                mine = Hello(
                    random.choice(list(server.peers)).encode(), self._token(), server.name.encode(), self._token()
                )
                stranger.transport.write(bytes(mine) + b"\n")
                theirs = parse_hello(await self._line(stranger))
                assert theirs is not None
                secret = (world.secret or "").encode()
                stranger.transport.write(bytes(Proof(prove(secret, b"dialler", mine, theirs))) + b"\n")
                await self._line(stranger)
                world.watch.sometimes("a proven peer that talks nonsense")
                stranger.transport.write(b"\n".join(random.choices(NONSENSE, k=10)) + b"\n")
                await asyncio.sleep(random.choice([1, 10]))
                stranger.transport.abort()
        except (OSError, TimeoutError):
            pass

    async def _connect(self, server: "Server") -> Stranger:
        _, stranger = await self._world.loop.create_connection(Stranger, server.host, PORT)
        assert isinstance(stranger, Stranger)
        return stranger

    async def _line(self, stranger: Stranger) -> bytes:
        while b"\n" not in stranger.heard:
            if stranger.over:
                raise ConnectionError
            await asyncio.sleep(0.1)
        line, _, stranger.heard = stranger.heard.partition(b"\n")
        return line

    def _token(self) -> bytes:
        return b"%032x" % self._random.getrandbits(128)

    def _greeting(self, server: "Server") -> bytes:
        random, name = self._random, server.name.encode()
        peer = random.choice([*server.peers, "Evil"]).encode()
        hello = bytes(Hello(peer, self._token(), name, self._token())) + b"\n"
        return random.choice(
            [
                random.randbytes(300),
                b"HERD 1 ",
                b"z" * (LINE_LIMIT + 5000),
                hello,
                hello + b"PROVE " + b"0" * 64 + b"\n" + NONSENSE[0] + b"\n",
                hello + b"AT Hands +0.000000000 ghost +10.0+10.0 1520023934.500000000\n",
                hello.replace(b"HERD 1", b"HERD 9"),
                bytes(Hello(peer, self._token(), b"Else", self._token())) + b"\n",
                hello + b"w" * (2 * LINE_LIMIT),
            ]
        )
