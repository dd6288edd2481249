"""Counts how often one update crosses a link, in a simulated herd of any shape in which nothing fails.

    python -m tests.simulation.crossing

prints it for larger herds than one machine can run, beside what docs/SCALE.md computes.
"""

import asyncio
import time

from tests.bench import shapes
from tests.simulation.faults import ELSEWHERE
from tests.simulation.knobs import turned
from tests.simulation.seed import BrokenError, until
from tests.simulation.server import Server
from tests.simulation.world import World

UP_SECONDS = 120.0  # of virtual time until every link is up
LIMIT = 30.0  # seconds of virtual time until an update is everywhere
LARGE = (("ring", 100), ("star", 100), ("random", 100), ("mesh", 30))


def crossings(links: shapes.Links, seed: int = 0, updates: int = 1) -> float:
    """Return the AT lines from server to server for each update, and see that all servers know them."""
    edges = [(name, peer) for name, peers in links.items() for peer in peers]
    world = World(seed, ELSEWHERE, (list(links), edges))
    with turned(world.knobs):
        try:
            return world.loop.run(_count(world, updates), world.driver) / updates
        finally:
            world.loop.wind_up()


async def _count(world: World, updates: int) -> int:
    for server in world.servers.values():
        server.start()
    async with asyncio.timeout(UP_SECONDS):
        await until(lambda: all(_linked(server) for server in world.servers.values()) and _settled(world))
    before, names = world.watch.told, list(world.servers)
    for number in range(updates):
        first = world.servers[names[number % len(names)]]
        caller = await world.clients.call(first)
        caller.say(world.clients.report(b"update%d" % number))
        await caller.answered()
        caller.transport.close()
    await asyncio.sleep(LIMIT)
    world.settle()
    known = {len(server.node.store.reports) for server in world.servers.values()}
    if world.watch.violations or known != {updates}:
        raise BrokenError(f"{known} of {updates} known; {world.watch.violations[:1]}")
    told = world.watch.told - before
    for server in world.servers.values():
        await server.stop()
    return told


def _linked(server: Server) -> bool:
    """Tell whether a server tells all its neighbours its feed, and hears all of theirs."""
    links = server.witness.links
    return set(links.tellings) == set(links.hearings) == set(server.peers)


def _settled(world: World) -> bool:
    """Tell whether all agree on one tree, and have said so."""
    links = [server.witness.links for server in world.servers.values()]
    eager = [
        (server.name, peer)
        for server in world.servers.values()
        for peer, telling in server.witness.links.tellings.items()
        if telling.eager
    ]
    return (
        len({each.routing.place.way[0] for each in links}) == 1
        and len(eager) == 2 * (len(links) - 1)
        and all((peer, name) in eager for name, peer in eager)
    )


def apart_most(links: shapes.Links) -> int:
    """Return by how many links the two servers are apart that are farthest from each other."""
    return max(shapes.farthest(links, name)[1] for name in links)


def main() -> None:
    """Print a table."""
    print("shape    servers  edges  messages/update  computed  links apart, in the tree")
    for kind, count in LARGE:
        links = shapes.MAKERS[kind](count)
        begun = time.perf_counter()
        counted = crossings(links)
        apart, in_tree = apart_most(links), shapes.depth(links)
        taken = time.perf_counter() - begun
        print(
            f"{kind:<9}{count:>7}{shapes.edges(links):>7}{counted:>17.2f}{shapes.messages(links):>10}{apart:>13}{in_tree:>13}"
            f"   ({taken:.1f} s)"
        )


if __name__ == "__main__":
    main()
