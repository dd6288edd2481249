"""Shapes of larger herds: who is linked with whom."""

from collections import deque
from collections.abc import Sequence
from itertools import combinations
from random import Random

from herd.links.tree import choose
from herd.servers import LINKS

Links = dict[str, list[str]]
DEGREE = 3  # neighbours of a server in a random shape, on average


def names(count: int) -> list[str]:
    """Return names of so many servers."""
    return [f"S{number:02d}" for number in range(1, count + 1)]


def built_in(_: int) -> Links:
    """Return the system's own five."""
    return {name: list(peers) for name, peers in LINKS.items()}


def ring(count: int) -> Links:
    """Join each server to the next; the last to the first where there are more than two."""
    servers = names(count)
    links = {name: [other] for name, other in zip(servers, [*servers[1:], servers[0]], strict=True)}
    return links if count > 2 else {servers[0]: [servers[1]], servers[1]: []}


def star(count: int) -> Links:
    """Join all others to the first."""
    servers = names(count)
    return {name: servers[1:] if name == servers[0] else [] for name in servers}


def mesh(count: int) -> Links:
    """Join all to all."""
    servers = names(count)
    return {name: servers[place + 1 :] for place, name in enumerate(servers)}


def some(count: int) -> Links:
    """Draw a connected shape, the same each time: a random tree, and edges by chance up to DEGREE."""
    random, servers = Random(count), names(count)
    links: Links = {name: [] for name in servers}
    for place, name in enumerate(servers[1:], 1):
        links[random.choice(servers[:place])].append(name)
    free = [(a, b) for a, b in combinations(servers, 2) if b not in links[a]]
    for a, b in random.sample(free, max(0, min(len(free), count * DEGREE // 2 - (count - 1)))):
        links[a].append(b)
    return links


def edges(links: Links) -> int:
    """Count the edges."""
    return sum(map(len, links.values()))


def messages(links: Links) -> int:
    """Return how often one update crosses a link, from any server, in a herd that is quiet otherwise.

    It travels along a spanning tree, so once to each other server, whatever the shape.
    """
    return len(links) - 1


def depth(links: Links) -> int:
    """Return by how many links the two servers are apart that are farthest from each other in the tree."""
    around: Links = {name: list(peers) for name, peers in links.items()}
    for name, peers in links.items():
        for peer in peers:
            around[peer].append(name)
    places = {name.encode(): choose(name.encode(), len(peers), []) for name, peers in around.items()}
    while True:
        found = {
            name: choose(name, len(around[name.decode()]), [places[p.encode()] for p in around[name.decode()]])
            for name in places
        }
        if found == places:
            break
        places = found
    tree = {name.decode(): [place.parent.decode()] if place.parent else [] for name, place in places.items()}
    return farthest(tree, farthest(tree, next(iter(tree)))[0])[1]


def farthest(links: Links, first: str) -> tuple[str, int]:
    """Return a server that is farthest from the first, and by how many links."""
    around: Links = {name: list(peers) for name, peers in links.items()}
    for name, peers in links.items():
        for peer in peers:
            around[peer].append(name)
    far, todo = {first: 0}, deque([first])
    while todo:
        name = todo.popleft()
        for peer in around[name]:
            if peer not in far:
                far[peer] = far[name] + 1
                todo.append(peer)
    return max(far.items(), key=lambda found: found[1])


SHAPES: Sequence[tuple[str, int]] = (
    ("ring", 2), ("ring", 5), ("star", 5), ("built-in", 5), ("mesh", 5),
    ("ring", 10), ("ring", 20), ("star", 20), ("random", 20),
)  # fmt: skip
MAKERS = {"ring": ring, "star": star, "mesh": mesh, "random": some, "built-in": built_in}
