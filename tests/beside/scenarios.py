"""What is done to every system alike, and what came of it in a few words."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.beside.nodes import A, B, Side
from tests.beside.slow import slow
from tests.beside.system import Fix, Follower, System
from tests.beside.waiting import joined, new_mark, whole

HERE, THERE = b"+34.068930-118.445127", b"-27.595700+153.019200"
OLDER, NEWER = THERE + b" 1520023934.5", HERE + b" 1520023999.5"
NO_STATE = "keeps no state"
MANY = 500  # updates, each of another client
AHEAD = 3600  # seconds


@dataclass(frozen=True, slots=True)
class Scenario:
    """What it is called in the table (a row for each word that comes of it), and how it is done."""

    rows: tuple[str, ...]
    run: Callable[[System], Awaitable[tuple[str, ...]]]


async def together(system: System) -> tuple[str]:
    """Tell A of many clients while all is well, and count those that B has."""
    clients = [b"told-%d" % number for number in range(MANY)]
    async with system.client(A) as client, system.follow(B) as follower:
        await whole(client, follower)
        await client.say([(each, NEWER) for each in clients])
        await whole(client, follower)
        return (await _arrived(system, follower, clients),)


async def down(system: System) -> tuple[str]:
    """Tell A of many clients while B is down, and count those that B has when it is back."""
    clients = [b"missed-%d" % number for number in range(MANY)]
    await system.nodes.stop(B)
    async with system.client(A) as client:
        await client.say([(each, NEWER) for each in clients])
        await system.nodes.start(B)
        async with system.follow(B) as follower:
            await whole(client, follower)
            return (await _arrived(system, follower, clients),)


async def older_first(system: System) -> tuple[str]:
    """Part the two; A hears of a client, then B hears what is newer."""
    return (await _apart(system, OLDER, NEWER),)


async def newer_first(system: System) -> tuple[str]:
    """Part the two; A hears of a client, then B hears what is older."""
    return (await _apart(system, NEWER, OLDER),)


async def late(system: System) -> tuple[str]:
    """Tell A of a client, newest first; see what each node believes."""
    if not system.keeps_state:
        return (NO_STATE,)
    async with system.client(A) as client, system.follow(B) as follower:
        await client.say([(b"late", NEWER)])
        await client.say([(b"late", OLDER)])
        await whole(client, follower)
    return (_both([await _held(system, side, b"late") for side in (A, B)]),)


async def again(system: System) -> tuple[str]:
    """Say the same twice; see how often a follower at the other node is told."""
    said = b"again", NEWER
    async with system.client(A) as client, system.follow(B) as follower:
        await whole(client, follower)
        await client.say([said])
        if not await follower.sees(*said):
            return ("is not told at all",)
        await client.say([said])
        await whole(client, follower)
        return ("taken as new" if follower.times[b"again"] > 1 else "answered, goes no further",)


async def future(system: System) -> tuple[str]:
    """Say where a client will be in an hour, then where it is."""
    if not system.keeps_state:
        return (NO_STATE,)
    ahead, honest = (HERE + b" %d" % (time.time() + more) for more in (AHEAD, 0))
    async with system.client(A) as client, system.follow(A) as follower:
        await client.say([(b"ahead", ahead)])
        await client.say([(b"ahead", honest)])
        await whole(client, follower)  # for who reads from a replica that lags behind
        found = await client.read(b"ahead")
    return ("the honest one" if found == honest else "the future one" + system.future_wins,)


async def _arrived(system: System, follower: Follower, clients: Sequence[bytes]) -> str:
    """Count the clients that B knows; where it keeps nothing, those that its follower was told of."""
    if system.keeps_state:
        async with system.client(B) as reader:
            found = [await reader.read(each) for each in clients]
    else:
        found = [follower.last.get(each) for each in clients]
    return f"{found.count(NEWER)} of {len(clients)}"


async def _apart(system: System, at_a: Fix, at_b: Fix) -> str:
    """Cut the link, tell A and then B of one client, heal it, and see what each believes."""
    if not system.keeps_state:
        return NO_STATE
    who, _ = new_mark()
    refused = ""
    system.nodes.link.cut()
    for side, fix in ((A, at_a), (B, at_b)):
        async with system.client(side) as client:
            if not await client.say([(who, fix)]):
                refused = f"{side} takes no writes; "
        if not refused and await _held(system, side, who) != _name(fix):
            raise RuntimeError(f"{system.name}: the link leaks")
    system.nodes.link.heal()
    await joined(system)
    held = [await _held(system, side, who) for side in (A, B)]
    swapped = "swapped: " if held == [_name(at_b), _name(at_a)] else ""
    return refused + swapped + _both(held)


async def _held(system: System, side: Side, who: bytes) -> str:
    async with system.client(side) as client:
        return _name(await client.read(who))


def _both(held: Sequence[str]) -> str:
    return f"both the {held[0]}" if held[0] == held[1] else f"A {held[0]}, B {held[1]}"


def _name(fix: Fix | None) -> str:
    return {OLDER: "older", NEWER: "newer", None: "nothing"}.get(fix, "another")


SCENARIOS = (
    Scenario((f"{MANY} updates at A reach B",), together),
    Scenario((f"{MANY} updates at A while B is down; B returns",), down),
    Scenario(("apart: older fix at A, then newer at B; heal",), older_first),
    Scenario(("apart: newer fix at A, then older at B; heal",), newer_first),
    Scenario(("at A, an older fix after a newer one",), late),
    Scenario(("the same packet again",), again),
    Scenario(("a fix dated in an hour, then an honest one",), future),
    Scenario(
        (
            "a follower stops reading; afterwards it has",
            "meanwhile, news to another follower takes",
            "meanwhile, 500 updates take at worst",
        ),
        slow,
    ),
)
