"""L3: who stands still delays nobody else: two runs of one simulated seed are compared."""

import pytest

from tests.simulation.stalled import NOTHING, PEER, REPORTS, STEP, VIEWER, delays

SEEDS = (1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("stalled", [PEER, VIEWER])
@pytest.mark.parametrize("seed", SEEDS)
def test_one_who_stalls_does_not_double_the_delay_to_the_healthy(seed: int, stalled: str) -> None:
    usual, now = delays(seed, NOTHING), delays(seed, stalled)
    for share in (0.5, 0.99):
        place = int(share * REPORTS)
        assert now[place] <= 2 * usual[place] + STEP, f"{share}: {now[place]:.4f} s, else {usual[place]:.4f} s"
