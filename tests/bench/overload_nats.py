"""Offers a NATS cluster so many messages a second: how many reach a subscriber at every node, and how late."""

import re
import select
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle

from tests.bench.load import PATIENCE, READ
from tests.bench.nats_cluster import connect, settle_subscriptions
from tests.bench.overload_herd import CHUNK, TICK
from tests.bench.requests import publications

WINDOW = 20_000  # messages published and not read by every subscriber: it drops one that is far behind
MESSAGE = re.compile(rb"([0-9]{10})\.([0-9]{9})\r\n")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What one run came to."""

    rate: float  # messages a second that every subscriber has read
    ages: tuple[float, ...]  # ms, of the newest message of each read at the last node, in order of size
    busy: float  # share of a core that the generator used


def forward(ports: Sequence[int], clients: int, rate: float, seconds: float) -> Forwarded:
    """Publish so many messages a second (0: as many as they take) at all nodes in turns."""
    requests = publications(clients)
    texts = requests.texts
    chunks = cycle([b"".join(texts[i : i + CHUNK]) for i in range(0, len(texts), CHUNK)])
    with ExitStack() as stack:
        readers = [stack.enter_context(connect(port, subscribe=True)) for port in ports]
        writers = cycle([stack.enter_context(connect(port)) for port in ports])
        settle_subscriptions()
        sent, read, ages = 0, [0] * len(ports), list[float]()
        begun, cpu = time.perf_counter(), time.process_time()
        while (passed := time.perf_counter() - begun) < seconds:
            due = passed * rate if rate else float("inf")
            while sent + CHUNK <= due and sent - min(read) < WINDOW:
                next(writers).sendall(next(chunks).replace(requests.mark, requests.fresh()))
                sent += CHUNK
            _read(readers, read, ages, TICK)
        forwarded = min(read) / (time.perf_counter() - begun)
        busy = (time.process_time() - cpu) / seconds
        while min(read) < sent:  # or they would disturb the next run
            if not _read(readers, read, ages, PATIENCE):
                raise TimeoutError(f"{sent - min(read):,} messages did not come within {PATIENCE:.0f} s")
    return Forwarded(forwarded, tuple(sorted(ages)), busy)


def _read(readers: list[socket.socket], read: list[int], ages: list[float], patience: float) -> bool:
    ready, _, _ = select.select(readers, [], [], patience)
    for place, reader in enumerate(readers):
        if reader in ready:
            data = reader.recv(READ)
            read[place] += data.count(b"+")  # one stands in each message
            if place == len(readers) - 1 and (found := MESSAGE.search(data)):  # the oldest of this read
                ages.append((time.time_ns() - int(found[1] + found[2])) / 1e6)
    return bool(ready)
