"""Chooses the links on which reports travel at once: a spanning tree, which the servers agree on by themselves.

In a flood every server tells all its neighbours, so that most of what comes over a mesh is known already: an update
crosses links 2E - (N - 1) times where N - 1 would do. So an edge that is not of the tree waits, and tells only what
the other end has not acknowledged by then (`herd.links.telling`): Plumtree's eager and lazy links.

The choice is IEEE 802.1D's: each server tells its neighbours which root it knows and the way from there, takes the
best of what they say, and an edge is of the tree where one end is the other's parent. That the way is said whole,
as in BGP, keeps rumours of a root that has died from going round: a server believes in no way that leads through
it. Loops and gaps, as there are while a server has died or come, cost copies and a quarter of a second.
"""

from collections.abc import Iterable

from herd.words import WAY_MOST, Place


def choose(me: bytes, links: int, places: Iterable[Place]) -> Place:
    """Return the own place, by those of the neighbours: at the best root, by the shortest way.

    The best root has the most links, which keeps ways short, and of those the name that comes first.
    """
    ways = [Place(place.links, (*place.way, me)) for place in places if _leads(place.way, me)]
    return min([Place(links, (me,)), *ways], key=_merit)


def joins(mine: Place, other: Place) -> bool:
    """Tell whether the edge between two neighbours is of the tree."""
    return mine.parent == other.way[-1] or other.parent == mine.way[-1]


def _merit(place: Place) -> tuple[int, bytes, int, tuple[bytes, ...]]:
    return -place.links, place.way[0], len(place.way), place.way


def _leads(way: tuple[bytes, ...], me: bytes) -> bool:
    return me not in way and len(way) < WAY_MOST
