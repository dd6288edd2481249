"""How to know that all has come that will come: what is said later comes later, and that is waited for."""

import asyncio
from itertools import count

from tests.beside.nodes import A, B
from tests.beside.system import PATIENCE, Client, Follower, Said, System

RETRY = 0.25  # seconds until news that did not come is said anew: core NATS loses what is said while nodes connect

_numbers = count(1_600_000_000)


def new_mark() -> Said:
    """Return a client that nobody has heard of, and where it is."""
    number = next(_numbers)
    return b"mark-%d" % number, b"+34.068930-118.445127 %d" % number


async def reaches(client: Client, follower: Follower) -> bool:
    """Say ever new marks until the follower is told of one; False where it is cut off, or that takes too long."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not follower.ended:
                mark = new_mark()
                await client.say([mark])
                if await follower.sees(*mark, RETRY):
                    return True
    except TimeoutError:
        pass
    return False


async def whole(client: Client, follower: Follower) -> None:
    """Wait until what a client says reaches a follower. RuntimeError where that takes too long."""
    if not await reaches(client, follower):
        raise RuntimeError("what is said does not arrive any more")


async def joined(system: System) -> None:
    """Wait until news goes both ways, or only from A where B takes none."""
    for source, target in ((A, B), (B, A)):
        async with system.client(source) as client, system.follow(target) as follower:
            if await client.say([new_mark()]):
                await whole(client, follower)
