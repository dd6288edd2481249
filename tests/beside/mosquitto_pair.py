"""Two Mosquitto brokers, of which A bridges every topic to and from B; a fix is a retained message at QoS 1."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.beside import mqtt_words
from tests.beside.link import HOST, Link
from tests.beside.mqtt_words import Mqtt
from tests.beside.nodes import Nodes, Side
from tests.beside.program import Program, find
from tests.beside.system import Fix, Follower, Said
from tests.herding import free_ports

PROGRAM = "mosquitto"
TOPIC = b"fix/"


@asynccontextmanager
async def mosquitto_pair(folder: Path) -> AsyncIterator["MosquittoPair"]:
    """Run two brokers, of which A dials B."""
    link = Link()
    port_a, port_b = free_ports(2)
    bridge = (
        f"connection beside\naddress {HOST}:{await link.to(port_b)}\ntopic fix/# both 1\n"
        "cleansession false\nrestart_timeout 1\nnotifications false\n"
    )
    a = _program(folder, "A", port_a, bridge)
    b = _program(folder, "B", port_b, "")
    async with Nodes(link, a, b).running() as nodes:
        yield MosquittoPair(nodes)


class MosquittoPair:
    """The two."""

    name = "Mosquitto bridge"
    keeps_state = True
    future_wins = ""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes

    @asynccontextmanager
    async def client(self, side: Side) -> AsyncIterator["MosquittoClient"]:
        """Connect to a broker."""
        async with mqtt_words.connect(self.nodes.port(side)) as mqtt:
            yield MosquittoClient(mqtt)

    @asynccontextmanager
    async def follow(self, side: Side) -> AsyncIterator[Follower]:
        """Subscribe to everybody's fixes; what is retained comes first."""
        async with mqtt_words.connect(self.nodes.port(side)) as mqtt:

            async def told() -> list[Said]:
                topic, fix = await mqtt.message()
                return [(topic.removeprefix(TOPIC), fix)]

            await mqtt.subscribe(TOPIC + b"#")
            async with Follower(mqtt.writer, told) as follower:
                yield follower


class MosquittoClient:
    """A publisher, and a reader of what is retained."""

    def __init__(self, mqtt: Mqtt) -> None:
        self._mqtt = mqtt

    async def say(self, fixes: Sequence[Said]) -> int:
        """Publish."""
        await self._mqtt.publish([(TOPIC + client, fix) for client, fix in fixes])
        return len(fixes)

    async def read(self, client: bytes) -> Fix | None:
        """Subscribe to what is retained of one client."""
        return await self._mqtt.retained(TOPIC + client)


def _program(folder: Path, name: str, port: int, bridge: str) -> Program:
    home = folder / name
    home.mkdir()
    config = folder / f"{name}.conf"
    config.write_text(
        f"listener {port} {HOST}\nuser root\nallow_anonymous true\n"
        f"persistence true\npersistence_location {home}/\n{bridge}"
    )
    return Program([str(find(PROGRAM)), "-c", str(config)], (port,), folder / f"{name}.out")
