"""A Redis master and its replica, without Sentinel; a fix is a SET, and a PUBLISH for those who follow."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.beside import redis_words
from tests.beside.link import HOST, Link
from tests.beside.nodes import Nodes, Side
from tests.beside.program import Program, find
from tests.beside.redis_words import Redis, RefusedError
from tests.beside.system import Fix, Follower, Said
from tests.herding import free_ports

PROGRAM = "redis-server"
CHANNEL = b"fixes"


@asynccontextmanager
async def redis_pair(folder: Path) -> AsyncIterator["RedisPair"]:
    """Run the master A and its replica B."""
    link = Link()
    port_a, port_b = free_ports(2)
    a = _program(folder, "A", port_a, "")
    b = _program(folder, "B", port_b, f" --replicaof {HOST} {await link.to(port_a)}")
    async with Nodes(link, a, b).running() as nodes:
        yield RedisPair(nodes)


class RedisPair:
    """The two."""

    name = "Redis"
    keeps_state = True
    future_wins = ""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes

    @asynccontextmanager
    async def client(self, side: Side) -> AsyncIterator["RedisClient"]:
        """Connect to a node."""
        async with redis_words.connect(self.nodes.port(side)) as redis:
            yield RedisClient(redis)

    @asynccontextmanager
    async def follow(self, side: Side) -> AsyncIterator[Follower]:
        """Subscribe to the channel: a replica publishes what its master does."""
        async with redis_words.connect(self.nodes.port(side)) as redis:

            async def told() -> list[Said]:
                match await redis.reply():
                    case [b"message", _, bytes(said)]:
                        client, _, fix = said.partition(b" ")
                        return [(client, fix)]
                return []

            await redis.call(b"SUBSCRIBE", CHANNEL)
            async with Follower(redis.writer, told) as follower:
                yield follower


class RedisClient:
    """A client that keeps a string for each client of ours."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def say(self, fixes: Sequence[Said]) -> int:
        """Set, and publish; a replica refuses the former (READONLY), and then nobody hears of it."""
        replies = await self._redis.call_all([(b"SET", client, fix) for client, fix in fixes])
        taken = [said for said, reply in zip(fixes, replies, strict=True) if not isinstance(reply, RefusedError)]
        await self._redis.call_all([(b"PUBLISH", CHANNEL, b"%b %b" % said) for said in taken])
        return len(taken)

    async def read(self, client: bytes) -> Fix | None:
        """Get."""
        reply = await self._redis.call(b"GET", client)
        return reply if isinstance(reply, bytes) else None


def _program(folder: Path, name: str, port: int, more: str) -> Program:
    home = folder / name
    home.mkdir()
    # Kept on disk as ours is: otherwise B would come back empty, which is not what is asked here.
    own = f"--bind {HOST} --port {port} --dir {home} --appendonly yes --repl-diskless-sync-delay 0{more}"
    return Program([str(find(PROGRAM)), *own.split()], (port,), folder / f"{name}.out")
