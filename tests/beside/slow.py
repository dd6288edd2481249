"""A follower that stops reading: what it is told when it reads again, and what that costs others meanwhile."""

import math
import time
from itertools import count
from statistics import median

from tests.beside.nodes import A
from tests.beside.system import Client, Follower, Said, System
from tests.beside.waiting import reaches, whole

# 90 MB in all, for the most patient here, NATS, holds 64 MiB for a follower.
MOVING = 500  # clients
LONG = 900  # bytes of an ID: few and long messages fill buffers as well as many short ones do, and sooner
ROUNDS = 200  # of an update of each
LOOKS = 20  # of which the median is how long news takes

_seconds = count(1_600_000_000)


async def slow(system: System, rounds: int = ROUNDS, looks: int = LOOKS) -> tuple[str, str, str]:
    """Return what it has in the end; how long news takes to another follower, and a round of updates at worst."""
    async with system.client(A) as client, system.follow(A) as idle, system.follow(A) as lively:
        await whole(client, idle)
        before = await _delay(client, lively, looks)
        idle.stall()
        took = []
        for _ in range(rounds):
            fixes = _everybody_moves()
            began = time.perf_counter()
            await client.say(fixes)
            took.append(time.perf_counter() - began)
        during = await _delay(client, lively, looks)
        idle.go_on()
        came_back = await reaches(client, idle)
        newest = sum(idle.last.get(who) == fix for who, fix in fixes)
    has = f"the newest of {newest} of {MOVING}" if came_back else "cut off" if idle.ended else "nothing more"
    return has, f"{during:.2f} ms (before {before:.2f})", f"{max(took):.2f} s (median {median(took):.2f})"


async def _delay(client: Client, follower: Follower, looks: int) -> float:
    """Return the milliseconds that news takes from a client to a follower."""
    took = []
    for _ in range(looks):
        said = b"look", b"+1.5+1.5 %d" % next(_seconds)
        began = time.perf_counter()
        await client.say([said])
        if not await follower.sees(*said):
            return math.inf
        took.append(time.perf_counter() - began)
    return median(took) * 1000


def _everybody_moves() -> list[Said]:
    fix = b"+1.5+1.5 %d" % next(_seconds)
    return [(b"%0*d" % (LONG, number), fix) for number in range(MOVING)]
