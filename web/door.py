"""The port of HTTP: whoever comes in at the server's door is talked to by aiohttp."""

import asyncio
from functools import partial

from aiohttp import web

from herd.config import Address
from herd.door import HTTP, Door
from herd.node import Node
from herd.server import listen, start_listening
from herd.visitor import Visitor


class Guest(Visitor):
    """Passes on what happens to a connection to aiohttp, which has no ear for those who count connections."""

    __slots__ = ("_node", "_protocol")

    def __init__(self, node: Node, gateway: web.Server) -> None:
        super().__init__()
        self._node = node
        self._protocol = gateway()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        self._protocol.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._node.admission.leave(self)
        self._protocol.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hear a part of a request."""
        self._protocol.data_received(data)

    def eof_received(self) -> None:
        """Hear that nothing more comes."""
        self._protocol.eof_received()

    def pause_writing(self) -> None:
        """Wait with the rest of an answer."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Go on with it."""
        self._protocol.resume_writing()


class Site(web.BaseSite):
    """Listens for a runner; CannotListenError if its port cannot be had."""

    def __init__(self, runner: web.AppRunner, node: Node, address: Address) -> None:
        super().__init__(runner)
        self._node = node
        self._address = address

    @property
    def name(self) -> str:
        """Where it listens."""
        return f"http{'s' if self._node.tls else ''}://{self._address}"

    async def start(self) -> None:
        """Begin to listen."""
        await super().start()
        gateway = self._runner.server
        assert gateway is not None  # as it is only before the runner's setup()
        make = partial(Guest, self._node, gateway)
        self._server = server = await listen("HTTP", lambda: Door(self._node, HTTP, make), self._address)
        await start_listening("HTTP", server, self._address)
