"""Three nats-server nodes with a replicated JetStream stream that keeps the newest message of each subject.

Two would be no fair comparison: a stream takes writes where most of its replicas are, so a third one, on A's side
of the link, makes A's side able to go on without B.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.beside import nats_words
from tests.beside.link import HOST, Link
from tests.beside.nats_pair import PROGRAM, SUBJECT
from tests.beside.nats_words import Nats
from tests.beside.nodes import Nodes, Side
from tests.beside.program import Program, find
from tests.beside.system import PATIENCE, Fix, Follower, Said
from tests.herding import free_ports

STREAM = {
    "name": "FIXES",
    "subjects": [(SUBJECT + b"*").decode()],
    "num_replicas": 3,
    "max_msgs_per_subject": 1,
    "allow_direct": True,
    "duplicate_window": 120 * 10**9,
}
IDLE = 300 * 10**9  # nanoseconds without a pull after which a consumer is forgotten; 5 s by default
CONSUMER = {
    "stream_name": "FIXES",
    "config": {"deliver_policy": "new", "ack_policy": "none", "mem_storage": True, "inactive_threshold": IDLE},
}
NEXT = b"$JS.API.CONSUMER.MSG.NEXT.FIXES."
BATCH = 500
PULL = b'{"batch": %d, "expires": 1000000000}' % BATCH  # answered by what there is, then by a status
REFUSED_SECONDS = 5.0  # in which whatever can be written is: electing a leader takes a second or two
ANSWER_SECONDS = 2.0
RETRY = 0.1


@asynccontextmanager
async def jetstream_pair(folder: Path) -> AsyncIterator["JetstreamPair"]:
    """Run A and the third node, and B beyond the link; make the stream."""
    link = Link()
    ports, routes = free_ports(3), free_ports(3)
    ways = [await link.to(route) for route in routes]  # what nodes tell others of where they are
    a = _program(folder, "A", ports[0], routes[0], ways[0], [routes[2]])
    b = _program(folder, "B", ports[1], routes[1], ways[1], [ways[0], ways[2]])
    c = _program(folder, "C", ports[2], routes[2], ways[2], [routes[0]])
    async with Nodes(link, a, b, c).running() as nodes:
        async with nats_words.connect(ports[0]) as nats:
            await _make(nats, b"$JS.API.STREAM.CREATE.FIXES", STREAM)
        yield JetstreamPair(nodes)


class JetstreamPair:
    """A and B."""

    name = "NATS JetStream"
    keeps_state = True
    future_wins = ""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes

    @asynccontextmanager
    async def client(self, side: Side) -> AsyncIterator["JetstreamClient"]:
        """Connect to a node."""
        async with nats_words.connect(self.nodes.port(side)) as nats:
            yield JetstreamClient(nats)

    @asynccontextmanager
    async def follow(self, side: Side) -> AsyncIterator[Follower]:
        """Pull from a consumer of one's own, as often as there is something."""
        async with nats_words.connect(self.nodes.port(side)) as nats:
            made = await _make(nats, b"$JS.API.CONSUMER.CREATE.FIXES", CONSUMER)
            name = str(made["name"])

            left = 0

            async def told() -> list[Said]:
                nonlocal left
                if left == 0:
                    nats.request(NEXT + name.encode(), PULL)
                    left = BATCH
                subject, _, fix = await nats.message()
                if not subject.startswith(SUBJECT):  # a status: there is no more
                    left = 0
                    return []
                left -= 1
                return [(subject.removeprefix(SUBJECT), fix)]

            async with Follower(nats.writer, told) as follower:
                yield follower


class JetstreamClient:
    """A publisher, whose every message has an ID, so that a repetition is known; and a reader."""

    def __init__(self, nats: Nats) -> None:
        self._nats = nats

    async def say(self, fixes: Sequence[Said]) -> int:
        """Publish until each is acknowledged, as clients do while a leader is elected; not for ever."""
        left = {b"%d" % number: said for number, said in enumerate(fixes)}
        end = time.monotonic() + REFUSED_SECONDS
        while left and time.monotonic() < end:
            for reply, (client, fix) in left.items():
                headers = b"NATS/1.0\r\nNats-Msg-Id: %b %b\r\n\r\n" % (client, fix)
                self._nats.request(SUBJECT + client, fix, reply, headers)
            await self._acknowledged(left)
        return len(fixes) - len(left)

    async def read(self, client: bytes) -> Fix | None:
        """Get directly: from whichever replica is nearest."""
        headers, fix = await _answer(self._nats, b"$JS.API.DIRECT.GET.FIXES.%b%b" % (SUBJECT, client), b"")
        return None if b" 404 " in headers else fix

    async def _acknowledged(self, left: dict[bytes, Said]) -> None:
        waiting = set(left)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while waiting:
                    subject, _, answer = await self._nats.message()
                    reply = subject.rpartition(b".")[2]
                    waiting.discard(reply)
                    if answer.startswith(b"{") and "error" not in json.loads(answer):
                        left.pop(reply, None)
        except TimeoutError:
            return
        if left:
            await asyncio.sleep(RETRY)  # there is no leader now


async def _answer(nats: Nats, subject: bytes, text: bytes) -> tuple[bytes, bytes]:
    """Ask until somebody answers; return headers and text. TimeoutError if nobody ever does."""
    async with asyncio.timeout(PATIENCE):
        while True:
            inbox = nats.request(subject, text, b"%d" % time.monotonic_ns())
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    while True:
                        to, headers, answer = await nats.message()
                        if to == inbox:
                            break
            except TimeoutError:
                continue
            if not headers.startswith(b"NATS/1.0 503"):
                return headers, answer
            await asyncio.sleep(RETRY)


async def _make(nats: Nats, subject: bytes, what: object) -> dict[str, object]:
    """Have something made, once the nodes can; return what they say of it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            _, text = await _answer(nats, subject, json.dumps(what).encode())
            made: dict[str, object] = json.loads(text)
            if "error" not in made:
                return made
            await asyncio.sleep(RETRY)


def _program(folder: Path, name: str, port: int, route: int, way: int, routes: Sequence[int]) -> Program:
    own = f"--addr {HOST} --port {port} --name {name} -js --store_dir {folder / name} --cluster_name beside"
    cluster = f"--cluster nats://{HOST}:{route} --cluster_advertise {HOST}:{way}"
    known = ",".join(f"nats://{HOST}:{each}" for each in routes)
    command = [str(find(PROGRAM)), *own.split(), *cluster.split(), "--routes", known]
    return Program(command, (port,), folder / f"{name}.out")
