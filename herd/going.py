"""How a server goes: what was begun is finished, the peers hear the last of it; each step has its time."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from herd.links.links import Links
from herd.node import Node
from herd.turn import NotKeptError

# All within 5 seconds, with what the web side needs for itself, which begins at the same moment, and a rest for the
# journal and for Python to end.
SEARCH_SECONDS = 1.0  # then searches for places are given up, and whoever waits for them hears it
ANSWER_SECONDS = 2.0  # for clients to take their answers
LINK_SECONDS = 1.0  # for peers to acknowledge the last changes


class Going:
    """The end of one server: `begin` says so to all clients, `finish` comes after the last of their answers."""

    def __init__(self, node: Node, links: Links, close_door: Callable[[], None]) -> None:
        self._node = node
        self._links = links
        self._close_door = close_door
        self._loop = asyncio.get_running_loop()
        self._began: float | None = None

    def begin(self) -> None:
        """Let nobody in any more and hear no further lines; a second call does nothing."""
        if self._began is not None:
            return
        self._began = self._loop.time()
        self._close_door()
        self._node.admission.close()
        self._giving_up = self._loop.call_later(SEARCH_SECONDS, self._node.give_up)

    async def finish(self) -> None:
        """Wait for the answers that are on their way, and for the peers to have heard everything."""
        self.begin()
        assert self._began is not None
        admission = self._node.admission
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._began + ANSWER_SECONDS):
                await admission.deserted()
        self._giving_up.cancel()
        admission.clear()
        with suppress(TimeoutError, NotKeptError):
            async with asyncio.timeout(LINK_SECONDS):
                await self._node.turn.kept()
                await self._links.told()
