"""Loads all five servers of a herd, or all five nodes of a NATS cluster, until every report is on all five."""

import select
import socket
import time
from contextlib import ExitStack
from itertools import cycle

from tests.bench.herd_of_five import wait_until_known
from tests.bench.listener import HOST
from tests.bench.load import DEPTH, PATIENCE, READ, Load, in_processes
from tests.bench.nats_cluster import connect, settle_subscriptions
from tests.bench.requests import CHUNK, Requests

WINDOW = (
    20_000  # messages published but not yet read by every subscriber: NATS drops a subscriber that is far behind
)


def flood_herd(ports: list[int], kinds: list[Requests], most: int, seconds: float) -> Load:
    """Send each server reports of its own kind, at most so many in all; counted once they are everywhere."""
    return in_processes(_flood_herd, [(ports, kinds, seconds, most)])


def flood_nats(ports: list[int], requests: Requests, seconds: float) -> Load:
    """Publish at each node; counted once a subscriber at each node has read them."""
    return in_processes(_flood_nats, [(ports, requests, seconds)])


def _flood_herd(ports: list[int], kinds: list[Requests], seconds: float, most: int) -> Load:
    with ExitStack() as stack:
        connections = [stack.enter_context(socket.create_connection((HOST, port), PATIENCE)) for port in ports]
        chunks = [cycle(kind.chunks()) for kind in kinds]
        flying, last = [0] * len(ports), [b""] * len(ports)
        sent = 0
        started, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() < started + seconds and sent < most:
            for i, connection in enumerate(connections):
                while flying[i] + CHUNK <= DEPTH:
                    last[i] = next(chunks[i]).replace(kinds[i].mark, kinds[i].fresh())
                    connection.sendall(last[i])
                    flying[i] += CHUNK
                    sent += CHUNK
            for i in _readable(connections):
                flying[i] -= _received(connections[i]).count(b"\n")
        while any(flying):
            for i in _readable(connections):
                flying[i] -= _received(connections[i]).count(b"\n")
        # Reports of one server travel in order: where its last has come, all have (or newer ones of their clients).
        fields = [chunk.rsplit(b"\n", 2)[1].split(b" ") for chunk in last]
        wait_until_known(ports, [(client, at) for _, client, _, at in fields])
        return Load(sent, time.perf_counter() - started, time.process_time() - cpu)


def _flood_nats(ports: list[int], requests: Requests, seconds: float) -> Load:
    with ExitStack() as stack:
        readers = [stack.enter_context(connect(port, subscribe=True)) for port in ports]
        writers = [stack.enter_context(connect(port)) for port in ports]
        settle_subscriptions()
        chunks = cycle(requests.chunks())
        sent, read = 0, [0] * len(ports)
        started, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() < started + seconds:
            while sent - min(read) < WINDOW:
                for writer in writers:
                    writer.sendall(next(chunks).replace(requests.mark, requests.fresh()))
                    sent += CHUNK
            for i in _readable(readers):
                read[i] += _received(readers[i]).count(b"+")
        while min(read) < sent:
            for i in _readable(readers):
                read[i] += _received(readers[i]).count(b"+")
        return Load(sent, time.perf_counter() - started, time.process_time() - cpu)


def _readable(connections: list[socket.socket]) -> list[int]:
    """Return which connections have something to read, by their place in the list."""
    ready, _, _ = select.select(connections, [], [], PATIENCE)
    if not ready:
        raise TimeoutError(f"nothing came within {PATIENCE:.0f} s")
    return [connections.index(connection) for connection in ready]


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(READ)
    if not data:
        raise ConnectionError("the server closed a connection of the load")
    return data
