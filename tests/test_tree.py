"""The servers agree on one spanning tree by what they say to their neighbours, in whatever order that comes."""

from collections import deque
from itertools import pairwise
from random import Random

import pytest

from herd.links.tree import choose, joins
from herd.words import WAY_MOST, Place

Edges = set[frozenset[bytes]]


class Herd:
    """Servers that exchange their places; each has heard some place of each neighbour, which may be old."""

    def __init__(self, edges: Edges, names: set[bytes]) -> None:
        self.around = {
            name: sorted(peer for e in edges if name in e for peer in e - {name}) for name in sorted(names)
        }
        self.links = {name: len(peers) for name, peers in self.around.items()}  # as configured: up or not
        self.places = {name: choose(name, len(peers), []) for name, peers in self.around.items()}
        self.heard: dict[bytes, dict[bytes, Place]] = {name: {} for name in self.around}

    def remove(self, gone: bytes) -> None:
        """Let a server die: its neighbours do not hear it any more, and keep their edges in the settings."""
        for peer in self.around.pop(gone):
            self.around[peer].remove(gone)
            self.heard[peer].pop(gone, None)
        del self.places[gone], self.heard[gone]

    def part(self, one: bytes, other: bytes) -> None:
        """Cut an edge."""
        for name, peer in ((one, other), (other, one)):
            self.around[name].remove(peer)
            self.heard[name].pop(peer, None)

    def hear(self, name: bytes, peer: bytes) -> None:
        """Let a server hear where a neighbour stands now."""
        self.heard[name][peer] = self.places[peer]

    def round(self) -> bool:
        """Let all speak, then all choose; tell whether anything changed."""
        for name, peers in self.around.items():
            for peer in peers:
                self.hear(name, peer)
        changed = [self.think(name) for name in self.around]  # all of them
        return any(changed)

    def think(self, name: bytes) -> bool:
        """Let a server find its place; tell whether it is another."""
        before = self.places[name]
        self.places[name] = place = choose(name, self.links[name], self.heard[name].values())
        assert place.way[-1] == name
        assert len(set(place.way)) == len(place.way) <= WAY_MOST, "a way that goes round, or cannot be said"
        return place != before

    def mingle(self, random: Random, times: int) -> None:
        """Let servers hear neighbours and think, by chance, so many times each."""
        for _ in range(times * len(self.around)):
            name = random.choice(list(self.around))
            if self.around[name] and random.random() < 0.7:
                self.hear(name, random.choice(self.around[name]))
            self.think(name)

    def settle(self) -> int:
        """Exchange places until all is quiet; return how many rounds that took.

        A rumour is one server longer after each round, and no server is in it twice: so after as many rounds as
        there are servers there are no more rumours, and in as many again all have heard of the root.
        """
        rounds = 1
        while self.round():
            rounds += 1
            assert rounds <= 2 * len(self.around), "they come to no agreement"
        return rounds

    def tree(self) -> Edges:
        """Return the edges of the tree; both ends must see them alike."""
        found: Edges = set()
        for name, peers in self.around.items():
            for peer in peers:
                mine = joins(self.places[name], self.heard[name][peer])
                assert mine == joins(self.places[peer], self.heard[peer][name])
                if mine:
                    found.add(frozenset((name, peer)))
        return found

    def check(self) -> None:
        """Check that every part of the herd has a tree of its own, which reaches all of it."""
        left, parts = set(self.around), 0
        edges, tree = {n: set(p) for n, p in self.around.items()}, self.tree()
        kept: dict[bytes, set[bytes]] = {n: {p for e in tree if n in e for p in e - {n}} for n in self.around}
        while left:
            whole = reach(edges, min(left))
            assert reach(kept, min(left)) == whole
            links, root = min((-self.links[name], name) for name in whole)
            far = self.far(root)
            for name in whole:
                way = self.places[name].way
                assert (self.places[name].links, way[0]) == (-links, root)
                assert len(way) == far[name] + 1, "not the shortest way"
                assert all(frozenset(pair) in tree for pair in pairwise(way))
                assert [self.places[each].way for each in way] == [way[: at + 1] for at in range(len(way))]
            left -= whole
            parts += 1
        assert len(tree) == len(self.around) - parts

    def far(self, root: bytes) -> dict[bytes, int]:
        """Return how many links all that it reaches are from a server."""
        far, todo = {root: 0}, deque([root])
        while todo:
            name = todo.popleft()
            for peer in self.around[name]:
                if peer not in far:
                    far[peer] = far[name] + 1
                    todo.append(peer)
        return far


