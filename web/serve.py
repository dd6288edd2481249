"""Runs one server in this process, its web gateway beside it, until it is told to stop."""

import asyncio
import gc
import importlib
import logging
import os
import resource
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random

from herd.config import Address, Config
from herd.journal.disk import Folder
from herd.server import CannotStartError, RunningServer, run_server
from herd.signals import end_at_once, obey
from herd.traffic import TrafficLog

log = logging.getLogger(__name__)


def serve(
    load: Callable[[], Config], name: str, data: Path, log_level: str, until_stdin_closes: bool = False
) -> int:
    """Run a server until SIGTERM, SIGINT or, if asked, the end of stdin; return the exit status.

    The settings are loaded now, and again at each SIGHUP. A second SIGTERM ends the process at once. 2 stands for a
    port or folder that cannot be had: one line on stderr says which.
    """
    logging.basicConfig(level=log_level.upper(), format=f"{name}: %(message)s", stream=sys.stderr)
    _allow_many_connections()
    collect_rarely()
    status = 0
    try:
        asyncio.run(_serve(load, name, data, until_stdin_closes))
    except* CannotStartError as problems:
        print(f"{name}: {problems.exceptions[0]}", file=sys.stderr)
        status = 2
    return status


async def _serve(load: Callable[[], Config], name: str, data: Path, until_stdin_closes: bool) -> None:
    config = load()
    stop, again = asyncio.Event(), asyncio.Event()
    obey(partial(_stop, stop), again.set)
    if until_stdin_closes:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _stop_at_end, stop)
    random, disk = Random(), Folder(data)  # noqa: S311 -- jitter
    async with run_server(config, name, partial(_open_log, data / f"{name}.log"), random, disk) as server:
        address = config.servers[name].http
        async with _serve_http(server, address, load) as reload, asyncio.TaskGroup() as tasks:
            log.info("listens on %s, and http%s://%s", config.servers[name].tcp, "s" if config.tls else "", address)
            reloading = tasks.create_task(_reload_for_ever(again, reload), name="reading the settings again")
            await stop.wait()
            reloading.cancel()
            server.going.begin()


def _stop(stop: asyncio.Event) -> None:
    end_at_once()
    stop.set()


async def _reload_for_ever(again: asyncio.Event, reload: Callable[[], None]) -> None:
    while True:
        await again.wait()
        again.clear()
        reload()


def _open_log(path: Path) -> TrafficLog:
    try:
        return TrafficLog(path)
    except OSError as error:
        raise CannotStartError(f"cannot write {path}: {error.strerror or error}") from error


@asynccontextmanager
async def _serve_http(
    server: RunningServer, address: Address, load: Callable[[], Config]
) -> AsyncIterator[Callable[[], None]]:
    """Run the web gateway inside the block; give what reads the settings again.

    aiohttp takes 0.3 s to import, and a server must listen within 0.5 s: so it is imported once TCP listens, and
    in a thread, so that TCP is answered meanwhile.
    """
    gateway = await asyncio.to_thread(importlib.import_module, "web.gateway")
    async with gateway.open_gateway(server, address, load) as reload:
        yield reload


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
