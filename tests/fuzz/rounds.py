"""Runs properties round after round, each with new random examples, until their time is up or one fails."""

import functools
import random
import time
from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any

import hypothesis
import pytest

SHOW_EVERY = 0.5  # seconds between two states of the line on a terminal
SEEDS = 2**32
LOGGED = 4_000  # characters of the log that are shown of a failure: the last, which are of the smallest example
PREFIX = "test_"


class Rounds:
    """A plugin of pytest: of what was collected it keeps the chosen properties, and shares the time among them.

    A round is as many examples as the test run has of a property, from a seed of its own which is all that it
    takes to see them again. `show`: what is shown stands until something is shown or said next.
    """

    def __init__(
        self,
        names: list[str],
        seconds: float,
        seed: int | None,
        say: Callable[[str], None],
        show: Callable[[str], None],
    ) -> None:
        self.examples = 0  # of all
        self.properties = 0
        self.failed = False
        self._names = names
        self._seconds = seconds
        self._seed = seed
        self._say = say
        self._show = show
        self._last = 0  # seed
        self._random = random.SystemRandom()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep properties, and of those what is asked for: a part of the name will do."""
        items[:] = [
            item
            for item in items
            if isinstance(item, pytest.Function)
            and hasattr(item.obj, "hypothesis")
            and (not self._names or any(part in name_of(item.nodeid) for part in self._names))
        ]
        self.properties = len(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Run rounds instead of the one that pytest would run."""
        name, prove = name_of(pyfuncitem.nodeid), pyfuncitem.obj
        fixtures = {wanted: pyfuncitem.funcargs[wanted] for wanted in signature(prove).parameters}
        before, began = self.examples, time.monotonic()
        prove.hypothesis.inner_test = self._counted(prove.hypothesis.inner_test)
        shown = began
        for seed in self._seeds(began):
            self._last = seed
            hypothesis.seed(seed)(prove)(**fixtures)
            now = time.monotonic()
            if now - shown > SHOW_EVERY:
                shown = now
                self._show(_progress(name, self.examples - before, now - began))
        self._say(_progress(name, self.examples - before, time.monotonic() - began))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say how one failed, and how to see that again."""
        if report.failed:
            self.failed = True
            name = name_of(report.nodeid)
            again = f"python3 run.py fuzz {name} --seed {self._last}"
            logged = report.caplog[-LOGGED:]
            self._say(f"{report.longreprtext}\n{logged}\n\nFAIL {name}\n  reproduce: {again}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Say what cannot even be imported."""
        if report.failed:
            self.failed = True
            self._say(report.longreprtext)

    def _seeds(self, began: float) -> Iterator[int]:
        if self._seed is not None:
            yield self._seed
            return
        yield self._random.randrange(SEEDS)
        while time.monotonic() - began < self._seconds / self.properties:
            yield self._random.randrange(SEEDS)

    def _counted(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(inner)
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.examples += 1
            return inner(*args, **kwargs)

        return counted


def name_of(nodeid: str) -> str:
    """Return what a person calls a property: `lines.a_skew` of `tests/fuzz/test_lines.py::test_a_skew`."""
    path, _, function = nodeid.partition("::")
    return f"{path.rpartition('/')[2].removeprefix(PREFIX).removesuffix('.py')}.{function.removeprefix(PREFIX)}"


def _progress(name: str, examples: int, seconds: float) -> str:
    return f"{examples:>9,} examples  {seconds:>6.1f} s  {examples / max(seconds, 1e-9):>7,.0f}/s  {name}"