def reach(around: dict[bytes, set[bytes]], first: bytes) -> set[bytes]:
    found, todo = {first}, [first]
    while todo:
        new = around[todo.pop()] - found
        found |= new
        todo += new
    return found


def draw(random: Random) -> Herd:
    """Draw a connected herd of 1 to 12 servers."""
    names = [b"S%02d" % number for number in range(random.randint(1, 12))]
    edges = {frozenset((random.choice(names[:place]), name)) for place, name in enumerate(names) if place}
    share = random.choice([0.0, 0.1, 0.4, 1.0])
    edges |= {frozenset((a, b)) for a in names for b in names if a < b and random.random() < share}
    return Herd(edges, set(names))


@pytest.mark.parametrize("seed", range(150))
def test_all_agree_on_a_tree_of_every_connected_herd(seed: int) -> None:
    herd = draw(Random(seed))
    assert herd.settle() <= len(herd.around)
    herd.check()


@pytest.mark.parametrize("seed", range(60))
def test_the_tree_is_the_same_in_whatever_order_they_hear_each_other(seed: int) -> None:
    random = Random(seed)
    herd, calm = draw(random), draw(Random(seed))
    calm.settle()
    herd.mingle(random, 40)
    herd.settle()
    herd.check()
    assert herd.tree() == calm.tree()
    assert herd.places == calm.places


@pytest.mark.parametrize("seed", range(150))
def test_after_a_server_is_gone_those_who_are_left_agree_again(seed: int) -> None:
    random = Random(seed)
    herd = draw(random)
    herd.settle()
    while len(herd.around) > 1:
        root = herd.places[min(herd.around)].way[0]
        herd.remove(random.choice([root, random.choice(list(herd.around))]))
        herd.settle()
        herd.check()


@pytest.mark.parametrize("seed", range(60))
def test_rumours_of_a_root_that_never_was_die(seed: int) -> None:
    random = Random(seed)
    herd = draw(random)
    for name, peers in herd.around.items():
        for peer in peers:
            if random.random() < 0.5:
                between = [other for other in herd.around if other != peer and random.random() < 0.3]
                random.shuffle(between)
                herd.heard[name][peer] = Place(99, (b"Ghost", *between, peer))
        herd.think(name)
    herd.settle()
    herd.check()
    assert all(place.way[0] != b"Ghost" for place in herd.places.values())


@pytest.mark.parametrize("seed", range(60))
def test_two_halves_have_two_trees_and_one_again_when_they_meet(seed: int) -> None:
    random = Random(seed)
    left, right = draw(random), draw(random)
    edges = {
        frozenset((side + name, side + peer))
        for side, herd in ((b"L", left), (b"R", right))
        for name, peers in herd.around.items()
        for peer in peers
    }
    names = {side + n for side, herd in ((b"L", left), (b"R", right)) for n in herd.around}
    bridge = (b"L" + random.choice(list(left.around)), b"R" + random.choice(list(right.around)))
    herd = Herd(edges | {frozenset(bridge)}, names)
    herd.settle()
    herd.check()
    herd.part(*bridge)
    herd.settle()
    herd.check()
    for one, other in (bridge, bridge[::-1]):
        herd.around[one].append(other)
    herd.settle()
    herd.check()


