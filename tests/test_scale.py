"""What docs/SCALE.md computes with, held against the simulated herd."""

import pytest

from tests.bench import shapes
from tests.bench.fit import plane, power, slope
from tests.simulation.crossing import crossings

PROMPT = 1  # a seed in which a link takes 2 ms on average, so that acknowledgements come back in time


@pytest.mark.parametrize(
    ("kind", "count"), [("ring", 2), ("ring", 7), ("star", 6), ("built-in", 5), ("mesh", 5), ("random", 12)]
)
def test_an_update_crosses_one_link_for_each_other_server(kind: str, count: int) -> None:
    links = shapes.MAKERS[kind](count)
    assert crossings(links, PROMPT, updates=count) == shapes.messages(links) == count - 1


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_delays_it_crosses_no_more_links_than_a_flood(seed: int) -> None:
    links = shapes.some(12)
    assert shapes.edges(links) == 18
    assert 11 <= crossings(links, seed, updates=4) <= 2 * 18 - 11


@pytest.mark.parametrize(
    ("kind", "count", "depth"), [("ring", 7, 6), ("star", 6, 2), ("built-in", 5, 3), ("mesh", 5, 2), ("ring", 2, 1)]
)
def test_how_far_two_servers_are_apart_in_the_tree(kind: str, count: int, depth: int) -> None:
    assert shapes.depth(shapes.MAKERS[kind](count)) == depth


def test_a_power_and_a_slope_are_found_again() -> None:
    assert power([(x, 3 * x**0.5) for x in (1, 10, 100)]) == pytest.approx(0.5)
    assert slope([(x, 7 + 2 * x) for x in (1, 10, 100)]) == pytest.approx(2)
    assert plane([(1, 1, 5), (2, 5, 19), (4, 1, 11)]) == pytest.approx((2, 3))
