"""The port of HTTP: connections come in as long as the process has a descriptor left for what matters more."""

import asyncio
from typing import cast

from aiohttp import web

from herd.config import Address
from herd.node import Node
from herd.server import listen, start_listening
from web.quick.guest import Guest
from web.quick.lane import Lane


class Door(asyncio.Protocol):
    """Looks at a new connection, and hands it on to aiohttp."""

    def __init__(self, node: Node, gateway: web.Server, lane: Lane | None) -> None:
        self._node = node
        self._gateway = gateway
        self._lane = lane

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close at once what leaves no descriptor for links and logs: then nobody could be accepted."""
        connection = cast(asyncio.Transport, transport)
        sock = connection.get_extra_info("socket")
        if sock is not None and sock.fileno() > self._node.last_descriptor:
            connection.abort()
            return
        guest = Guest(self._gateway, self._lane)
        connection.set_protocol(guest)
        guest.connection_made(connection)


class Site(web.BaseSite):
    """Listens for a runner; CannotListenError if its port cannot be had."""

    def __init__(self, runner: web.AppRunner, node: Node, address: Address, *, quick: bool = True) -> None:
        super().__init__(runner)
        self._lane = Lane(runner.app) if quick else None  # aiohttp alone is what tests compare it with
        self._node = node
        self._address = address

    @property
    def name(self) -> str:
        """Where it listens."""
        return f"http://{self._address}"

    async def start(self) -> None:
        """Begin to listen."""
        await super().start()
        gateway = self._runner.server
        assert gateway is not None  # as it is only before the runner's setup()
        self._server = server = await listen("HTTP", lambda: Door(self._node, gateway, self._lane), self._address)
        await start_listening("HTTP", server, self._address)
