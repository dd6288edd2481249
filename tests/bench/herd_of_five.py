"""Starts the herd that is measured, or one server of it alone, with everything on that a user's has on."""

import json
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from herd.servers import LINKS
from tests.bench.listener import HOST
from tests.bench.processes import free_ports, running

SECRET = "bench"
PATIENCE = 30.0  # seconds until a report is everywhere


@dataclass(frozen=True, slots=True)
class Herd:
    """Running servers: process ids and ports by name. `probe` is the port of a place that nobody serves."""

    pids: dict[str, int]
    ports: dict[str, int]
    http: dict[str, int]
    probe: int = 0


@contextmanager
def herd(folder: Path, names: Sequence[str] = tuple(LINKS), probe: tuple[str, str] | None = None) -> Iterator[Herd]:
    """Run these servers, each as a user would, until all listen.

    `probe` is (a name, its neighbour): one more server in herd.toml, not started, whose place the bench takes.
    """
    links = {name: [peer for peer in LINKS[name] if peer in names] for name in names}
    if probe:
        links[probe[0]] = [probe[1]]
    tcp = dict(zip(links, free_ports(len(links)), strict=True))
    http = dict(zip(links, free_ports(len(links)), strict=True))
    folder.mkdir()
    config = folder / "herd.toml"
    config.write_text(_toml(links, tcp, http))
    with ExitStack() as stack:
        pids = {}
        for name in names:
            command = [sys.executable, "run.py", name, "--config", str(config), "--data", str(folder / "data")]
            pids[name] = stack.enter_context(running(command, tcp[name], folder / f"{name}.out"))
        ports = {name: tcp[name] for name in names}
        _wait_until_whole(list(ports.values()))
        yield Herd(pids, ports, http, tcp[probe[0]] if probe else 0)


def wait_until_known(ports: Iterable[int], reports: Sequence[tuple[bytes, bytes]]) -> None:
    """Ask every server until it knows every client (ID, time) with that time or a later one."""
    end = time.monotonic() + PATIENCE
    for port in ports:
        with socket.create_connection((HOST, port), PATIENCE) as connection:
            for client, at in reports:
                while _time_of(connection, client) < at:  # of equal width, so they compare as text
                    if time.monotonic() > end:
                        raise TimeoutError(f"the server on port {port} does not know {client!r} at {at!r}")
                    time.sleep(0.002)


def _time_of(connection: socket.socket, client: bytes) -> bytes:
    """Return the time of a client's newest report at a server, empty where it knows none."""
    connection.sendall(b"WHATSAT %b 0 0\n" % client)
    answer = b""
    # A known client's answer ends in an empty line, an unknown one's is the line itself.
    while not (answer.endswith(b"\n\n") or (answer.startswith(b"? ") and answer.endswith(b"\n"))):
        got = connection.recv(65_536)
        if not got:
            raise ConnectionError("the server closed the connection")
        answer += got
    return b"" if answer.startswith(b"? ") else answer.partition(b"\n")[0].split(b" ")[5]


def _wait_until_whole(ports: list[int]) -> None:
    """Tell each server of a client of its own, until all know all: then every link is up."""
    reports = []
    for port in ports:
        client, at = b"whole%d" % port, b"%d.000000000" % time.time()
        with socket.create_connection((HOST, port), PATIENCE) as connection:
            connection.sendall(b"IAMAT %b +34.068930-118.445127 %b\n" % (client, at))
            connection.recv(65_536)
        reports.append((client, at))
    wait_until_known(ports, reports)


def _toml(links: dict[str, list[str]], tcp: dict[str, int], http: dict[str, int]) -> str:
    lines = [f'secret = "{SECRET}"', "[places]", 'provider = "none"']
    for name, peers in links.items():
        lines += [
            f"[servers.{name}]",
            f'tcp = "{HOST}:{tcp[name]}"',
            f'http = "{HOST}:{http[name]}"',
            f"peers = {json.dumps(peers)}",
        ]
    return "\n".join(lines) + "\n"
