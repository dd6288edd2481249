"""Where an application keeps the feed that /live and /events tell, and ends it."""

from aiohttp import web

from web.feed.feed import Feed
from web.keys import SERVER
from web.search.keeping import FINDER

FEED = web.AppKey("feed", Feed)


def attach(app: web.Application) -> None:
    """Give an application its feed, which sends its viewers away at shutdown."""
    server = app[SERVER]
    app[FEED] = Feed(server.node, app[FINDER], seats=server.config.limits.viewers)
    app.on_shutdown.append(_close)


async def _close(app: web.Application) -> None:
    app[FEED].close()
