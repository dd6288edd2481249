"""The whole herd on virtual time with everything failing: 200 seeds, the same each time, and none by chance."""

import os
import random
import secrets
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

import pytest

from tests.herding import ROOT
from tests.simulation.many import explain
from tests.simulation.rare import RARE
from tests.simulation.seed import simulate

SEEDS, CHUNK = 200, 10
reached: Counter[str] = Counter()  # over all chunks


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_promise_is_broken_while_everything_fails(first: int) -> None:
    outcomes = [simulate(seed) for seed in range(first, first + CHUNK)]
    broken = [explain(outcome) for outcome in outcomes if outcome.violations]
    assert not broken, "\n".join(broken)
    for outcome in outcomes:
        reached.update(outcome.reached.keys())
    reached["runs"] += len(outcomes)


def test_the_seeds_reach_every_rare_state() -> None:
    if reached["runs"] < SEEDS:
        pytest.skip("only where all seeds were run before, in this process")
    assert [state for state in RARE if not reached[state]] == []


def test_one_seed_is_one_run_whatever_the_hashes_of_this_process() -> None:
    seeds = (3, 20, 84)
    here = [simulate(seed).trace for seed in seeds]
    assert here == [simulate(seed).trace for seed in seeds]
    program = f"from tests.simulation.seed import simulate; print([simulate(seed).trace for seed in {seeds}])"
    for salt in ("1", "2"):
        environ = {**os.environ, "PYTHONHASHSEED": salt}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, check=True
        )
        assert done.stdout.decode().strip() == str(here)


def test_a_running_node_has_no_clock_and_no_dice_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(module: object, *names: str) -> None:
        for name in names:
            monkeypatch.setattr(module, name, refuse(f"{module.__name__}.{name}"))  # type: ignore[attr-defined]

    def refuse(name: str) -> Callable[..., NoReturn]:
        def refused(*_: object, **__: object) -> NoReturn:
            raise AssertionError(f"{name} is used")

        return refused

    forbid(time, "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "sleep")
    forbid(random, "random", "uniform", "choice", "randint", "randrange", "shuffle", "expovariate", "getrandbits")
    forbid(secrets, "token_hex", "token_bytes", "randbelow", "choice")
    forbid(uuid, "uuid1", "uuid4")
    forbid(os, "urandom")
    outcomes = [simulate(seed) for seed in (7, 20, 84)]
    monkeypatch.undo()
    assert [outcome.violations for outcome in outcomes] == [(), (), ()]
