"""Runs the whole herd: one process per server, started again when it dies."""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path
from random import Random

from herd.backoff import Backoff
from herd.config import Config
from herd.demo import walk_all
from herd.listening import table, taken, until_it_accepts
from herd.signals import obey
from herd.tls import open_tls

RUN = Path(__file__).resolve().parent.parent / "run.py"

REFUSED = 2  # exit status of a server that cannot start as it is told to; it has said why
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0  # seconds before a dead server is started again
RAN_WELL = 10.0  # seconds after which a death is no failed start any more
GRACE = 4.5  # seconds between SIGTERM and SIGKILL: a server needs at most 4, and the herd is to be gone after 5


class Starter:
    """The processes of a herd, kept alive until `stop`."""

    def __init__(self, config: Config, options: list[str], random: Random, walkers: int = 0) -> None:
        self._servers = config.servers
        self._tls = open_tls(config.tls, serving=False)
        self._token = config.access.mine
        self._guarded = bool(config.access.write)
        self._walkers = walkers  # of the demo
        self._options = options
        self._random = random
        self._running: dict[str, Process] = {}
        self._stopping = asyncio.Event()
        self._status = 0

    async def run(self) -> int:
        """Run the herd until it is stopped; return the exit status."""
        for name in self._servers:
            await self._start(name)
        async with asyncio.TaskGroup() as group:
            for name in self._servers:
                group.create_task(self._keep(name))
            group.create_task(self._announce())
            addresses = [server.tcp for server in self._servers.values()]
            demo = group.create_task(walk_all(addresses, self._walkers, self._random, self._tls, self._token))
            await self._stopping.wait()
            demo.cancel()
            for process in self._running.values():
                _send(process, signal.SIGTERM)
            asyncio.get_running_loop().call_later(GRACE, self._kill)
        return self._status

    def stop(self) -> None:
        """End all servers; a second call ends them at once."""
        if self._stopping.is_set():
            self._kill()
        self._stopping.set()

    def read_again(self) -> None:
        """Have all servers read their settings again."""
        for process in self._running.values():
            _send(process, signal.SIGHUP)

    def _kill(self) -> None:
        for process in self._running.values():
            _send(process, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)

    async def _start(self, name: str) -> None:
        # Its input is a pipe from here: it ends when this process does, however that comes about.
        # A session of its own: Ctrl-C in the terminal is for this process alone.
        self._running[name] = await asyncio.create_subprocess_exec(
            sys.executable, str(RUN), name, *self._options, stdin=asyncio.subprocess.PIPE, start_new_session=True
        )

    async def _keep(self, name: str) -> None:
        """Start the server again whenever it ends, until `stop`."""
        backoff = Backoff(FIRST_WAIT, LONGEST_WAIT, self._random)
        ran = await self._until_it_ends(name)
        if self._running[name].returncode == REFUSED and not self._stopping.is_set():
            self._status = REFUSED
            self._stopping.set()
        while not self._stopping.is_set():
            if ran >= RAN_WELL:
                backoff.reset()
            wait = backoff.next()
            process = self._running[name]
            _say(f"{name}, process {process.pid}, ended with status {process.returncode}; again in {wait:.1f} s")
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stopping.wait()
                    break
            await self._start(name)
            if self._stopping.is_set():  # that came while it was being started
                _send(self._running[name], signal.SIGTERM)
            else:
                _say(f"{name} is process {self._running[name].pid}")
            ran = await self._until_it_ends(name)

    async def _until_it_ends(self, name: str) -> float:
        """Return the seconds that the server ran."""
        began = asyncio.get_running_loop().time()
        await self._running[name].wait()
        return asyncio.get_running_loop().time() - began

    async def _announce(self) -> None:
        """Say where the servers are, as soon as all of them accept."""
        for server in self._servers.values():
            for address in (server.tcp, server.http):
                await until_it_accepts(address, self._stopping, self._tls is not None)
        if not self._stopping.is_set():
            pids = {name: process.pid for name, process in self._running.items()}
            print(table(self._servers, pids, self._tls is not None, self._guarded), flush=True)


def run_herd(config: Config, config_path: Path | None, data: Path, log_level: str, walkers: int = 0) -> int:
    """Run all servers, and walkers of the demo, until Ctrl-C or SIGTERM; return 0, or 2 where a port is in use."""
    problem = taken(config.servers)
    if problem:
        _say(problem)
        return REFUSED
    options = ["--data", str(data), "--log-level", log_level, "--until-stdin-closes"]
    if config_path is not None:
        options += ["--config", str(config_path)]
    return asyncio.run(_run(config, options, walkers))


async def _run(config: Config, options: list[str], walkers: int) -> int:
    starter = Starter(config, options, Random(), walkers)  # noqa: S311 -- jitter
    obey(starter.stop, starter.read_again)
    return await starter.run()


def _send(process: Process, number: int) -> None:
    with suppress(ProcessLookupError):  # it ended by itself
        process.send_signal(number)


def _say(line: str) -> None:
    print(f"run.py: {line}", file=sys.stderr, flush=True)
