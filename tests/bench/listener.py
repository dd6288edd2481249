"""Serves one asyncio.Protocol on a loopback port until the process is ended."""

import asyncio
import contextlib
from collections.abc import Callable

HOST = "127.0.0.1"
BACKLOG = 1024  # the thousand connections of a bench come all at once


def serve(protocol: Callable[[], asyncio.Protocol], port: int) -> None:
    """Serve for ever; Ctrl-C ends it quietly."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(protocol, HOST, port, backlog=BACKLOG)
        await server.serve_forever()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
