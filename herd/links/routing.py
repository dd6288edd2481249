"""Decides which links carry reports at once, and looks after what the others have to tell late."""

import asyncio
from collections.abc import Mapping

from herd.links.hearing import Hearing
from herd.links.seen import Seen
from herd.links.telling import Telling
from herd.links.tree import choose, joins
from herd.node import Node

# Seconds between two looks at what is to be acknowledged, passed on or told late. At 25 ms a
# herd with little to do took 5% more CPU.
LOOK = 0.05


class Routing:
    """A server's place in the tree, and its looks at all of its links; it reads the feed to know when to look."""

    def __init__(
        self, node: Node, neighbours: int, tellings: Mapping[str, Telling], hearings: Mapping[str, Hearing]
    ) -> None:
        self.seen = Seen()
        self.filling = asyncio.Lock()  # held by the peer that tells us everything
        self._node = node
        self._me = node.name.encode()
        self._neighbours = neighbours
        self._tellings = tellings
        self._hearings = hearings
        self._loop = asyncio.get_running_loop()
        self._look: asyncio.TimerHandle | None = None
        self.place = choose(self._me, neighbours, [])

    def moved(self) -> None:
        """Look soon whether every peer has what changed."""
        if self._look is None:
            self._look = self._loop.call_later(LOOK, self._look_around)

    def end(self) -> None:
        """Look no more."""
        if self._look:
            self._look.cancel()

    def join(self) -> None:
        """Find our place in the tree anew, as links or what neighbours say have changed; they hear it at a look."""
        self._settle()
        self.moved()

    def _settle(self) -> None:
        places = {
            peer: hearing.place
            for peer, hearing in self._hearings.items()
            if hearing.place and peer in self._tellings
        }
        sound = [place for peer, place in places.items() if not self._tellings[peer].stuck]
        self.place = place = choose(self._me, self._neighbours, sound)
        for peer, telling in self._tellings.items():
            telling.join(eager=peer not in places or joins(place, places[peer]))

    def _look_around(self) -> None:
        """See to all that may wait a moment, until every peer has all and has said so."""
        self._look = None
        with self._node.guard.contain("a look at the links"):
            filling = [hearing for hearing in self._hearings.values() if hearing.fills()]
            for hearing in self._hearings.values():
                hearing.look(more=filling not in ([], [hearing]))
            self._settle()
            for telling in self._tellings.values():
                telling.look()
                telling.say_place(self.place)
            if filling or any(telling.owes for telling in self._tellings.values()):
                self.moved()
