"""/metrics: what this server counts, for Prometheus; read when it is asked for, so nothing else pays for it."""

import re
from collections.abc import Callable

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from web.commands.sockets import TALKS
from web.feed.watching import FEED
from web.keys import REFUSED, SERVER
from web.operations.collecting import ServerCollector
from web.operations.requests import REQUESTS, RequestCounts
from web.rates import RATES

REGISTRY: web.AppKey[CollectorRegistry] = web.AppKey("registry", CollectorRegistry)

# What Prometheus sends. The library takes a version from the header as it stands, copies it into its answer, and
# breaks on one that is no number: so whatever looks otherwise is left out before it sees it.
_PARAMETER = r"\s*;\s*(?:version=[0-9]\.[0-9]\.[0-9]|escaping=[a-z0-9-]+|charset=utf-8|q=[0-9.]+)"
_KNOWN = re.compile(rf"\s*(?:application/openmetrics-text|text/plain)(?:{_PARAMETER}){{0,4}}\s*")

routes = web.RouteTableDef()


def attach(app: web.Application) -> None:
    """Give an application a registry of its own: several servers may run in one process."""
    registry = app[REGISTRY] = CollectorRegistry()
    registry.register(ServerCollector(app[SERVER], _watchers(app), _refusals(app)))
    ProcessCollector(registry=registry)
    requests = app[REQUESTS] = RequestCounts()
    registry.register(requests)
    app.on_response_prepare.append(requests.count)


@routes.get("/metrics")
async def show_metrics(request: web.Request) -> web.Response:
    """Show all metrics, in the format that was asked for: Prometheus' text, or OpenMetrics."""
    ranges = ",".join(request.headers.getall(hdrs.ACCEPT, ())).split(",")
    encode, kind = choose_encoder(",".join(filter(_KNOWN.fullmatch, ranges)))
    body = encode(request.app[REGISTRY])
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: kind, hdrs.CACHE_CONTROL: "no-store"})


def _watchers(app: web.Application) -> dict[str, Callable[[], int]]:
    """Return how to count those who hold a connection to the gateway open, by its path."""
    return {"feed": lambda: len(app[FEED].viewers()), "protocol": lambda: len(app[TALKS])}


def _refusals(app: web.Application) -> dict[str, Callable[[], int]]:
    """Return how to count those whom a limit turned away, by the setting."""
    return {
        "viewers": lambda: app[FEED].seats.refused,
        "requests": lambda: app[RATES].refused,
        "body": lambda: app[REFUSED]["body"],
        "frame": lambda: app[REFUSED]["frame"],
    }
