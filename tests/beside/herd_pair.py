"""Our own two servers, each as a user runs it, on a link that both dial through."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from herd.messages import FUTURE_LIMIT, SECOND
from tests.beside.link import HOST, Link
from tests.beside.nodes import A, B, Nodes, Side
from tests.beside.program import ROOT, Program
from tests.beside.system import Fix, Follower, Said
from tests.herding import free_ports

FRAME_LIMIT = 1 << 26  # bytes of one event, which may tell of thousands of clients
AT_A_TIME = 1_000  # reports that wait for their answers


@asynccontextmanager
async def herd_pair(folder: Path) -> AsyncIterator["HerdPair"]:
    """Run two servers of a herd."""
    link = Link()
    tcp_a, tcp_b, http_a, http_b = free_ports(4)
    a = _program(folder, "A", (tcp_a, http_a), "B", await link.to(tcp_b))
    b = _program(folder, "B", (tcp_b, http_b), "A", await link.to(tcp_a))
    async with Nodes(link, a, b).running() as nodes:
        yield HerdPair(nodes, {A: http_a, B: http_b})


class HerdPair:
    """The two."""

    name = "Herd"
    keeps_state = True
    future_wins = f" (for {FUTURE_LIMIT // SECOND} s at most)"  # by its rank; not waited for here

    def __init__(self, nodes: Nodes, http: dict[Side, int]) -> None:
        self.nodes = nodes
        self._http = http

    @asynccontextmanager
    async def client(self, side: Side) -> AsyncIterator["HerdClient"]:
        """Connect to a server."""
        reader, writer = await asyncio.open_connection(HOST, self.nodes.port(side))
        try:
            yield HerdClient(reader, writer)
        finally:
            writer.transport.abort()

    @asynccontextmanager
    async def follow(self, side: Side) -> AsyncIterator[Follower]:
        """Follow /events, as HTTP/1.0, which has no chunks; what is known already comes first."""
        reader, writer = await asyncio.open_connection(HOST, self._http[side], limit=FRAME_LIMIT)
        writer.write(b"GET /events HTTP/1.0\r\nHost: %b\r\n\r\n" % HOST.encode())

        async def told() -> list[Said]:
            line = await reader.readuntil(b"\n")
            event = json.loads(line[6:]) if line.startswith(b"data: ") else {}
            return [_said(report["at"].encode()) for report in event.get("reports", ())]

        while not (line := await reader.readuntil(b"\n")).startswith(b"data: "):
            if line.startswith(b"HTTP") and b" 200 " not in line:
                raise ConnectionError(line.decode())
        async with Follower(writer, told) as follower:
            yield follower


class HerdClient:
    """A client of the line protocol."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, fixes: Sequence[Said]) -> int:
        """Say IAMAT, and wait for every AT."""
        taken = 0
        for start in range(0, len(fixes), AT_A_TIME):
            some = fixes[start : start + AT_A_TIME]
            self._writer.write(b"".join([b"IAMAT %b %b\n" % said for said in some]))
            await self._writer.drain()
            for _ in some:
                taken += (await self._reader.readuntil(b"\n")).startswith(b"AT ")
        return taken

    async def read(self, client: bytes) -> Fix | None:
        """Say WHATSAT; the places are read and left."""
        line = await self.line_of(client)
        return _said(line)[1] if line else None

    async def line_of(self, client: bytes) -> bytes | None:
        """Return the AT line that the server holds of a client."""
        self._writer.write(b"WHATSAT %b 0 0\n" % client)
        line = (await self._reader.readuntil(b"\n"))[:-1]
        if not line.startswith(b"AT "):
            return None
        while await self._reader.readuntil(b"\n") != b"\n":
            pass
        return line


def _program(folder: Path, name: str, ports: tuple[int, int], other: str, way: int) -> Program:
    """Return a server whose neighbour is where the link leads to; nobody browses the neighbour through it."""
    config = folder / f"{name}.toml"
    config.write_text(
        'secret = "beside"\n[places]\nprovider = "none"\n'
        f'[servers.{name}]\ntcp = "{HOST}:{ports[0]}"\nhttp = "{HOST}:{ports[1]}"\npeers = ["{other}"]\n'
        f'[servers.{other}]\ntcp = "{HOST}:{way}"\nhttp = "{HOST}:0"\n'
    )
    command = [sys.executable, str(ROOT / "run.py"), name, "--config", str(config), "--data", str(folder / "data")]
    return Program(command, ports, folder / f"{name}.out")


def _said(line: bytes) -> Said:
    _, _, _, client, fix = line.split(b" ", 4)
    return client, fix
