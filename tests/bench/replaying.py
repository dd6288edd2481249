"""A server whose clients all move five times a second for whoever looks, though nobody tells it so.

Frames of half a million moves a second were written beforehand: what one machine cannot take in, write and draw
all at once, as a page sees it of a server that has a machine of its own.

    python -m tests.bench.replaying PORT CLIENTS
"""

import asyncio
import sys
import tempfile
import time
from contextlib import suppress
from itertools import cycle
from pathlib import Path

from aiohttp import web

from herd.config import Address, Config, Server
from herd.messages import IAmAt, parse_command
from herd.node import Node
from tests.bench.listener import HOST
from tests.bench.requests import TIME_MARK
from tests.bench.walkers import rounds_of
from tests.herding import running
from web.app import make_app
from web.feed.channel import BINARY, Channel, Stretch
from web.feed.feed import Feed
from web.feed.watching import FEED

AHEAD = 300  # seconds: what is replayed must not grow old meanwhile


class Replay(Feed):
    """Tells every viewer the same frames over and over."""

    async def prepare(self, node: Node, clients: int) -> None:
        """Hear of the clients, and write the frames."""
        now = b"%d.000000000" % (time.time() + AHEAD)
        channel = Channel(BINARY, None, self._names, node.name, node.life.decode())
        frames = []
        for chunks in rounds_of(clients):
            lines = []
            for line in b"".join(chunks).replace(TIME_MARK, now).splitlines():
                said = parse_command(line)
                assert isinstance(said, IAmAt)
                report = said.heard_by(node.name.encode(), node.clock())
                if not frames:
                    node.hear(said)
                lines.append(bytes(report))
            number = node.store.number
            if not frames:  # the names are told here, and then left out
                await channel.tell(Stretch("changes", number, number, lines, more=False))
            frames.append(await channel.tell(Stretch("changes", number, number, lines, more=False)))
        self._frames = cycle(frames)

    async def _tick(self, now: float) -> None:
        frame = next(self._frames)
        for viewer in self.viewers():
            viewer.take(self.number, self.number, frame)


async def main(port: int, clients: int) -> None:
    """Serve until the process is ended."""
    here = Server("Replay", Address(HOST, 0), Address(HOST, port), ())
    with tempfile.TemporaryDirectory() as folder:
        async with running(Config({"Replay": here}, None), "Replay", Path(folder)) as server:
            app = make_app(server)
            app[FEED] = feed = Replay(server.node)
            await feed.prepare(server.node, clients)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, HOST, port).start()
            await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
