"""The port of HTTP: whoever comes in at the server's door is a guest of the quick lane, or of aiohttp."""

from aiohttp import web

from herd.config import Address
from herd.door import HTTP, Door
from herd.node import Node
from herd.server import listen, start_listening
from web.quick.guest import Guest
from web.quick.lane import Lane


class Site(web.BaseSite):
    """Listens for a runner; CannotListenError if its port cannot be had. Without a lane aiohttp hears all."""

    def __init__(self, runner: web.AppRunner, node: Node, address: Address, lane: Lane | None) -> None:
        super().__init__(runner)
        self._node = node
        self._address = address
        self._lane = lane

    @property
    def name(self) -> str:
        """Where it listens."""
        return f"http{'s' if self._node.tls else ''}://{self._address}"

    async def start(self) -> None:
        """Begin to listen."""
        await super().start()
        gateway = self._runner.server
        assert gateway is not None  # as it is only before the runner's setup()
        node, lane = self._node, self._lane
        self._server = server = await listen(
            "HTTP", lambda: Door(node, HTTP, lambda: Guest(node, gateway, lane)), self._address
        )
        await start_listening("HTTP", server, self._address)
