"""Two clustered nats-server nodes, core NATS: subjects and subscribers, nothing is kept."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.beside import nats_words
from tests.beside.link import HOST, Link
from tests.beside.nats_words import Nats
from tests.beside.nodes import Nodes, Side
from tests.beside.program import Program, find
from tests.beside.system import Fix, Follower, Said
from tests.herding import free_ports

PROGRAM = "nats-server"
SUBJECT = b"fix."


@asynccontextmanager
async def nats_pair(folder: Path) -> AsyncIterator["NatsPair"]:
    """Run two nodes, of which B dials A."""
    link = Link()
    port_a, port_b, route_a, route_b = free_ports(4)
    a = _program(folder, "A", port_a, route_a, "")
    b = _program(folder, "B", port_b, route_b, f" --routes nats://{HOST}:{await link.to(route_a)}")
    async with Nodes(link, a, b).running() as nodes:
        yield NatsPair(nodes)


class NatsPair:
    """The two."""

    name = "NATS core"
    keeps_state = False
    future_wins = ""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes

    @asynccontextmanager
    async def client(self, side: Side) -> AsyncIterator["NatsClient"]:
        """Connect to a node."""
        async with nats_words.connect(self.nodes.port(side)) as nats:
            yield NatsClient(nats)

    @asynccontextmanager
    async def follow(self, side: Side) -> AsyncIterator[Follower]:
        """Subscribe to everybody's fixes."""
        async with nats_words.connect(self.nodes.port(side)) as nats:

            async def told() -> list[Said]:
                subject, _, fix = await nats.message()
                return [(subject.removeprefix(SUBJECT), fix)]

            await nats.subscribe(SUBJECT + b"*")
            async with Follower(nats.writer, told) as follower:
                yield follower


class NatsClient:
    """A publisher."""

    def __init__(self, nats: Nats) -> None:
        self._nats = nats

    async def say(self, fixes: Sequence[Said]) -> int:
        """Publish."""
        await self._nats.publish([(SUBJECT + client, fix) for client, fix in fixes])
        return len(fixes)

    async def read(self, client: bytes) -> Fix | None:
        """There is nothing to ask."""
        raise NotImplementedError


def _program(folder: Path, name: str, port: int, route: int, routes: str) -> Program:
    own = f"--addr {HOST} --port {port} --name {name} --cluster_name beside --cluster nats://{HOST}:{route}{routes}"
    return Program([str(find(PROGRAM)), *own.split()], (port,), folder / f"{name}.out")
