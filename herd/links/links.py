"""Links to all neighbours: dials each for ever, lets each in, watches that they live, and has them repaired."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from ipaddress import ip_address
from random import Random
from statistics import median
from typing import cast

from herd.backoff import Backoff
from herd.config import Address
from herd.handshake import Hello
from herd.links.hearing import Hearing, Shared
from herd.links.proving import Identity, RefusedError, check_hello, new_nonce, prove_as_dialler, prove_as_listener
from herd.links.routing import Routing
from herd.links.telling import Telling
from herd.links.wire import Wire
from herd.messages import SECOND
from herd.node import Node
from herd.tls import dialling, is_for
from herd.visitor import Visitor

FIRST_REDIAL = 0.1  # seconds
LAST_REDIAL = 3.0
DIAL_SECONDS = 5.0
HEARTBEAT = 2.0  # seconds between marks
SILENCE = 3 * HEARTBEAT  # seconds without one byte, after which a link is dropped
REPAIR_SECONDS = 30.0
REPAIR_AGE = 60 * SECOND  # what was heard later may still be under way
CLOCK_LIMIT = 10 * SECOND  # off the neighbours' median by more, a server says so


class Links:
    """The state of every link, by the peer's name."""

    def __init__(
        self,
        node: Node,
        secret: str | None,
        neighbours: Mapping[str, Address],
        random: Random,
        nonce: Callable[[], bytes] = new_nonce,
    ) -> None:
        self.tellings: dict[str, Telling] = {}
        self.hearings: dict[str, Hearing] = {}
        self.neighbours = neighbours
        self._node = node
        key = (secret or "").encode("utf-8", "surrogateescape")
        self._me = Identity(node.name.encode(), node.life, key, nonce)
        self._names = {name.encode(): name for name in neighbours}
        self._random = random
        self.routing = Routing(node, len(neighbours), self.tellings, self.hearings)
        self._shared = Shared(self.routing.seen, self.routing.filling, self.routing.moved)
        self._dial_now = {name: asyncio.Event() for name in neighbours}
        self.troubles: dict[str, str] = {}  # the last one told of each peer, so that each is told once
        self._clock_is_off = False

    async def run(self) -> None:
        """Keep all links until cancelled."""
        self._node.turn.readers.append(self.routing)
        try:
            async with asyncio.TaskGroup() as group:
                for name, address in self.neighbours.items():
                    group.create_task(self._dial_for_ever(name, address), name=f"the link to {name}")
                group.create_task(self._beat_for_ever(), name="heartbeats")
                group.create_task(self._repair_for_ever(), name="repairs")
        finally:
            self._node.turn.readers.remove(self.routing)
            self.routing.end()

    def meet(self, hello: Hello, transport: asyncio.Transport, rest: bytes) -> None:
        """Take over a connection whose first line was a hello; a stranger's is closed with a logged reason."""
        peer = self._names.get(hello.name)
        try:
            self._check_address(transport)
            check_hello(hello, self._me, tuple(self._names))
            self._check_certificate(transport, hello)
        except RefusedError as reason:
            self._node.notice(peer or "-", f"refused: {reason}")
            transport.abort()
            return
        assert peer is not None
        client = cast(Visitor, transport.get_protocol())  # as which it counts until it has proven itself
        wire = Wire(self._node, f"from-{peer}")
        transport.set_protocol(wire)
        wire.connection_made(transport)
        if rest:
            wire.data_received(rest)
        self._node.spawn(f"hearing {peer}", partial(self._hear, wire, peer, hello, client))

    async def _hear(self, wire: Wire, peer: str, hello: Hello, client: Visitor) -> None:
        try:
            await prove_as_listener(wire, self._me, hello, lambda: self.routing.seen.number(hello.life))
            self._node.admission.leave(client)
            await self._keep_hearing(wire, peer, hello.life)
        except (ConnectionError, TimeoutError) as reason:
            wire.drop(str(reason) or "did not prove itself in time")
            self._node.notice(peer, f"refused: {wire.lost.result()}")
        finally:
            self._node.admission.leave(client)
            wire.drop("stopped")

    async def _keep_hearing(self, wire: Wire, peer: str, life: bytes) -> None:
        if older := self.hearings.get(peer):
            older.wire.drop("replaced by a newer connection")
        hearing = self.hearings[peer] = Hearing(self._node, wire, peer, life, self._shared)
        self._node.notice(peer, f"lets us hear its life {life.decode()} from {hearing.number} on")
        self._dial_now[peer].set()
        try:
            await asyncio.wait((wire.lost,))
        finally:
            hearing.end()
            wire.drop("stopped")
            if self.hearings.get(peer) is hearing:
                del self.hearings[peer]
            self.routing.join()
            self._node.notice(peer, f"is not heard any more: {wire.lost.result()}")

    async def _dial_for_ever(self, peer: str, address: Address) -> None:
        backoff = Backoff(FIRST_REDIAL, LAST_REDIAL, self._random)
        while True:
            self._dial_now[peer].clear()
            with self._node.guard.contain(f"the link to {peer}"):
                if await self._dial(peer, address):
                    backoff.reset()
            try:
                async with asyncio.timeout(backoff.next()):
                    await self._dial_now[peer].wait()
            except TimeoutError:
                pass

    async def _dial(self, peer: str, address: Address) -> bool:
        """Dial a peer and tell it our feed until the link is lost; tell whether it acknowledged anything."""
        telling: Telling | None = None
        wire = Wire(self._node, f"to-{peer}")
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                loop = asyncio.get_running_loop()
                transport, _ = await loop.create_connection(
                    lambda: wire, address.host, address.port, **dialling(self._node.tls, address.host)
                )
            self._check_address(transport)
            life, heard = await prove_as_dialler(wire, self._me, peer.encode())
            telling = self.tellings[peer] = Telling(self._node, wire, peer, life, heard, self.routing.seen)
            self.troubles.pop(peer, None)
            self._node.notice(peer, f"is told our feed from {telling.cursor} on; its life is {life.decode()}")
            async with asyncio.TaskGroup() as group:
                running = group.create_task(telling.run(), name=f"telling {peer}")
                self.routing.join()
                await asyncio.wait((wire.lost,))
                running.cancel()
            self._trouble(peer, wire.lost.result())
        except* (OSError, TimeoutError) as problems:
            self._trouble(peer, str(problems.exceptions[0]) or "no answer in time")
        finally:
            self.tellings.pop(peer, None)
            wire.drop("stopped")
            self.routing.join()
        return telling is not None and telling.acknowledged is not None

    async def told(self) -> None:
        """Wait until every peer that is told our feed has acknowledged what is known now."""
        async with asyncio.TaskGroup() as group:
            for telling in self.tellings.values():
                group.create_task(telling.told(), name=f"the last changes for {telling.peer}")

    def _check_address(self, transport: asyncio.BaseTransport) -> None:
        if not self._me.secret and not ip_address(transport.get_extra_info("peername")[0]).is_loopback:
            raise RefusedError("the herd has no secret, so servers talk over loopback only")

    def _check_certificate(self, transport: asyncio.BaseTransport, hello: Hello) -> None:
        tls, host = self._node.tls, self.neighbours[self._names[hello.name]].host
        if tls and tls.mutual and not is_for(transport, host):
            raise RefusedError(f"showed no certificate for {host}")

    def _trouble(self, peer: str, reason: str) -> None:
        if self.troubles.get(peer) != reason:
            self.troubles[peer] = reason
            self._node.notice(peer, f"is not told our feed: {reason}")

    async def _beat_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(HEARTBEAT)
            with self._node.guard.contain("a heartbeat"):
                ends: list[Telling | Hearing] = [*self.tellings.values(), *self.hearings.values()]
                for end in ends:
                    if loop.time() - end.wire.last_byte > SILENCE:
                        end.wire.drop(f"silent for {SILENCE:g} s")
                    else:
                        end.beat()
                self._watch_clock()

    def clocks_ahead(self) -> list[int]:
        """Return by how many nanoseconds the clocks of the neighbours that are heard are ahead of this server's."""
        return [hearing.clock_ahead for hearing in self.hearings.values() if hearing.behind is not None]

    def _watch_clock(self) -> None:
        ahead = self.clocks_ahead()
        off = bool(ahead) and abs(median(ahead)) > CLOCK_LIMIT
        if off != self._clock_is_off:
            self._clock_is_off = off
            state = f"{-median(ahead) / SECOND:+.1f} s off its neighbours' median" if off else "right again"
            self._node.notice("-", f"this server's clock is {state}")

    async def _repair_for_ever(self) -> None:
        while True:
            await asyncio.sleep(REPAIR_SECONDS * self._random.uniform(0.8, 1.2))
            if self.tellings:
                peer = self._random.choice(list(self.tellings))
                self.tellings[peer].repair_soon(self._node.clock() - REPAIR_AGE)
