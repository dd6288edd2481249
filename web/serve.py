"""Runs one server in this process, its web gateway beside it, until it is told to stop."""

import asyncio
import gc
import importlib
import logging
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random

from herd.config import Address, Config
from herd.journal.disk import Folder
from herd.server import CannotStartError, RunningServer, run_server
from herd.traffic import TrafficLog

log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 2.0  # for HTTP answers in flight


def serve(config: Config, name: str, data: Path, log_level: str, until_stdin_closes: bool = False) -> int:
    """Run a server until SIGTERM, SIGINT or, if asked, the end of stdin; return the exit status.

    2 stands for a port or folder that cannot be had: one line on stderr says which.
    """
    logging.basicConfig(level=log_level.upper(), format=f"{name}: %(message)s", stream=sys.stderr)
    _allow_many_connections()
    collect_rarely()
    status = 0
    try:
        asyncio.run(_serve(config, name, data, until_stdin_closes))
    except* CannotStartError as problems:
        print(f"{name}: {problems.exceptions[0]}", file=sys.stderr)
        status = 2
    return status


async def _serve(config: Config, name: str, data: Path, until_stdin_closes: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if until_stdin_closes:
        loop.add_reader(sys.stdin.fileno(), _stop_at_end, stop)
    random, disk = Random(), Folder(data)  # noqa: S311 -- jitter
    async with run_server(config, name, partial(_open_log, data / f"{name}.log"), random, disk) as server:
        address = config.servers[name].http
        async with _serve_http(server, address):
            log.info("listens on %s, and http://%s", config.servers[name].tcp, address)
            await stop.wait()


def _open_log(path: Path) -> TrafficLog:
    try:
        return TrafficLog(path)
    except OSError as error:
        raise CannotStartError(f"cannot write {path}: {error.strerror or error}") from error


@asynccontextmanager
async def _serve_http(server: RunningServer, address: Address) -> AsyncIterator[None]:
    """Run the web gateway inside the block.

    aiohttp takes 0.3 s to import, and a server must listen within 0.5 s: so it is imported once TCP listens, and
    in a thread, so that TCP is answered meanwhile.
    """
    app = await asyncio.to_thread(importlib.import_module, "web.app")
    door = importlib.import_module("web.door")
    web = importlib.import_module("aiohttp.web")
    runner = web.AppRunner(
        app.make_app(server, [server.http.host for server in server.config.servers.values()]),
        access_log=None,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        await door.Site(runner, server.node, address).start()
        yield
    finally:
        await runner.cleanup()


def _stop_at_end(stop: asyncio.Event) -> None:
    """Stop when the starter that holds the other end of stdin is gone; the bytes themselves mean nothing."""
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()


def collect_rarely() -> None:
    """Have the garbage collector look less often at what is new.

    Reports are tuples of atoms, which it lets go of at its first look; by default it looks every 700 of them. How
    much that costs depends on the machine's noise: 0 to 30% of the time of hearing new clients in several runs,
    where every 50,000 costs no more than having it off.
    """
    gc.set_threshold(50_000, 20, 20)


def _allow_many_connections() -> None:
    """Raise the soft limit of open files to the hard one: too many must not stop a server from accepting."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (10_240, 65_536, hard):  # macOS calls its hard limit infinite and refuses to have it
        if soft < limit <= hard or hard == resource.RLIM_INFINITY:
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
