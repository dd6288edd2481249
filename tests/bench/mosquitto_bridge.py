"""A yardstick of flooding: five Mosquitto brokers joined by bridges, and what it takes of MQTT 3.1.1.

Bridges must not form a circle, or a message would go round for ever; so these are a tree, in which Hands and Welsh
are three bridges apart, as in the built-in herd.
"""

import shutil
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from tests.bench.listener import HOST
from tests.bench.processes import free_ports, running
from tests.bench.requests import SUBJECT, TIME_MARK, Requests, now

# Each bridge is kept by the first of the two.
BRIDGES = {"Goloman": [], "Hands": ["Goloman"], "Holiday": ["Goloman"], "Welsh": ["Holiday"], "Wilkes": ["Goloman"]}
PATIENCE = 15.0  # seconds
TOPIC = struct.pack("!H", len(SUBJECT)) + SUBJECT
_numbers = count()


def installed() -> bool:
    """Tell whether Debian's mosquitto is here (it is in /usr/sbin, which not every PATH names)."""
    return _program() is not None


@contextmanager
def mosquitto_bridge(folder: Path) -> Iterator[tuple[tuple[int, ...], dict[str, int]]]:
    """Run the brokers until all hear each other; gives the process ids, and the ports by name."""
    ports = dict(zip(BRIDGES, free_ports(len(BRIDGES)), strict=True))
    with ExitStack() as stack:
        pids = []
        for name, port in ports.items():
            config = folder / f"mosquitto-{name}.conf"
            config.write_text(_config(name, ports))
            command = [str(_program()), "-c", str(config)]
            pids.append(stack.enter_context(running(command, port, folder / f"mosquitto-{name}.out")))
        _wait_until_whole(list(ports.values()))
        yield tuple(pids), ports


def connect(port: int, *, subscribe: bool = False) -> socket.socket:
    """Open a client's connection, and have its subscription known to its broker."""
    connection = socket.create_connection((HOST, port), PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    name = b"bench%d" % next(_numbers)
    _say(connection, 0x10, b"\0\4MQTT\4\2\0\0" + struct.pack("!H", len(name)) + name)
    if connection.recv(4) != b"\x20\2\0\0":
        raise ConnectionError("mosquitto does not take the connection")
    if subscribe:
        _say(connection, 0x82, b"\0\1" + TOPIC + b"\0")
        connection.recv(5)
    return connection


def publications(clients: int) -> Requests:
    """Return AT lines as messages, as long as those of the herd."""
    texts = []
    for i in range(clients):
        line = b"AT Hands -0.000012345 client%06d +34.068930-118.445127 %b\n" % (i, TIME_MARK)
        texts.append(b"\x30" + bytes([len(TOPIC) + len(line)]) + TOPIC + line)
    return Requests(tuple(texts), TIME_MARK, now)


def _say(connection: socket.socket, kind: int, rest: bytes) -> None:
    connection.sendall(bytes([kind, len(rest)]) + rest)  # one byte says a length below 128


def _program() -> str | None:
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def _config(name: str, ports: dict[str, int]) -> str:
    lines = [f"listener {ports[name]} {HOST}", "allow_anonymous true", "persistence false"]
    lines += ["max_queued_messages 0", "set_tcp_nodelay true", "log_type error", "log_type warning"]
    for peer in BRIDGES[name]:
        lines += [f"connection {name}-{peer}", f"address {HOST}:{ports[peer]}", f"topic {SUBJECT.decode()} both 0"]
        lines += ["cleansession true", "notifications false", "restart_timeout 1"]
    return "\n".join(lines) + "\n"


def _wait_until_whole(ports: list[int]) -> None:
    """Publish at each broker until a subscriber at each has heard it."""
    end = time.monotonic() + PATIENCE
    with ExitStack() as stack:
        readers = [stack.enter_context(connect(port, subscribe=True)) for port in ports]
        writers = [stack.enter_context(connect(port)) for port in ports]
        seen = [b""] * len(ports)
        while any(b"from%d" % i not in text for text in seen for i in range(len(ports))):
            if time.monotonic() > end:
                raise TimeoutError("the Mosquitto brokers are not joined")
            for i, writer in enumerate(writers):
                _say(writer, 0x30, TOPIC + b"from%d" % i)
            time.sleep(0.05)
            for i, reader in enumerate(readers):
                seen[i] += reader.recv(65_536)
