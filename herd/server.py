"""A node with its doors open: the TCP port for clients and servers, and the links to its neighbours."""

import asyncio
import resource
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from herd.access import Access
from herd.config import Address, Config
from herd.conversation import Conversation
from herd.counts import Counts
from herd.links.links import Links
from herd.node import Node
from herd.places.careful import Means
from herd.places.choose import open_places
from herd.traffic import TrafficLog

BACKLOG = 4096  # connections that the kernel keeps until they are accepted: 1,000 may come at once
# asyncio takes its backlog also as the number of connections to accept before others have their turn, and goes on
# trying as often where the process has no descriptor left.
ACCEPTS_A_TURN = 16
# For links and logs, and for what was accepted and is not closed yet: that takes three turns.
SPARE_DESCRIPTORS = 64 + 3 * ACCEPTS_A_TURN


class CannotStartError(Exception):
    """Why a server cannot start as it is told to, in one line."""


class CannotListenError(CannotStartError):
    """An address that cannot be listened on."""

    def __init__(self, what: str, address: Address, error: OSError) -> None:
        super().__init__(f"cannot listen on {address} ({what}): {error.strerror or error}")


@dataclass(frozen=True, slots=True)
class RunningServer:
    """What the web gateway and tests see of a server."""

    node: Node
    links: Links
    port: int  # of TCP, also where the settings left it open
    config: Config  # of the whole herd


@asynccontextmanager
async def run_server(
    config: Config, name: str, open_traffic: Callable[[], TrafficLog], random: Random
) -> AsyncIterator[RunningServer]:
    """Run one server of the herd inside the block; CannotListenError if its TCP port cannot be had.

    It listens before anything else, so that a client that comes early waits instead of being refused.
    """
    settings = config.servers[name]
    node: Node
    links: Links
    # Bound first and read later: a server that finds its port taken leaves no trace in the log.
    listener = await listen("TCP", lambda: Conversation(node, links.meet), settings.tcp)
    try:
        # There is no node yet; once anybody can ask for places, there is.
        means, counts = Means(lambda *search: node.spawn(*search), random), Counts()  # noqa: PLW0108
        async with open_places(config.places, means, counts.spared) as provider, asyncio.TaskGroup() as tasks:
            node = Node(name, provider, open_traffic(), tasks, counts=counts, access=Access(config.access))
            neighbours = {peer: config.servers[peer].tcp for peer in settings.peers}
            links = Links(node, config.secret, neighbours, random)
            linking = tasks.create_task(links.run(), name="links")
            node.last_descriptor = _last_descriptor()
            await start_listening("TCP", listener, settings.tcp)
            node.notice("-", f"{name} listens on {settings.tcp}, life {node.life.decode()}")
            try:
                yield RunningServer(node, links, listener.sockets[0].getsockname()[1], config)
            finally:
                listener.close()
                linking.cancel()
                await _close(node)
    finally:
        listener.close()


async def listen(what: str, protocol: Callable[[], asyncio.Protocol], address: Address) -> asyncio.Server:
    """Bind a port without listening yet; CannotListenError, which says what it is for, if it cannot be had."""
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(
            protocol, address.host, address.port, backlog=ACCEPTS_A_TURN, start_serving=False
        )
    except OSError as error:
        raise CannotListenError(what, address, error) from error


async def start_listening(what: str, listener: asyncio.Server, address: Address) -> None:
    """Listen: many may come at once, and few of them are accepted in one turn."""
    try:
        await listener.start_serving()
        for sock in listener.sockets:
            with socket.fromfd(sock.fileno(), sock.family, sock.type) as same:
                same.listen(BACKLOG)
    except OSError as error:  # another process was quicker
        raise CannotListenError(what, address, error) from error


def _last_descriptor() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft - SPARE_DESCRIPTORS


async def _close(node: Node) -> None:
    for transport in list(node.clients):
        transport.abort()
    node.stop()
    await asyncio.sleep(0)  # what was aborted says so in the log
    node.notice("-", f"{node.name} stopped")
    node.traffic.close()
