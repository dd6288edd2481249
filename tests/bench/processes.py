"""Starts the programs that are measured, waits until they listen, and ends each by its own id."""

import random
import socket
import subprocess
import sys
import time
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.listener import HOST

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 15.0  # seconds to listen


def free_ports(count: int, taken: Container[int] = ()) -> list[int]:
    """Return ports below the ephemeral range, so that no connection of a load takes one meanwhile."""
    found: list[int] = []
    while len(found) < count:
        port = random.randint(20_000, 32_000)
        with socket.socket() as probe:
            if port not in found and port not in taken and probe.connect_ex((HOST, port)) != 0:
                found.append(port)
    return found


@contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[int]:
    """Run a program from the repository's folder, once it listens on `port`; gives its id, ends it at the end."""
    with started(command, log) as process:
        wait_for(process, port, log)
        yield process.pid


@contextmanager
def started(command: list[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a program from the repository's folder, and end it at the end."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def yardstick(module: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Run one of the servers beside this file; gives its process id and port."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", f"tests.bench.{module}", str(port)]
    with running(command, port, folder / f"{module}.out") as pid:
        yield pid, port


def wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Wait until a program listens on a port; RuntimeError with what it said where it does not."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended at its start:\n{log.read_text()[-2000:]}")
        if _listens(port):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not listen on port {port}")


def wait_until_listening(port: int) -> None:
    """Wait for another port of a program that runs: a server's HTTP comes after its TCP."""
    end = time.monotonic() + PATIENCE
    while not _listens(port):
        if time.monotonic() > end:
            raise TimeoutError(f"nothing listens on port {port}")
        time.sleep(0.02)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((HOST, port)) == 0
