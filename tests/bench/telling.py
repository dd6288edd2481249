"""Tells a server of very many clients, whose lines are written on the way: a million would fill the memory."""

import socket
import time

from tests.bench.listener import HOST
from tests.bench.load import DEPTH, PATIENCE, READ, Load, in_processes
from tests.bench.requests import CHUNK, now

# Neighbours in the order of telling are far apart in that of their first coming, as they are in life.
STRIDE = 7_919  # a prime, so that every client has its turn


def tell_once(port: int, first: int, last: int, patience: float = PATIENCE) -> Load:
    """Tell of each of these clients once, by number, as fast as the server takes it."""
    return in_processes(_tell, [(port, first, last, 0.0, 0.0, patience)])


def tell_for(port: int, clients: int, seconds: float, rate: float = 0.0) -> Load:
    """Tell of the clients in turns for so long; at most so many a second where a rate is given."""
    return in_processes(_tell, [(port, 0, clients, seconds, rate, PATIENCE)])


def client(number: int) -> bytes:
    """Return a client's ID."""
    return b"known%07d" % number


def _tell(port: int, first: int, last: int, seconds: float, rate: float, patience: float) -> Load:
    """Tell until the time is over, or of each once where none is given."""
    size, place, answers, flying = last - first, 0, 0, 0
    chunk = min(CHUNK, max(1, int(rate / 100))) if rate else CHUNK  # about 100 writes a second
    with socket.create_connection((HOST, port), patience) as connection:
        started, cpu = time.perf_counter(), time.process_time()
        while (time.perf_counter() - started < seconds) if seconds else place < size:
            if rate and (early := started + place / rate - time.perf_counter()) > 0:
                time.sleep(early)
            while flying + chunk <= DEPTH and (seconds or place < size):
                count = chunk if seconds else min(chunk, size - place)
                connection.sendall(_lines(first, size, place, count))
                place, flying = place + count, flying + count
                if rate:
                    break
            got = _answers(connection)
            answers, flying = answers + got, flying - got
        while flying > 0:
            got = _answers(connection)
            answers, flying = answers + got, flying - got
        return Load(answers, time.perf_counter() - started, time.process_time() - cpu)


def _lines(first: int, size: int, place: int, count: int) -> bytes:
    numbers = [first + i * STRIDE % size for i in range(place, place + count)]
    line = b"IAMAT known%07d +34.068930-118.445127 " + now() + b"\n"
    return b"".join([line % number for number in numbers])


def _answers(connection: socket.socket) -> int:
    data = connection.recv(READ)
    if not data:
        raise ConnectionError("the server closed the connection of the load")
    return data.count(b"\n")
