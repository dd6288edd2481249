"""A source of places that is slow, out of order, or answers with garbage, as the seed wants it."""

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from herd.places.provider import OVER_QUERY_LIMIT, Unavailable
from herd.position import Position

if TYPE_CHECKING:
    from tests.simulation.world import World

GOOD = b'{\n   "html_attributions" : [],\n   "results" : [ 1, 2, 3 ],\n   "status" : "OK"\n}\n\n'


class Places:
    """Of one server."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        """Answer, sooner or later."""
        random = self._world.places_random
        if "places" not in self._world.faults:
            return GOOD
        await asyncio.sleep(random.choice([0, 0.1, 1, 20]))
        kind = random.choice(["good", "garbage", "refused"])
        if kind == "refused":
            raise Unavailable(OVER_QUERY_LIMIT, "too many")
        self._world.watch.sometimes("places that are garbage" if kind == "garbage" else "places in order")
        return GOOD if kind == "good" else random.randbytes(40)
