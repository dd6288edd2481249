"""The servers of the run as real processes, each of which sees its neighbours through lanes of its own."""

import asyncio
import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

from tests.chaos.proxy import HOST, Lane
from tests.herding import PEERS, POLL, ROOT, SECRET, free_ports

LISTENS_SECONDS = 60.0  # only a hang takes so long
STOPS_SECONDS = 30.0  # from SIGTERM to the end: as long
CLIENTS, BROWSERS = "clients", "browsers"  # who dials, where it is no server: over TCP, over HTTP
TAKEN = "cannot listen on"  # what a server says that found its port taken
RETRIES = 20  # where a stranger has taken a port meanwhile

Way = tuple[str, str]  # who dials, and whom


class Died(Exception):
    """A server ended, or would not end, and nobody had it do so."""


class Servers:
    """Five servers, their processes and the lanes between them; whatever happens, `end` ends the processes."""

    def __init__(self, folder: Path, random: Random, settings: str = "") -> None:
        self.folder = folder
        self.settings = settings  # lines of TOML for every server
        edges = [(a, b) for a, peers in PEERS.items() for b in peers]
        ways: list[Way] = [*edges, *[(b, a) for a, b in edges]]
        ways += [(who, name) for who in (CLIENTS, BROWSERS) for name in PEERS]
        self.lanes = {way: Lane("-".join(way), Random(f"{random.random()} {way}")) for way in ways}
        self.entrances: dict[Way, int] = {}  # the ports of the lanes
        self.tcp: dict[str, int] = {}
        self.http: dict[str, int] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping: set[str] = set()
        self.starts = 0

    @property
    def data(self) -> Path:
        """Where logs and journals are."""
        return self.folder / "data"

    async def open(self, group: asyncio.TaskGroup) -> None:
        """Open the lanes and start all servers; wait until they listen."""
        self.entrances = {way: await lane.open(group) for way, lane in self.lanes.items()}
        while True:
            self._choose_ports()
            for name in PEERS:
                self.start(name)
            try:
                return await self.until_all_listen()
            except Died as reason:
                self.end()
                if TAKEN not in str(reason):  # somebody took one of the ports before its server did: others, then
                    raise

    def start(self, name: str) -> None:
        """Start a server; nothing if it runs, or is about to end: two would write the same files."""
        if name in self.running or name in self.stopping:
            return
        # Its input is a pipe from here: it ends when this process does, however that comes about.
        options = ["--config", str(self.folder / f"{name}.toml"), "--data", str(self.data), "--until-stdin-closes"]
        with (self.folder / f"{name}.out").open("ab") as out:
            self.running[name] = subprocess.Popen(
                [sys.executable, str(ROOT / "run.py"), name, *options],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
            )
        self.starts += 1

    def kill(self, name: str) -> None:
        """End a server as kill -9 does, stopped or not."""
        if process := self.running.pop(name, None):
            _bury(process)

    async def stop(self, name: str) -> None:
        """End a server by SIGTERM; Died if it does not end, or not well."""
        process = self.running.pop(name, None)
        if process is None:
            return
        self.stopping.add(name)
        try:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            await until(lambda: process.poll() is not None, STOPS_SECONDS, Died(f"{name} did not end on SIGTERM"))
            if process.returncode not in (0, -signal.SIGTERM):  # the latter: it had hardly begun
                raise Died(f"{name} ended with status {process.returncode} on SIGTERM: {self.said(name)}")
        finally:
            self.stopping.discard(name)
            _bury(process)

    def pause(self, name: str) -> None:
        """Stop a server's process, whose connections stay."""
        if name in self.running:
            self.running[name].send_signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let it go on."""
        if name in self.running:
            self.running[name].send_signal(signal.SIGCONT)

    def limit_files(self, name: str, size: int | None) -> None:
        """Let a server's files grow no further than so many bytes, as a full disk does; None lifts it."""
        if name in self.running:
            with suppress(ProcessLookupError):
                soft = resource.RLIM_INFINITY if size is None else size
                resource.prlimit(self.running[name].pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))

    def check(self) -> None:
        """Start again who found its port taken; Died if a server ended for another reason."""
        for name, process in list(self.running.items()):
            if process.poll() is None:
                continue
            _bury(self.running.pop(name))
            said = self.said(name)
            if TAKEN not in said.rpartition("\n")[2]:
                raise Died(f"{name} ended by itself with status {process.returncode}: {said}")
            self.start(name)

    async def until_all_listen(self) -> None:
        """Wait for every server, TCP and HTTP; Died if one does not come."""
        for name in PEERS:
            for port in (self.tcp[name], self.http[name]):
                await self._until_it_listens(name, port)

    def said(self, name: str) -> str:
        """Return the end of what a server printed."""
        return (self.folder / f"{name}.out").read_text()[-4000:].strip()

    def complaints(self) -> Iterator[str]:
        """Yield what servers printed of defects of theirs."""
        for name in PEERS:
            text = (self.folder / f"{name}.out").read_text()
            for word in ("Traceback", "a defect broke off", "Warning:"):
                if (at := text.find(word)) >= 0:
                    yield f"{name} printed: {text[max(0, at - 200) : at + 3000]}"
                    break

    def end(self) -> None:
        """Kill all processes."""
        for name in list(self.running):
            self.kill(name)

    def close(self) -> None:
        """Kill all, and close the lanes."""
        self.end()
        for lane in self.lanes.values():
            lane.close()

    def _choose_ports(self) -> None:
        names = list(PEERS)
        ports = free_ports(2 * len(names))
        self.tcp = dict(zip(names, ports, strict=False))
        self.http = dict(zip(names, ports[len(names) :], strict=True))
        for name in names:
            (self.folder / f"{name}.toml").write_text(self._config(name))
            self.lanes[CLIENTS, name].lead_to(self.tcp[name])
            self.lanes[BROWSERS, name].lead_to(self.http[name])
        for (dialler, name), lane in self.lanes.items():
            if dialler in PEERS:
                lane.lead_to(self.tcp[name])

    def _config(self, name: str) -> str:
        """Return the settings as one server has them: its neighbours are where its lanes to them begin."""
        tables = []
        for other, peers in PEERS.items():
            port = self.entrances.get((name, other), self.tcp[other])
            tables.append(
                f'[servers.{other}]\ntcp = "{HOST}:{port}"\nhttp = "{HOST}:{self.http[other]}"\n'
                f"peers = {json.dumps(peers)}\n"
            )
        return f'secret = "{SECRET}"\n{self.settings}[places]\nprovider = "none"\n' + "".join(tables)

    async def _until_it_listens(self, name: str, port: int) -> None:
        deadline = time.monotonic() + LISTENS_SECONDS
        while True:
            process = self.running[name]
            try:
                _, writer = await asyncio.open_connection(HOST, port)
            except OSError:
                if process.poll() is not None:
                    raise Died(f"{name} ended at its start: {self.said(name)}") from None
                if time.monotonic() > deadline:
                    raise Died(f"{name} does not listen on {port}: {self.said(name)}") from None
                await asyncio.sleep(POLL)
            else:
                writer.close()
                return


def _bury(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdin:
        process.stdin.close()


async def until(condition: Callable[[], object], seconds: float, otherwise: Exception) -> None:
    """Wait for a condition; raise `otherwise` if that takes longer."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise otherwise
        await asyncio.sleep(POLL)
