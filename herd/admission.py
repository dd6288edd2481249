"""Who may connect, and for how long without a stir: by the number of all, by address, and by free descriptors."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from herd.guard import Guard
from herd.networks import LOOPBACK, network_of
from herd.sections.limits import LimitsSettings
from herd.visitor import Visitor

# A visitor is looked at so often in its idle time, and so goes at most a fourth of it late. A timer for each would
# cost every line, where this costs a millisecond now and then.
LOOKS = 4
LONGEST_PAUSE = 15.0  # seconds between two looks, so that the log soon says who was refused
SLICE = 500  # visitors looked at before others have their turn


@dataclass(eq=False, slots=True)
class Place:
    """What is known of one visitor."""

    door: str
    network: str | None  # that it is counted for; None: for none
    transport: asyncio.Transport  # below TLS
    since: float | None = (
        None  # the last stir, by the loop's clock; None: still in TLS's handshake, which has a limit
    )


class Admission:
    """The connections of clients at all doors of a server; links that have proven themselves are none."""

    def __init__(
        self, limits: Callable[[], LimitsSettings], notice: Callable[[str, str], None], guard: Guard
    ) -> None:
        self.last_descriptor = sys.maxsize  # the highest that a client's connection may have
        self.refused: Counter[str] = Counter()  # by the limit
        self.idle = 0  # visitors sent away for it
        self.failed_handshakes = 0
        self.closed = False  # to everyone new
        self._limits = limits
        self._notice = notice
        self._guard = guard
        self._places: dict[Visitor, Place] = {}
        self._by_network: Counter[str] = Counter()
        self._told: Counter[str] = Counter()  # of `refused`, what the log says
        self._deserted: asyncio.Event | None = None

    def __len__(self) -> int:
        """Return the count of connections."""
        return len(self._places)

    def at(self, door: str) -> list[Visitor]:
        """Return who is talking at a door."""
        return [
            visitor for visitor, place in self._places.items() if place.door == door and place.since is not None
        ]

    def refuses(self, transport: asyncio.Transport) -> bool:
        """Count and tell that a new connection is beyond a limit."""
        limits = self._limits()
        sock = transport.get_extra_info("socket")  # a transport need not have one
        if self.closed:
            return True
        if sock is not None and sock.fileno() > self.last_descriptor:
            limit = "descriptors"  # without a spare one nobody could be accepted, nor the log rotated
        elif len(self._places) >= limits.connections:
            limit = "connections"
        elif self._by_network.get(_network(transport) or "", 0) >= limits.connections_per_address:
            limit = "connections_per_address"
        else:
            return False
        self.refused[limit] += 1
        return True

    def enter(self, visitor: Visitor, transport: asyncio.Transport, door: str) -> None:
        """Count one in."""
        network = _network(transport)
        self._places[visitor] = Place(door, network, transport)
        if network is not None:
            self._by_network[network] += 1

    def begin(self, visitor: Visitor) -> None:
        """Watch that it stirs, from now on."""
        if place := self._places.get(visitor):
            place.since = asyncio.get_running_loop().time()

    def leave(self, visitor: Visitor) -> None:
        """Count one out, who may have left already."""
        place = self._places.pop(visitor, None)
        if place is None:
            return
        if place.network is not None:
            self._by_network[place.network] -= 1
            if not self._by_network[place.network]:
                del self._by_network[place.network]
        if self._deserted and not self._places:
            self._deserted.set()

    async def watch(self) -> None:
        """Look for idle visitors, and say in the log who was refused, until cancelled."""
        while True:
            await asyncio.sleep(min(self._limits().idle / LOOKS, LONGEST_PAUSE))
            with self._guard.contain("a look at all connections"):
                self._tell_refused()
                await self._look_at_all()

    def close(self) -> None:
        """Let nobody in any more, and have everyone finish what was begun."""
        self.closed = True
        for visitor, place in list(self._places.items()):
            if place.since is not None:
                visitor.end()

    async def deserted(self) -> None:
        """Wait until nobody is here any more."""
        self._deserted = asyncio.Event()
        if self._places:
            await self._deserted.wait()

    def clear(self) -> None:
        """Close all connections at once."""
        for place in list(self._places.values()):
            place.transport.abort()

    async def _look_at_all(self) -> None:
        loop = asyncio.get_running_loop()
        for count, (visitor, place) in enumerate(list(self._places.items()), 1):
            if count % SLICE == 0:
                await asyncio.sleep(0)
            if place.since is None or visitor not in self._places:
                continue
            now, idle = loop.time(), self._limits().idle
            if visitor.stirs():
                place.since = now
            elif now - place.since >= idle:
                self.idle += 1
                visitor.dismiss(f"idle for {idle} s")

    def _tell_refused(self) -> None:
        news = self.refused - self._told
        if news:
            self._told = self.refused.copy()
            limits = ", ".join(f"{limit} {count:,}" for limit, count in news.items())
            self._notice("-", f"refused {news.total():,} more connections, by limit: {limits}")


def _network(transport: asyncio.Transport) -> str | None:
    """Return what the far end counts as; None for loopback, where a proxy may speak for everybody."""
    peer = transport.get_extra_info("peername")  # None: it is gone already
    return None if not peer or peer[0].startswith(LOOPBACK) else network_of(peer[0])
