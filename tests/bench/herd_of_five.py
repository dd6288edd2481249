"""Starts the herd that is measured, or some of its servers, with everything on that a user's has on."""

import json
import socket
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from herd.servers import LINKS
from tests.bench.listener import HOST
from tests.bench.processes import free_ports, started, wait_for, wait_until_listening

SECRET = "bench"
PATIENCE = 30.0  # seconds until a report is everywhere


@dataclass(frozen=True, slots=True)
class Herd:
    """Running servers: process ids by name; the ports of all servers in herd.toml, also of those not started."""

    folder: Path
    pids: dict[str, int]
    ports: dict[str, int]
    http: dict[str, int]

    @contextmanager
    def one_more(self, name: str) -> Iterator[int]:
        """Run a server that is in herd.toml and was not started, from empty, while in the block; gives its id."""
        with (
            tempfile.TemporaryDirectory(dir=self.folder) as data,
            started(_command(name, self.folder / "herd.toml", Path(data)), _log(self.folder, name)) as process,
        ):
            wait_for(process, self.ports[name], _log(self.folder, name))
            yield process.pid

    @property
    def running(self) -> list[int]:
        """The TCP ports of those that were started."""
        return [self.ports[name] for name in self.pids]


@contextmanager
def herd(
    folder: Path, names: Sequence[str] = tuple(LINKS), absent: str = "", links: Mapping[str, Sequence[str]] = LINKS
) -> Iterator[Herd]:
    """Run these servers, each as a user would, until all listen, also to browsers, and know each other.

    `absent` is in herd.toml too, and not started: the bench takes its place, or starts it later.
    """
    present = [*names, *([absent] if absent else [])]
    edges = {name: [peer for peer in links[name] if peer in present] for name in present}
    tcp = dict(zip(edges, free_ports(len(edges)), strict=True))
    http = dict(zip(edges, free_ports(len(edges), set(tcp.values())), strict=True))
    folder.mkdir()
    (folder / "herd.toml").write_text(_toml(edges, tcp, http))
    with ExitStack() as stack:
        processes = {}
        for name in names:
            command = _command(name, folder / "herd.toml", folder / "data")
            processes[name] = stack.enter_context(started(command, _log(folder, name)))
        for name, process in processes.items():
            wait_for(process, tcp[name], _log(folder, name))
        for name in names:
            wait_until_listening(http[name])
        running = Herd(folder, {name: process.pid for name, process in processes.items()}, tcp, http)
        _wait_until_whole(running.running)
        yield running


def wait_until_known(ports: Iterable[int], reports: Sequence[tuple[bytes, bytes]]) -> None:
    """Ask every server until it knows every client (ID, time) with that time or a later one."""
    end = time.monotonic() + PATIENCE
    for port in ports:
        with socket.create_connection((HOST, port), PATIENCE) as connection:
            for client, at in reports:
                while time_of(connection, client) < at:  # of equal width, so they compare as text
                    if time.monotonic() > end:
                        raise TimeoutError(f"the server on port {port} does not know {client!r} at {at!r}")
                    time.sleep(0.002)


def time_of(connection: socket.socket, client: bytes) -> bytes:
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


def _command(name: str, config: Path, data: Path) -> list[str]:
    return [sys.executable, "run.py", name, "--config", str(config), "--data", str(data)]


def _log(folder: Path, name: str) -> Path:
    return folder / f"{name}.out"
