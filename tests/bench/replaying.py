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
from web.feed.channel import BINARY, Channel, Stretch, Teller
from web.feed.feed import Feed
from web.feed.watching import FEED
from web.search.keeping import FINDER

AHEAD = 300  # seconds: what is replayed must not grow old meanwhile


class Replay(Feed):
    """Tells every viewer the same frames over and over."""

    async def prepare(self, node: Node, clients: int) -> None:
        """Hear of the clients, and write the frames."""
        now = b"%d.000000000" % (time.time() + AHEAD)
        rounds = [b"".join(chunks).replace(TIME_MARK, now).splitlines() for chunks in rounds_of(clients)]
        for line in rounds[0]:
            said = parse_command(line)
            assert isinstance(said, IAmAt)
            node.hear(said)
        channel = Channel(BINARY, None, self._names, Teller(node.name, node.life.decode(), node.clock))
        number = node.store.number
        frames = []
        for lines in (rounds[-1], *rounds):  # the first tells the names too
            told = [b"AT %b +0.000000000 %b" % (node.name.encode(), line.partition(b" ")[2]) for line in lines]
            frames.append(await channel.tell(Stretch("changes", number, number, told, more=False)))
        del frames[0]
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
            app[FEED] = feed = Replay(server.node, app[FINDER])
            await feed.prepare(server.node, clients)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, HOST, port).start()
            await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
