"""Holds many connections from a process of its own: idle ones that have reported once, or busy when asked."""

import multiprocessing
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from multiprocessing.connection import Connection

from tests.bench.listener import HOST
from tests.bench.load import READ, Load, ping_pong
from tests.bench.requests import CLIENTS, iamat, now

PATIENCE = 60.0  # seconds for a step
AT_ONCE = 200  # connections that report before the first answer is read


class Crowd:
    """The connections as the bench sees them."""

    def __init__(self, pipe: "Connection[tuple[int, float], Load]") -> None:
        self._pipe = pipe
        self._count = 0

    def grow(self, count: int) -> None:
        """Open connections until there are so many, and have each answered."""
        self._count = count
        self._ask(0.0)

    def run(self, seconds: float) -> Load:
        """Keep one report in flight on each connection for so long."""
        return self._ask(seconds)

    def _ask(self, seconds: float) -> Load:
        self._pipe.send((self._count, seconds))
        if not self._pipe.poll(PATIENCE + seconds):
            raise TimeoutError(f"{self._count:,} connections were not served within {PATIENCE:.0f} s")
        return self._pipe.recv()


@contextmanager
def crowd(port: int) -> Iterator[Crowd]:
    """Have a crowd while in the block, none at first."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_hold, args=(theirs, port), daemon=True)
    process.start()
    try:
        yield Crowd(ours)
    finally:
        process.kill()
        process.join(5)


def _hold(pipe: "Connection[Load, tuple[int, float]]", port: int) -> None:
    held: list[socket.socket] = []
    halves = cycle(iamat(CLIENTS, "idle").halves())
    with ExitStack() as stack:
        poller = select.epoll()
        stack.callback(poller.close)
        while True:
            wanted, seconds = pipe.recv()
            while len(held) < wanted:
                for _ in range(min(AT_ONCE, wanted - len(held))):
                    held.append(stack.enter_context(socket.create_connection((HOST, port), PATIENCE)))
                    poller.register(held[-1], select.EPOLLIN)
                _report_once(held[-AT_ONCE:], halves)
            load = Load(0, 1.0, 0.0)
            if seconds:
                _say(held, halves)
                load = ping_pong(poller, halves, now, seconds)
                _hear(held)
            pipe.send(load)


def _report_once(connections: list[socket.socket], halves: "cycle[tuple[bytes, bytes]]") -> None:
    _say(connections, halves)
    _hear(connections)


def _say(connections: list[socket.socket], halves: "cycle[tuple[bytes, bytes]]") -> None:
    stamp = now()
    for connection in connections:
        head, tail = next(halves)
        connection.sendall(head + stamp + tail)


def _hear(connections: list[socket.socket]) -> None:
    for connection in connections:
        connection.recv(READ)
