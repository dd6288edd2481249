"""Tells when a server that started knows what its neighbours know, so that asking it makes sense."""

import asyncio
import time
from collections.abc import Callable

from herd.links.links import Links
from herd.node import Node

UNREACHABLE_SECONDS = 5.0  # for which a neighbour is not heard, after which nobody waits for it any more
LOOK_SECONDS = 0.1


class Readiness:
    """Waits for each neighbour until it was heard up to a mark, or not at all for a while; ready stays ready."""

    def __init__(self, node: Node, links: Links, clock: Callable[[], float] = time.monotonic) -> None:
        self._node = node
        self._links = links
        self._clock = clock
        self._silent_since = dict.fromkeys(links.neighbours, clock())  # those that are waited for

    def missing(self) -> list[str]:
        """Return the neighbours that are waited for, as of now."""
        now = self._clock()
        if self._node.turn.keeper.trouble is not None:  # while its journal is read it hears nobody
            self._silent_since = dict.fromkeys(self._silent_since, now)
        for peer, since in list(self._silent_since.items()):
            hearing = self._links.hearings.get(peer)
            if hearing is not None:
                self._silent_since[peer] = now
            # 0: all was heard that it had to tell when it said so last.
            if hearing.behind == 0 if hearing else now - since >= UNREACHABLE_SECONDS:
                del self._silent_since[peer]
        return sorted(self._silent_since)

    async def watch(self) -> None:
        """Look until ready: what happens between two questions counts as well."""
        while self.missing():  # noqa: ASYNC110 - links come and go without telling anyone
            await asyncio.sleep(LOOK_SECONDS)
        self._node.notice("-", "ready: each neighbour was caught up with, or could not be heard")
