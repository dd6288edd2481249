"""Fits how something grows: the power of a law, and what one more costs."""

import math
from collections.abc import Sequence

from tests.bench.found import number

Points = Sequence[tuple[float, float]]
FLAT = 0.12  # a power below: ten times as many cost a third more at most, which is the caches'


def power(points: Points) -> float:
    """Return the b of y = a * x ** b by least squares of the logarithms."""
    return slope([(math.log(x), math.log(max(y, 1e-9))) for x, y in points])


def slope(points: Points) -> float:
    """Return how much y grows with one more x, by least squares."""
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


def plane(points: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """Return the a and b of z = a * x + b * y by least squares."""
    xx, xy, yy = (sum(p[i] * p[j] for p in points) for i, j in ((0, 0), (0, 1), (1, 1)))
    xz, yz = (sum(p[i] * p[2] for p in points) for i in (0, 1))
    whole = xx * yy - xy * xy
    return ((xz * yy - yz * xy) / whole, (yz * xx - xz * xy) / whole) if whole else (0.0, 0.0)


def law(points: Points) -> str:
    """Say the power in words."""
    found = power(points)
    kind = "O(1)" if abs(found) < FLAT else "O(n)" if 0.85 < found < 1.15 else f"O(n^{found:.2f})"
    least, most = min(y for _, y in points), max(y for _, y in points)
    return f"{kind} (power {found:+.2f}, from {number(least)} to {number(most)})"
