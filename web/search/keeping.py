"""Where an application keeps its grid, which is made when it is first needed."""

from aiohttp import web

from web.keys import SERVER
from web.search.finder import Finder

FINDER = web.AppKey("finder", Finder)


def attach(app: web.Application) -> None:
    """Give an application its finder, which ends with it."""
    app[FINDER] = Finder(app[SERVER].node)
    app.on_cleanup.append(_stop)


async def _stop(app: web.Application) -> None:
    app[FINDER].stop()
