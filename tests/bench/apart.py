"""Runs a measurement in a fresh process, whose memory holds nothing of what was measured before."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from tests.bench.found import Found
from tests.bench.progress import BAR, adopt
from tests.bench.rounds import Options


def apart(work: Callable[[Options], Found], options: Options) -> Found:
    """Return what a function of a module's found there."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=adopt, initargs=(BAR,)) as pool:
        return pool.submit(work, options).result()
