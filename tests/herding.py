"""What the tests of servers share: real processes, servers in this process, and clients that speak lines."""

import asyncio
import json
import random
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random
from typing import TypeVar

from herd.config import Address, Config, Server
from herd.journal.disk import Disk
from herd.links.hearing import Shared
from herd.links.seen import Seen
from herd.sections.limits import LimitsSettings
from herd.sections.places import PlacesSettings
from herd.server import RunningServer, run_server
from herd.settings import LONGEST
from herd.traffic import TrafficLog

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
SECRET = "tests"
PATIENCE = 60.0  # seconds; only a hang takes so long
POLL = 0.02  # seconds between two looks at a condition
PEERS = {
    "Goloman": ["Hands", "Holiday", "Wilkes"],
    "Hands": ["Wilkes"],
    "Holiday": ["Welsh", "Wilkes"],
    "Welsh": [],
    "Wilkes": [],
}
HERE = b"+34.068930-118.445127"
THERE = b"-27.595700+153.019200"

T = TypeVar("T")


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition; AssertionError if that takes for ever."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        await asyncio.sleep(POLL)


async def within(work: Awaitable[T]) -> T:
    """Await something that must come."""
    async with asyncio.timeout(PATIENCE):
        return await work


def iamat(client: bytes, time_: bytes = b"1520023934.918963997", location: bytes = HERE) -> bytes:
    return b"IAMAT %b %b %b" % (client, location, time_)


class Lines:
    """A connection that speaks lines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *lines: bytes) -> None:
        """Send whole lines in one write."""
        self.writer.write(b"".join([line + b"\n" for line in lines]))

    async def line(self) -> bytes:
        """Return the next line; ConnectionError at the end."""
        line = await within(self.reader.readline())
        if not line.endswith(b"\n"):
            raise ConnectionError(f"ended with {line!r}")
        return line[:-1]

    async def lines(self, count: int) -> list[bytes]:
        """Return the next lines."""
        return [await self.line() for _ in range(count)]

    async def ask(self, line: bytes) -> bytes:
        """Send a line, and return the line that answers it."""
        self.send(line)
        return await self.line()

    async def around(self, client: bytes) -> bytes:
        """Ask WHATSAT and return the first line of the answer; the places are read and left."""
        self.send(b"WHATSAT %b 1 1" % client)
        return (await self.answer())[0]

    async def answer(self) -> list[bytes]:
        """Return the lines of a WHATSAT's answer, without the empty one; a refusal is one line."""
        found = [await self.line()]
        while found[0].startswith(b"AT ") and found[-1]:
            found.append(await self.line())
        return found[:-1] if len(found) > 1 else found

    async def knows(self, client: bytes, line: bytes | None = None) -> bytes:
        """Wait until the server knows a client (by this AT line), and return its line."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = await self.around(client)
            if found.startswith(b"AT ") and line in (None, found):
                return found
            assert time.monotonic() < deadline, f"waited in vain for {client!r}: {found!r} and not {line!r}"
            await asyncio.sleep(POLL)

    async def rest(self) -> bytes:
        """Return all that comes until the other end closes; a reset counts as that."""
        data = bytearray()
        try:
            while part := await within(self.reader.read(2**20)):
                data += part
        except ConnectionError:
            pass
        return bytes(data)

    def reset(self) -> None:
        """End as a crash does: the other end sees ECONNRESET, and not just the end of what is sent."""
        if not self.writer.transport.is_closing():
            sock = self.writer.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@asynccontextmanager
async def talk(port: int, host: str = HOST) -> AsyncIterator[Lines]:
    """Connect to a server."""
    reader, writer = await within(asyncio.open_connection(host, port, limit=2**22))
    try:
        yield Lines(reader, writer)
    finally:
        writer.transport.abort()


def free_ports(count: int) -> list[int]:
    """Return ports below the ephemeral range, so that no client's connection takes one in between."""
    found: set[int] = set()
    while len(found) < count:
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)):
                found.add(port)
    return list(found)


class Herd:
    """The five servers as processes of their own."""

    def __init__(self, folder: Path) -> None:
        ports = free_ports(2 * len(PEERS))
        self.folder = folder
        self.ports = dict(zip(PEERS, ports, strict=False))
        http = dict(zip(PEERS, ports[len(PEERS) :], strict=True))
        tables = [
            f'[servers.{name}]\ntcp = "{HOST}:{self.ports[name]}"\n'
            f'http = "{HOST}:{http[name]}"\npeers = {json.dumps(peers)}\n'
            for name, peers in PEERS.items()
        ]
        (folder / "herd.toml").write_text(f'secret = "{SECRET}"\n[places]\nprovider = "none"\n' + "".join(tables))
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start servers, and wait until they listen."""
        command = [sys.executable, str(ROOT / "run.py")]
        options = ["--config", str(self.folder / "herd.toml"), "--data", str(self.folder / "data")]
        for name in names:
            with (self.folder / f"{name}.out").open("ab") as out:
                self.running[name] = subprocess.Popen(
                    [*command, name, *options], stdin=subprocess.DEVNULL, stdout=out, stderr=out
                )
        for name in names:
            deadline = time.monotonic() + PATIENCE
            while not self._accepts(name):
                assert self.running[name].poll() is None, f"{name} ended at its start: {self.said(name)}"
                assert time.monotonic() < deadline, f"{name} does not listen: {self.said(name)}"
                time.sleep(POLL)

    def kill(self, *names: str) -> None:
        """End servers as kill -9 does."""
        for name in names:
            if process := self.running.pop(name, None):
                process.kill()
                process.wait()

    def freeze(self, name: str) -> None:
        """Stop a server's process, whose connections stay."""
        self.running[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let it go on."""
        self.running[name].send_signal(signal.SIGCONT)

    def said(self, name: str) -> str:
        """Return what a server printed."""
        return (self.folder / f"{name}.out").read_text()

    def _accepts(self, name: str) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.ports[name])) == 0


@contextmanager
def herd_of_processes(folder: Path) -> Iterator[Herd]:
    """Give a herd that is not started yet; whatever happens, its processes end. None may have met a defect."""
    herd = Herd(folder)
    try:
        yield herd
    finally:
        herd.kill(*herd.running)
    for name in PEERS:
        if (folder / f"{name}.out").exists():
            assert "Traceback" not in herd.said(name), herd.said(name)


def sharing() -> Shared:
    """Return what the hearings of a server without routing have in common."""
    return Shared(Seen(), asyncio.Lock(), lambda: None)


def small_herd(peers: dict[str, Iterable[str]], ports: dict[str, int], secret: str | None = SECRET) -> Config:
    """Return the settings of a herd on loopback without places; a port left out is any free one."""
    servers = {
        name: Server(name, Address(HOST, ports.get(name, 0)), Address(HOST, 0), tuple(peers.get(name, ())))
        for name in {*peers, *ports}
    }
    # Reports of tests are years old.
    return Config(servers, secret, PlacesSettings("none"), limits=LimitsSettings(keep=LONGEST))


@asynccontextmanager
async def running(
    config: Config, name: str, folder: Path, disk: Disk | None = None
) -> AsyncIterator[RunningServer]:
    """Run one server in this process, with a journal if it has a disk; it must not have met a defect at its end."""
    async with run_server(config, name, lambda: TrafficLog(folder / f"{name}.log"), Random(1), disk) as server:
        yield server
        assert server.node.guard.caught == 0
