"""Sends reports at a fixed pace, each with its moment of sending, and says how old they are where they arrive."""

import multiprocessing
import re
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle

from tests.bench.load import READ
from tests.bench.requests import Requests

WARM_UP = 0.25
QUIET = 0.5  # seconds without a report, after the last was sent, that end the reading
# Seconds between two sendings, each of what is due: 10 reports at 10,000/s. A generator that woke for each of them
# would need the better part of a core, which the servers on a small machine then lack.
TICK = 0.001
# The location is in no other line of either protocol, so only reports are found.
REPORT = re.compile(rb" \+34\.068930-118\.445127 ([0-9]{10})\.([0-9]{9})\r?\n")


@dataclass(frozen=True, slots=True)
class Ages:
    """How old reports were when they arrived, in milliseconds and in order of age; how many arrived and were sent.

    Reports of the first WARM_UP seconds have no age here: connections and processes of the load have just begun.
    """

    ages: tuple[float, ...]
    arrived: int
    sent: int

    def percentile(self, share: float) -> float:
        """Return the age that this share of the reports did not exceed."""
        return self.ages[min(len(self.ages) - 1, int(len(self.ages) * share))] if self.ages else float("nan")


def measure_ages(
    to: Callable[[], socket.socket],
    reader: socket.socket,
    requests: Requests,
    rate: int,
    seconds: float,
    acknowledge: Callable[[bytes], bytes] = lambda _: b"",
) -> Ages:
    """Send from a process of its own, read here; `acknowledge` says what the reader owes for what it has read."""
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        sending = pool.submit(_send, to, requests, rate, seconds)
        ages = _read(reader, sending, acknowledge, time.monotonic() + 2 * seconds + 10)
        late = [age for moment, age in ages if moment > ages[0][0] + WARM_UP * 1e9]
        return Ages(tuple(sorted(late)), len(ages), sending.result())


def _send(to: Callable[[], socket.socket], requests: Requests, rate: int, seconds: float) -> int:
    texts, sent = cycle(requests.texts), 0
    with to() as connection:
        connection.settimeout(None)  # with one, Python waits for it in spite of MSG_DONTWAIT
        started = time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            due = int(elapsed * rate) - sent
            if due > 0:
                text = b"".join([next(texts) for _ in range(due)])
                connection.sendall(text.replace(requests.mark, requests.fresh()))
                sent += due
            with suppress(BlockingIOError):
                connection.recv(READ, socket.MSG_DONTWAIT)  # answers are of no interest here
            time.sleep(TICK - (time.perf_counter() - started) % TICK)
        time.sleep(QUIET)  # a connection closed with unread answers would be reset, and its last reports lost
    return sent


def _read(
    reader: socket.socket, sending: "Future[int]", acknowledge: Callable[[bytes], bytes], end: float
) -> list[tuple[int, float]]:
    """Return of each report when it was sent, in ns since 1970, and how old it was on arrival, in ms."""
    ages: list[tuple[int, float]] = []
    tail, heard = b"", time.monotonic()
    reader.settimeout(QUIET / 5)
    while time.monotonic() < end and not (sending.done() and time.monotonic() - heard > QUIET):
        try:
            data = reader.recv(READ)
        except TimeoutError:
            continue
        if not data:
            raise ConnectionError("the reader's connection was closed")
        now = time.time_ns()
        whole, newline, tail = (tail + data).rpartition(b"\n")
        found = REPORT.findall(whole + newline)
        moments = [int(second + fraction) for second, fraction in found]
        ages += [(moment, (now - moment) / 1e6) for moment in moments]
        if found:
            heard = time.monotonic()
        if owed := acknowledge(whole + newline):
            reader.sendall(owed)
    return ages
