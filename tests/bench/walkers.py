"""Moves many clients over TCP, each at a fixed pace, from a process of its own with lines prepared beforehand."""

import math
import multiprocessing
import random
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event

from tests.bench.listener import HOST
from tests.bench.requests import TIME_MARK, now

CHUNK = 1_000  # lines that leave in one system call
PLACES = 8  # on each client's circle; then it comes round again
RADIUS = 0.4  # degrees: a pixel or two on a map of the world
READ = 1 << 20
PATIENCE = 60.0  # seconds until every client was told once


@contextmanager
def walking(port: int, clients: int, times_a_second: float) -> Iterator[int]:
    """Have so many clients move inside the block, where each is known from the start; gives the process id.

    Where the server takes fewer reports a second, TCP slows them down: what arrives is to be measured.
    """
    context = multiprocessing.get_context("fork")
    told, end = context.Event(), context.Event()
    process = context.Process(target=_walk, args=(port, clients, times_a_second, told, end))
    process.start()
    try:
        if not told.wait(PATIENCE):
            raise TimeoutError(f"{clients:,} clients were not told within {PATIENCE:.0f} s")
        assert process.pid is not None
        yield process.pid
    finally:
        end.set()
        process.join(PATIENCE)
        process.kill()


def _walk(port: int, clients: int, times_a_second: float, told: Event, end: Event) -> None:
    rounds = rounds_of(clients)
    chunks = len(rounds[0])
    answers = bytearray(READ)
    with socket.create_connection((HOST, port)) as connection:
        connection.setblocking(False)
        started, sent = time.perf_counter(), 0
        while not end.is_set():
            due = started + sent / chunks / times_a_second - time.perf_counter()
            if due > 0:
                time.sleep(due)
            turn, place = divmod(sent, chunks)
            _send(connection, rounds[turn % PLACES][place].replace(TIME_MARK, now()), answers, end)
            sent += 1
            if sent == chunks:
                told.set()
        while select.select([connection], [], [], 0.2)[0] and connection.recv_into(answers):
            pass


def _send(connection: socket.socket, chunk: bytes, answers: bytearray, end: Event) -> None:
    """Send all of it, reading answers meanwhile: a server reads nothing more of whom it cannot answer."""
    rest = memoryview(chunk)
    while rest and not end.is_set():
        readable, writable, _ = select.select([connection], [connection], [], 1.0)
        if readable and not connection.recv_into(answers):
            raise ConnectionError("the server closed the connection of the walkers")
        if writable:
            rest = rest[connection.send(rest) :]


def rounds_of(clients: int) -> list[list[bytes]]:
    """Return for each place on the circles the lines of all clients, in chunks."""
    chance = random.Random(clients)
    middles = [(chance.uniform(-55, 70), chance.uniform(-179, 179), chance.random()) for _ in range(clients)]
    rounds = []
    for place in range(PLACES):
        lines = [
            b"IAMAT walker%06d %b %b\n" % (number, _at(middle, place), TIME_MARK)
            for number, middle in enumerate(middles)
        ]
        rounds.append([b"".join(lines[i : i + CHUNK]) for i in range(0, clients, CHUNK)])
    return rounds


def _at(middle: tuple[float, float, float], place: int) -> bytes:
    latitude, longitude, phase = middle
    angle = (place / PLACES + phase) * 2 * math.pi
    return b"%+010.6f%+011.6f" % (latitude + RADIUS * math.sin(angle), longitude + RADIUS * math.cos(angle))
