"""The aiohttp application of one server: its keys, routes and templates, on one screen."""

import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web

from herd.server import RunningServer
from web import access, assets, bodies, gate, login, noise, pages, rates, sharing, tiles
from web.clients import routes as clients
from web.commands import routes as commands
from web.commands import sockets
from web.describe import openapi
from web.feed import live
from web.keys import REFUSED, SERVER
from web.operations import metrics
from web.operations import routes as operations
from web.quick.lane import KEEPALIVE_SECONDS
from web.search import keeping

TEMPLATES = Path(__file__).parents[1] / "templates"

log = logging.getLogger(__name__)
log.addFilter(noise.is_our_fault)


def make_app(server: RunningServer, hosts: Iterable[str] = ()) -> web.Application:
    """Return the web gateway of a running server, which may be reached by these names."""
    app = web.Application(
        middlewares=[gate.pass_gate],
        client_max_size=0,  # web/bodies.py has a limit that can change
        # A compressed body is refused; that it is not unpacked even to be thrown away needs saying here.
        handler_args={"auto_decompress": False, "keepalive_timeout": KEEPALIVE_SECONDS, "logger": log},
    )
    app[SERVER] = server
    app[REFUSED] = Counter()
    app[gate.IN_FLIGHT] = gate.InFlight()
    app[access.HOSTS] = frozenset(host.lower() for host in hosts)
    app[sharing.READERS] = server.config.web.cors
    app[rates.RATES] = rates.Rates(server.config.limits.requests)
    app[bodies.PATIENCE] = bodies.BODY_SECONDS
    app.on_response_prepare.append(gate.begin_answer)
    for module in (keeping, sockets, live, clients, operations, metrics, tiles, login):
        module.attach(app)
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(TEMPLATES))
    for module in (pages, login, assets, tiles, commands, sockets, live, clients, operations, metrics, openapi):
        app.add_routes(module.routes)
    return app
