"""Watches /live in a process of its own: many raw sockets, and the age of what each frame tells."""

import base64
import multiprocessing
import select
import socket
import struct
import time
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from tests.bench.listener import HOST

READ = 1 << 18
PATIENCE = 30.0  # seconds for a handshake, an answer of the process, or its end
# Reports bear the moment of their making in their longitude, in 0.1 ms: in binary frames times are whole seconds.
MOMENT = 100_000  # ns
MOMENTS = 1_790_000_000  # below 180 degrees in units of 1e-7


def moment() -> int:
    """Return the present as a longitude in units of 1e-7 degrees."""
    return time.time_ns() // MOMENT % MOMENTS


@dataclass(slots=True)
class Seen:
    """What viewers saw since they were last asked."""

    messages: int = 0
    size: int = 0  # bytes
    seconds: float = 0.0
    cpu: float = 0.0  # of the viewers' own process
    fewest: int = 0  # messages of the viewer that got the fewest
    worst: list[float] = field(default_factory=list)  # ms: the oldest change in each message


class Viewers:
    """The viewers as the bench sees them."""

    def __init__(self, link: "Connection[str, Seen]") -> None:
        self._link = link

    def ask(self, what: str = "take") -> Seen:
        """Return what was seen since the last time."""
        self._link.send(what)
        if not self._link.poll(PATIENCE):
            raise TimeoutError("the viewers do not answer")
        return self._link.recv()


@contextmanager
def viewers(port: int, path: str, count: int) -> Iterator[Viewers]:
    """Have so many viewers of a path while in the block."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_watch, args=(theirs, port, path, count))
    process.start()
    try:
        found = Viewers(ours)
        found.ask()  # they are all there
        yield found
        found.ask("end")
    finally:
        process.join(PATIENCE)
        process.kill()


class _Viewer:
    """One viewer: bytes in, whole messages counted."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.messages = 0
        self._rest = bytearray()

    def read(self, seen: Seen) -> None:
        data = self.connection.recv(READ)
        if not data:
            raise ConnectionError("the server closed a viewer's connection")
        seen.size += len(data)
        rest = self._rest
        rest += data
        while (start := _start(rest)) and len(rest) >= (end := start + _size(rest)):
            self.messages += 1
            seen.messages += 1
            oldest = _oldest(rest, start, end)
            if oldest is not None:
                seen.worst.append((moment() - oldest) * MOMENT / 1e6)
            del rest[:end]


def _start(data: bytearray) -> int:
    """Return where the payload of a server's message begins; 0 where that is not known yet."""
    if len(data) < 2:
        return 0
    start = {126: 4, 127: 10}.get(data[1], 2)
    return start if len(data) >= start else 0


def _size(data: bytearray) -> int:
    if data[1] < 126:
        return data[1]
    size: int = struct.unpack_from("!H" if data[1] == 126 else "!Q", data, 2)[0]
    return size


def _oldest(data: bytearray, start: int, end: int) -> int | None:
    """Return the moment of the oldest change that a message of changes tells."""
    if b'"changes"' not in data[start : start + 40]:
        return None
    if data[0] & 0xF == 1:  # JSON: changes stand in order, and so few bytes are looked at
        at = data.find(b'"lon":', start, end)
        return None if at < 0 else round(float(data[at + 6 : data.index(b",", at)]) * 10**7)
    header: int = struct.unpack_from("<I", data, start)[0]
    columns = start + 4 + header
    count = (end - columns) // 20
    return min(array("i", bytes(data[columns + 4 * count : columns + 8 * count])), default=None)


def _watch(link: "Connection[Seen, str]", port: int, path: str, count: int) -> None:
    with ExitStack() as stack:
        poller = select.epoll()
        stack.callback(poller.close)
        found: dict[int, _Viewer] = {}
        for _ in range(count):
            connection = stack.enter_context(_shake_hands(port, path))
            found[connection.fileno()] = _Viewer(connection)
            poller.register(connection, select.EPOLLIN)
        poller.register(link, select.EPOLLIN)
        _serve(link, poller, found)


def _serve(link: "Connection[Seen, str]", poller: select.epoll, found: dict[int, _Viewer]) -> None:
    asked = link.fileno()
    seen, started, cpu = Seen(), time.perf_counter(), time.process_time()
    word = ""
    while word != "end":
        for number, _ in poller.poll():
            if number != asked:
                found[number].read(seen)
                continue
            word = link.recv()
            seen.seconds = time.perf_counter() - started
            seen.cpu = time.process_time() - cpu
            seen.fewest = min(viewer.messages for viewer in found.values())
            link.send(seen)
            for viewer in found.values():
                viewer.messages = 0
            seen, started, cpu = Seen(), time.perf_counter(), time.process_time()


def _shake_hands(port: int, path: str) -> socket.socket:
    connection = socket.create_connection((HOST, port), PATIENCE)
    key = base64.b64encode(bytes(16)).decode()
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        got = connection.recv(1)  # the first frame may follow at once
        if not got:
            raise ConnectionError(f"no handshake: {answer!r}")
        answer += got
    if not answer.startswith(b"HTTP/1.1 101 "):
        raise ConnectionError(f"no handshake: {answer!r}")
    return connection
