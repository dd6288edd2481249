"""Measures how late reports reach the healthy servers of a herd where one peer, or one viewer, stands still (L3).

Two runs of one seed differ in that alone. Virtual time shows what waits for whom; it costs no processor, so a loop
that is busy for a stalled peer is not seen here.
"""

import asyncio
from dataclasses import replace
from itertools import combinations

from tests.simulation.crossing import UP_SECONDS
from tests.simulation.faults import ELSEWHERE
from tests.simulation.knobs import turned
from tests.simulation.seed import until
from tests.simulation.server import Server
from tests.simulation.viewers import Viewer
from tests.simulation.world import World

PEER, VIEWER, NOTHING = "a peer", "a viewer", "nothing"
REPORTS = 120
APART = 0.1  # seconds between two reports: 12 s, so the silence of the peer is noticed meanwhile
STEP = 0.001  # seconds between two looks


def delays(seed: int, stalled: str) -> list[float]:
    """Return the seconds, in order of size, that each report took to the last healthy server."""
    names = ["Goloman", "Hands", "Holiday", "Welsh"]
    world = World(seed, ELSEWHERE, (names, list(combinations(names, 2))))
    world.faults = []
    # Small enough that what is told to a peer that stands still soon fills its link.
    world.knobs = world.network.knobs = replace(world.knobs, windows=(4096,), buffer=4096, in_flight=4096)
    with turned(world.knobs):
        try:
            return sorted(world.loop.run(_measure(world, stalled), world.driver))
        finally:
            world.loop.wind_up()


async def _measure(world: World, stalled: str) -> list[float]:
    servers = list(world.servers.values())
    for server in servers:
        server.start()
    async with asyncio.timeout(UP_SECONDS):
        await until(lambda: all(s.begun and len(s.witness.links.tellings) == len(s.peers) for s in servers))
    first, *others, last = servers
    if stalled == PEER:
        last.pause()
    elif stalled == VIEWER:
        viewer = Viewer(world, first)
        viewer.come()
        viewer.screen.read(on=False)
    caller = await world.clients.call(first)
    took, full = [], False
    for number in range(REPORTS):
        client, began = b"%d-" % number + b"x" * 500, world.loop.time()
        caller.say(world.clients.report(client))
        async with asyncio.timeout(UP_SECONDS):
            await _known(others, client)
        took.append(world.loop.time() - began)
        telling = first.witness.links.tellings.get(last.name)  # None once its silence was noticed
        full |= telling is not None and telling.wire.blocked
        await asyncio.sleep(APART)
    assert full or stalled != PEER, "the link to the peer did not fill up"
    if stalled == VIEWER:
        assert viewer.screen.blocked, "the viewer did not stall"
    caller.transport.close()
    last.resume()
    for server in servers:
        await server.stop()
    return took


async def _known(servers: list[Server], client: bytes) -> None:
    while not all(server.node.store.newest(client) for server in servers):  # noqa: ASYNC110 -- virtual time
        await asyncio.sleep(STEP)
