"""A gateway from its first connection to its last: opened, read again, and left in order."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from herd.config import Address, Config
from herd.server import RunningServer
from web.app import make_app
from web.door import Site
from web.leaving import leave
from web.quick.lane import Lane
from web.reloading import Reloading

# For HTTP answers that are still in flight when everyone had time to finish; aiohttp waits for it twice.
SHUTDOWN_SECONDS = 0.5


@asynccontextmanager
async def open_gateway(
    server: RunningServer, address: Address, load: Callable[[], Config]
) -> AsyncIterator[Callable[[], None]]:
    """Run the gateway inside the block; give what reads the settings again, by `load`."""
    app = make_app(server, [server.http.host for server in server.config.servers.values()])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = Site(runner, server.node, address, Lane(app))
        await site.start()
        yield Reloading(load, app).again
        await site.stop()
        await leave(app)
    finally:
        await runner.cleanup()
