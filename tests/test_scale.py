"""What docs/SCALE.md computes with, held against the simulated herd."""

import pytest

from tests.bench import shapes
from tests.bench.fit import plane, power, slope
from tests.simulation.crossing import crossings


@pytest.mark.parametrize(("kind", "count"), [("ring", 2), ("ring", 7), ("star", 6), ("built-in", 5), ("mesh", 5)])
def test_an_update_crosses_twice_the_edges_less_one_for_each_other_server(kind: str, count: int) -> None:
    links = shapes.MAKERS[kind](count)
    assert crossings(links, updates=count) == shapes.messages(links)


@pytest.mark.parametrize("seed", range(3))
def test_that_holds_in_a_random_shape_whatever_the_delays(seed: int) -> None:
    links = shapes.some(12)
    assert shapes.edges(links) == 18
    assert crossings(links, seed, updates=4) == shapes.messages(links) == 25


def test_a_power_and_a_slope_are_found_again() -> None:
    assert power([(x, 3 * x**0.5) for x in (1, 10, 100)]) == pytest.approx(0.5)
    assert slope([(x, 7 + 2 * x) for x in (1, 10, 100)]) == pytest.approx(2)
    assert plane([(1, 1, 5), (2, 5, 19), (4, 1, 11)]) == pytest.approx((2, 3))
