"""The shapes that a simulated herd has: 1 to 9 servers and who is whose neighbour."""

from itertools import combinations, pairwise
from random import Random

from herd.servers import LINKS

NAMES = ("Goloman", "Hands", "Holiday", "Welsh", "Wilkes", "Arroyo", "Bruin", "Campbell", "Dykstra")
MOST = len(NAMES)

Edges = list[tuple[str, str]]


def draw(random: Random) -> tuple[str, list[str], Edges]:
    """Draw a shape: its name, the servers, and each edge once."""
    kind = random.choice(["line", "ring", "star", "five", "five", "mesh", "random", "random", "pair", "one"])
    if kind == "five":
        return kind, list(LINKS), [(name, peer) for name, peers in LINKS.items() for peer in peers]
    count = {"one": 1, "pair": 2}.get(kind) or random.randint(3, 5 if kind == "mesh" else MOST)
    names = list(NAMES[:count])
    return kind, names, _edges(kind, names, random)


def _edges(kind: str, names: list[str], random: Random) -> Edges:
    line = list(pairwise(names))
    if kind == "ring":
        return [*line, (names[-1], names[0])]
    if kind == "star":
        return [(names[0], name) for name in names[1:]]
    if kind == "mesh":
        return list(combinations(names, 2))
    if kind == "random":  # connected: each is joined to one before it, then some more
        tree = [(random.choice(names[:place]), name) for place, name in enumerate(names) if place]
        return tree + [e for e in combinations(names, 2) if e not in tree and random.random() < 0.2]
    return line


def core(names: list[str], edges: Edges, random: Random) -> list[str]:
    """Draw some servers that are joined by edges among themselves: at times all, at times one."""
    size = random.choice([len(names), random.randint(1, len(names))])
    chosen = [random.choice(names)]
    while len(chosen) < size:
        chosen.append(random.choice([n for n in names if n not in chosen and neighbours(n, edges) & set(chosen)]))
    return chosen


def neighbours(name: str, edges: Edges) -> set[str]:
    """Return whom an edge joins to a server."""
    return {b if a == name else a for a, b in edges if name in (a, b)}
