"""Chooses the links on which reports travel at once: a spanning tree, which the servers agree on by themselves.

In a flood every server tells all its neighbours, so that most of what comes over a mesh is known already: an update
crosses links 2E - (N - 1) times where N - 1 would do. So an edge that is not of the tree waits, and tells only what
the other end has not acknowledged by then (`herd.links.telling`). The precedents are Plumtree's eager and lazy
links, and for the choice IEEE 802.1D: each server tells its neighbours which root it knows and how far that is,
takes the best of what they say, and an edge is of the tree where one end is the other's parent. Loops and gaps, as
there are while a server has died or come, cost copies and a quarter of a second.
"""

from collections.abc import Mapping

from herd.words import Place

FARTHEST = 64  # links to a root, beyond which it is taken for a rumour of one that is gone


def choose(me: bytes, links: int, places: Mapping[bytes, Place]) -> Place:
    """Return the own place, by those of the neighbours: at the best root, by the shortest way.

    The best root has the most links, which keeps ways short, and of those the name that comes first; so has the
    best of two ways of one length.
    """
    best = (-links, me, 0, b"")
    for peer, place in places.items():
        # What a neighbour knows by way of this server is no news, and may be out of date.
        if me not in (place.parent, place.root) and place.distance < FARTHEST:
            best = min(best, (-place.links, place.root, place.distance + 1, peer))
    return Place(-best[0], *best[1:])


def joins(me: bytes, mine: Place, peer: bytes, place: Place) -> bool:
    """Tell whether the edge to a neighbour is of the tree."""
    return peer == mine.parent or me == place.parent
