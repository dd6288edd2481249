"""The yardstick of flooding: five nats-server processes in a full mesh, and what it takes of their protocol."""

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.listener import HOST
from tests.bench.processes import free_ports, running
from tests.bench.requests import SUBJECT

NODES = 5
PATIENCE = 10.0  # seconds


def installed() -> bool:
    """Tell whether Debian's nats-server is here (it is in /usr/sbin, which not every PATH names)."""
    return _program() is not None


@contextmanager
def nats_cluster(folder: Path) -> Iterator[tuple[tuple[int, ...], list[int]]]:
    """Run the cluster until it is whole; gives the process ids and the client ports."""
    ports, routes = free_ports(NODES), free_ports(NODES)
    mesh = ",".join(f"nats://{HOST}:{route}" for route in routes)
    with ExitStack() as stack:
        pids = []
        for i, (port, route) in enumerate(zip(ports, routes, strict=True)):
            own = f"--addr {HOST} --port {port} --name bench{i} --cluster_name bench"
            cluster = f"--cluster nats://{HOST}:{route} --routes {mesh}"
            command = [str(_program()), *own.split(), *cluster.split()]
            pids.append(stack.enter_context(running(command, port, folder / f"nats{i}.out")))
        _wait_until_whole(ports)
        yield tuple(pids), ports


def connect(port: int, *, subscribe: bool = False) -> socket.socket:
    """Open a client's connection, read all greetings, and have the subscription known to its node."""
    connection = socket.create_connection((HOST, port), PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    words = b'CONNECT {"verbose":false,"pedantic":false,"echo":true}\r\n'
    connection.sendall(words + (b"SUB %b 1\r\n" % SUBJECT if subscribe else b"") + b"PING\r\n")
    seen = b""
    while b"PONG\r\n" not in seen:
        got = connection.recv(65_536)
        if not got:
            raise ConnectionError("nats-server closed the connection")
        seen += got
    return connection


def settle_subscriptions() -> None:
    """Give the nodes time to tell each other of new subscriptions: the protocol has no answer for that."""
    time.sleep(0.3)


def _program() -> str | None:
    return shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin")


def _wait_until_whole(ports: list[int]) -> None:
    """Publish at each node until a subscriber at each other node has heard it."""
    end = time.monotonic() + PATIENCE
    with ExitStack() as stack:
        readers = [stack.enter_context(connect(port, subscribe=True)) for port in ports]
        writers = [stack.enter_context(connect(port)) for port in ports]
        seen = [b""] * NODES
        while any(b"from%d" % i not in text for text in seen for i in range(NODES)):
            if time.monotonic() > end:
                raise TimeoutError("the NATS cluster is not whole")
            for i, writer in enumerate(writers):
                writer.sendall(b"PUB %b 5\r\nfrom%d\r\n" % (SUBJECT, i))
            time.sleep(0.05)
            for i, reader in enumerate(readers):
                seen[i] += reader.recv(65_536)
