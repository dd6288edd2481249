"""The aiohttp application of one server: its keys, routes and templates, on one screen."""

from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web

from herd.server import RunningServer
from web import commands, live, pages, sockets
from web.keys import SERVER

TEMPLATES = Path(__file__).parents[1] / "templates"


def make_app(server: RunningServer) -> web.Application:
    """Return the web gateway of a running server."""
    app = web.Application()
    app[SERVER] = server
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(TEMPLATES))
    for module in (pages, commands, sockets, live):
        app.add_routes(module.routes)
    return app
