"""Loads a server from outside: blocking sockets and prepared bytes, in processes of their own.

A load generator on asyncio could not load these servers. Each request of a one-in-flight load still costs its
generator two system calls, as it costs the server, so the generator's share of CPU stands beside every rate: near
100% (of each of its processes) the figure is the generator's limit as much as the server's.
"""

import multiprocessing
import os
import select
import socket
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle

from tests.bench.listener import HOST
from tests.bench.requests import CHUNK, Requests

DEPTH = (
    1_000  # requests in flight when pipelined: 70 KB, which fits into socket buffers, so no send blocks for ever
)
PATIENCE = 10.0  # seconds without any answer that end a load with an error
READ = 1 << 18
SMALL_READ = 4096  # more than one answer; os.read sets aside what it is asked for, so a large one is slow


@dataclass(frozen=True, slots=True)
class Load:
    """What a load came to: answers, the seconds they took, and the generator's own CPU seconds."""

    answers: int
    seconds: float
    cpu: float
    processes: int = 1

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    @property
    def busy(self) -> float:
        """Share of a core that each generator process used."""
        return self.cpu / self.seconds / self.processes


def pipelined(port: int, requests: Requests, seconds: float) -> Load:
    """Keep DEPTH requests in flight on one connection."""
    return in_processes(_pipelined, [(port, requests, seconds)])


def one_in_flight(port: int, requests: Requests, connections: int, seconds: float, processes: int = 1) -> Load:
    """Keep one request in flight on each connection."""
    share = connections // processes
    return in_processes(_one_in_flight, [(port, requests, share, seconds)] * processes)


def in_processes(work: Callable[..., Load], calls: list[tuple[object, ...]]) -> Load:
    """Run the calls side by side in processes of their own, and add up what they came to."""
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(len(calls), mp_context=context) as pool:
        loads = [future.result() for future in [pool.submit(work, *call) for call in calls]]
    return Load(
        sum(load.answers for load in loads),
        max(load.seconds for load in loads),
        sum(load.cpu for load in loads),
        len(loads),
    )


def _pipelined(port: int, requests: Requests, seconds: float) -> Load:
    chunks = cycle(requests.chunks())
    mark, fresh = requests.mark, requests.fresh
    answers = flying = 0
    with socket.create_connection((HOST, port), PATIENCE) as connection:
        started, cpu = time.perf_counter(), time.process_time()
        end = started + seconds
        while time.perf_counter() < end:
            while flying + CHUNK <= DEPTH:
                connection.sendall(next(chunks).replace(mark, fresh()))
                flying += CHUNK
            got = _lines(connection)
            answers += got
            flying -= got
        load = Load(answers, time.perf_counter() - started, time.process_time() - cpu)
        while flying > 0:  # a server that still writes to a closed connection would disturb the next measurement
            flying -= _lines(connection)
    return load


def _lines(connection: socket.socket) -> int:
    data = connection.recv(READ)
    if not data:
        raise ConnectionError("the server closed the connection of the load")
    return data.count(b"\n")


def _one_in_flight(port: int, requests: Requests, connections: int, seconds: float) -> Load:
    with ExitStack() as stack:
        poller = select.epoll()
        stack.callback(poller.close)
        sockets = []
        for _ in range(connections):
            connection = stack.enter_context(socket.create_connection((HOST, port), PATIENCE))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            poller.register(connection, select.EPOLLIN)
            sockets.append(connection)
        halves = cycle(requests.halves())
        for connection in sockets:
            head, tail = next(halves)
            connection.sendall(head + requests.fresh() + tail)
        load = ping_pong(poller, halves, requests.fresh, seconds)
        for connection in sockets:
            connection.recv(READ)
    return load


def ping_pong(
    poller: select.epoll, halves: "cycle[tuple[bytes, bytes]]", fresh: Callable[[], bytes], seconds: float
) -> Load:
    """Answer every answer with the next request, by file number: the shortest way through Python."""
    read, write, poll = os.read, os.write, poller.poll
    answers = 0
    started, cpu = time.perf_counter(), time.process_time()
    end = started + seconds
    while time.perf_counter() < end:
        ready = poll(PATIENCE)
        if not ready:
            raise TimeoutError(f"no answer within {PATIENCE:.0f} s")
        stamp = fresh()
        for number, _ in ready:
            answer = read(number, SMALL_READ)
            if answer[-1:] != b"\n":
                if not answer:
                    raise ConnectionError("the server closed a connection of the load")
                continue  # the rest of the answer comes with the next read
            answers += 1
            head, tail = next(halves)
            write(number, head + stamp + tail)
    return Load(answers, time.perf_counter() - started, time.process_time() - cpu)