LONG = tuple(b"L%d" % number for number in range(WAY_MOST - 1))


def test_the_root_has_the_most_links_then_the_name_that_comes_first() -> None:
    alone = choose(b"B", 2, [])
    assert alone == Place(2, (b"B",))
    for place, better in (
        (Place(3, (b"Z",)), True),
        (Place(2, (b"A",)), True),
        (Place(2, (b"C",)), False),
        (Place(1, (b"A",)), False),
        (Place(3, (b"Z", b"B", b"Y")), False),  # which it knows by way of us
        (Place(3, (b"B", b"Y")), False),  # we ourselves, as we were
        (Place(3, LONG), True),
        (Place(3, (*LONG, b"Z")), False),  # with us at its end it could not be said
    ):
        chosen = choose(b"B", 2, [place])
        assert chosen == (Place(place.links, (*place.way, b"B")) if better else alone)
        assert chosen.parent == (place.way[-1] if better else None)


def test_of_two_ways_the_shorter_counts_then_the_names_from_the_root_on() -> None:
    near, far = Place(9, (b"R", b"z")), Place(9, (b"R", b"x", b"a"))
    assert choose(b"B", 2, [far, near]).parent == b"z"
    assert choose(b"B", 2, [near, Place(9, (b"R", b"a"))]).parent == b"a"
    assert choose(b"B", 2, [far, Place(9, (b"R", b"w", b"z"))]).parent == b"z"


def test_an_edge_is_of_the_tree_where_one_end_is_the_others_parent() -> None:
    root, child, grandchild = Place(9, (b"R",)), Place(9, (b"R", b"a")), Place(9, (b"R", b"a", b"b"))
    for one, other, joined in ((root, child, True), (child, grandchild, True), (root, grandchild, False)):
        assert joins(one, other) == joins(other, one) == joined
    assert not joins(child, Place(9, (b"R", b"c")))
    assert not joins(root, Place(9, (b"S",)))  # two roots


def test_a_lone_server_is_its_own_root_and_of_a_pair_the_first_name() -> None:
    assert Herd(set(), {b"A"}).places == {b"A": Place(0, (b"A",))}
    pair = Herd({frozenset((b"A", b"B"))}, {b"A", b"B"})
    pair.settle()
    assert pair.places == {b"A": Place(1, (b"A",)), b"B": Place(1, (b"A", b"B"))}


@pytest.mark.parametrize("count", [3, 4, 17, 40])
def test_a_ring_whose_root_is_gone_forgets_it_before_long(count: int) -> None:
    names = [b"S%02d" % number for number in range(count)]
    ring = Herd(
        {frozenset(pair) for pair in pairwise([*names, names[0]])} | {frozenset((b"S00", b"Top"))}, {*names, b"Top"}
    )
    ring.settle()
    ring.remove(b"S00")
    ring.settle()
    ring.check()


@pytest.mark.parametrize("seed", range(60))
def test_a_root_that_dies_is_forgotten_in_whatever_order_they_hear_each_other(seed: int) -> None:
    random = Random(seed)
    herd = draw(random)
    herd.settle()
    if len(herd.around) == 1:
        return
    herd.remove(herd.places[min(herd.around)].way[0])
    herd.mingle(random, 10)
    herd.settle()
    herd.check()


def test_a_herd_deeper_than_a_way_can_be_said_has_trees_that_meet() -> None:
    """Where they do, reports travel late and not at once: each end knows that the edge is of neither."""
    names = [b"S%03d" % number for number in range(3 * WAY_MOST)]
    line = Herd({frozenset(pair) for pair in pairwise(names)}, set(names))
    line.settle()
    tree = line.tree()
    left = {frozenset(pair) for pair in pairwise(names)} - tree
    roots = {place.way[0] for place in line.places.values()}
    assert len(left) == len(roots) - 1 == 2
    assert tree == {frozenset((name, place.parent)) for name, place in line.places.items() if place.parent}
