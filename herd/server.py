"""A node with its doors open: the TCP port for clients and servers, and the links to its neighbours."""

import asyncio
import resource
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from random import Random

from herd.access import Access
from herd.config import Address, Config
from herd.conversation import Conversation
from herd.counts import Counts
from herd.door import TCP, Door
from herd.forgetting import Forgetting
from herd.going import Going
from herd.journal.disk import Disk
from herd.journal.recovery import keeping, read_journal
from herd.links.links import Links
from herd.node import Node
from herd.places.careful import Means
from herd.places.choose import open_places
from herd.starting import CannotStartError
from herd.tls import open_tls
from herd.traffic import TrafficLog

__all__ = ["CannotListenError", "CannotStartError", "RunningServer", "listen", "run_server", "start_listening"]

BACKLOG = 4096  # connections that the kernel keeps until they are accepted: 1,000 may come at once
# asyncio takes its backlog also as the number of connections to accept before others have their turn, and goes on
# trying as often where the process has no descriptor left.
ACCEPTS_A_TURN = 16
# For links and logs, and for what was accepted and is not closed yet: that takes three turns.
SPARE_DESCRIPTORS = 64 + 3 * ACCEPTS_A_TURN


class CannotListenError(CannotStartError):
    """An address that cannot be listened on."""

    def __init__(self, what: str, address: Address, error: OSError) -> None:
        super().__init__(f"cannot listen on {address} ({what}): {error.strerror or error}")


@dataclass(frozen=True, slots=True)
class RunningServer:
    """What the web gateway and tests see of a server."""

    node: Node
    links: Links
    forgetting: Forgetting
    port: int  # of TCP, also where the settings left it open
    config: Config  # of the whole herd
    going: Going  # to be begun by whoever has more to end than the server
    begun: asyncio.Event  # its journal is read: from now on it knows what it knew before


@asynccontextmanager
async def run_server(
    config: Config,
    name: str,
    open_traffic: Callable[[], TrafficLog],
    random: Random,
    disk: Disk | None = None,
) -> AsyncIterator[RunningServer]:
    """Run one server of the herd inside the block; CannotListenError if its TCP port cannot be had.

    It listens before anything else, so that a client that comes early waits instead of being refused: until the
    journal on `disk` is read (without one, what is known ends with the server). CannotStartError, within the
    block, if that cannot be had.
    """
    settings = config.servers[name]
    node: Node
    links: Links
    # Bound first and read later: a server that finds its port taken leaves no trace in the log.
    tls = open_tls(config.tls)
    listener = await listen("TCP", lambda: Door(node, TCP, lambda: Conversation(node, links.meet)), settings.tcp)
    try:
        # There is no node yet; once anybody can ask for places, there is.
        means, counts = Means(lambda *search: node.spawn(*search), random), Counts()  # noqa: PLW0108
        async with open_places(config.places, means, counts.spared) as provider, asyncio.TaskGroup() as tasks:
            node = Node(
                name,
                provider,
                open_traffic(),
                tasks,
                counts=counts,
                access=Access(config.access),
                limits=config.limits,
                tls=tls,
            )
            neighbours = {peer: config.servers[peer].tcp for peer in settings.peers}
            links = Links(node, config.secret, neighbours, random)
            node.admission.last_descriptor = _last_descriptor()
            _have_wait("TCP", listener, settings.tcp)
            node.notice("-", f"{name} listens on {settings.tcp}, life {node.life.decode()}")
            forgetting = Forgetting(node, config.limits, links.clocks_ahead)
            going = Going(node, links, listener.close)
            work = (links.run, forgetting.run, node.admission.watch)
            async with _beginning(node, going, work, listener, config, disk) as begun:
                port = listener.sockets[0].getsockname()[1]
                yield RunningServer(node, links, forgetting, port, config, going, begun)
    finally:
        listener.close()


@asynccontextmanager
async def _beginning(
    node: Node,
    going: Going,
    work: Sequence[Callable[[], Coroutine[None, None, None]]],
    listener: asyncio.Server,
    config: Config,
    disk: Disk | None,
) -> AsyncIterator[asyncio.Event]:
    """Have the node read its journal, then let clients in and do its work, until the block ends.

    Then it goes in order; what its last turns changed is in the journal before that is closed.
    """
    begun = asyncio.Event()
    async with keeping(node, disk, config.journal.fsync) if disk else nullcontext() as journal:

        async def begin() -> None:
            if journal:
                await read_journal(node, journal)
            if not node.admission.closed:  # while it was still reading
                await start_listening("TCP", listener, config.servers[node.name].tcp)
            begun.set()
            async with asyncio.TaskGroup() as group:
                for lasting in work:
                    group.create_task(lasting())

        beginning = node.tasks.create_task(begin(), name="all that a server does by itself")
        try:
            yield begun
        finally:
            await going.finish()
            beginning.cancel()
            await _close(node)


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
    except OSError as error:  # another process was quicker
        raise CannotListenError(what, address, error) from error
    _have_wait(what, listener, address)


def _have_wait(what: str, listener: asyncio.Server, address: Address) -> None:
    """Have the kernel let many connect, who wait there until they are accepted."""
    try:
        for sock in listener.sockets:
            with socket.fromfd(sock.fileno(), sock.family, sock.type) as same:
                same.listen(BACKLOG)
    except OSError as error:  # another process was quicker
        raise CannotListenError(what, address, error) from error


def _last_descriptor() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft - SPARE_DESCRIPTORS


async def _close(node: Node) -> None:
    node.stop()
    await asyncio.sleep(0)  # what was aborted says so in the log
    node.notice("-", f"{node.name} stopped")
    node.traffic.close()
