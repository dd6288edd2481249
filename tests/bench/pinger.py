"""Asks servers for a small answer every millisecond, each from a process of its own, to see when they pause."""

import multiprocessing
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection

from tests.bench.listener import HOST
from tests.bench.requests import now

PAUSE = 0.001  # seconds between an answer and the next question
PATIENCE = 60.0  # seconds for an answer: a server that is busy for so long is broken
Trips = list[float]  # ms from question to answer, in order of length


class Pingers:
    """The asking processes."""

    def __init__(self, pipes: "Mapping[str, Connection[str, Trips]]") -> None:
        self._pipes = pipes

    def take(self) -> dict[str, Trips]:
        """Return what was measured since the last time, by the server's name."""
        for pipe in self._pipes.values():
            pipe.send("take")
        found = {}
        for name, pipe in self._pipes.items():
            if not pipe.poll(PATIENCE):
                raise TimeoutError(f"{name} does not answer within {PATIENCE:.0f} s")
            found[name] = pipe.recv()
        return found


@contextmanager
def pinging(ports: Mapping[str, int]) -> Iterator[Pingers]:
    """Ask the servers on these ports while in the block. They answer IAMAT, or just send it back."""
    context = multiprocessing.get_context("fork")
    with ExitStack() as stack:
        pipes = {}
        for name, port in ports.items():
            pipes[name], theirs = context.Pipe()
            process = context.Process(target=_ask, args=(theirs, port), daemon=True)
            process.start()
            stack.callback(process.join, 5)
            stack.callback(process.kill)
        yield Pingers(pipes)


def _ask(pipe: "Connection[Trips, str]", port: int) -> None:
    trips: Trips = []
    with socket.create_connection((HOST, port), PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            begun = time.perf_counter()
            connection.sendall(b"IAMAT pinger +34.068930-118.445127 %b\n" % now())
            while not connection.recv(4096).endswith(b"\n"):
                pass
            trips.append(1000 * (time.perf_counter() - begun))
            if pipe.poll():
                pipe.recv()
                pipe.send(sorted(trips))
                trips = []
            time.sleep(PAUSE)
