"""What `run.py iamat`, `whatsat` and `replay` do: one errand at a server of the herd, for a person."""

import sys
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import TypeVar

from herd.client import Client, ClientError, command_line
from herd.config import Address, Config, ConfigError
from herd.gpx import TrackError, read_track
from herd.position import Malformed
from herd.replay import Replay
from herd.tls import open_tls

FAILED = 1  # exit status: the server could not be reached, or gave no good answer
MISUSED = 2  # exit status: the errand cannot be done as it was asked for

T = TypeVar("T")


async def iamat(config: Config, client: str, location: str, time: str | None, server: str | None) -> int:
    """Tell a server where a client is (time None: now), print its AT line; return the exit status."""

    async def errand() -> None:
        address = find(config, server)
        command_line(
            b"IAMAT", client, location, b"0" if time is None else time
        )  # what is wrong with it needs no connection
        async with connect(config, address) as herd:
            write(bytes(await herd.iamat(client, location, time)) + b"\n")

    return await _status(errand())


async def whatsat(config: Config, client: str, radius: str, limit: str, server: str | None) -> int:
    """Ask a server what is near a client, print its answer as it came; return the exit status."""

    async def errand() -> None:
        address = find(config, server)
        command_line(b"WHATSAT", client, radius, limit)
        async with connect(config, address) as herd:
            nearby = await herd.whatsat(client, radius, limit)
            write(b"%b\n%b\n\n" % (bytes(nearby.report), nearby.text))

    return await _status(errand())


async def replay(config: Config, track: Path, client: str, speed: float, server: str | None) -> int:
    """Walk a client along a recorded track, `speed` times as fast as it was recorded; return the exit status.

    Cancelled, as asyncio.run does at Ctrl-C, it still says how far it came.
    """

    async def errand() -> None:
        address = find(config, server)
        await Replay(partial(connect, config, address), sys.stderr).walk(read_track(track), client, speed)

    return await _status(errand())


def connect(config: Config, address: Address) -> AbstractAsyncContextManager[Client]:
    """Connect to a server as the settings have it: over TLS, with a token."""
    tls = open_tls(config.tls, serving=False)
    return Client.connect(address.host, address.port, tls=tls, token=config.access.mine)


def find(config: Config, name: str | None) -> Address:
    """Return where the server of that name listens, without a name the first one; ConfigError if unknown."""
    if name is None:
        return next(iter(config.servers.values())).tcp
    if name not in config.servers:
        raise ConfigError(f"no server is called {name!a}; there are {', '.join(config.servers)}")
    return config.servers[name].tcp


def write(answer: bytes) -> None:
    """Print bytes as they are: a client ID need not be UTF-8."""
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


async def _status(errand: Coroutine[object, object, None]) -> int:
    try:
        await errand
    except ClientError as problem:
        print(problem, file=sys.stderr)
        return FAILED
    except (ConfigError, Malformed, TrackError) as problem:
        print(problem, file=sys.stderr)
        return MISUSED
    return 0
