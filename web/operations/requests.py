"""Counts what passes over HTTP, by route and kind of status, for /metrics."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry, Counter, Histogram

# Seconds. A report takes well under a millisecond, places as long as their source lets us wait.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
NOWHERE = "nowhere"  # in place of a path that leads to no route: a stranger must not name our metrics

_CAME_AT = web.RequestKey("came at", float)


class RequestCounts:
    """What a gateway was asked, and how long it took until each answer began."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "herd_http_requests",
            "HTTP requests by route and kind of status.",
            ["route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "herd_http_answer_seconds",
            "Until an HTTP answer began.",
            ["route"],
            buckets=BUCKETS,
            registry=registry,
        )

    def attach(self, app: web.Application) -> None:
        """Count an application's requests; to see them as early as they come, it stands before other middleware."""
        app.middlewares.insert(0, _note_time)
        app.on_response_prepare.append(self._count)

    async def _count(self, request: web.Request, response: web.StreamResponse) -> None:
        """Count an answer as it begins. When it ends says nothing of /live and /events, which last for hours."""
        route = request.match_info.route.resource
        name = route.canonical if route else NOWHERE
        self._requests.labels(name, f"{response.status // 100}xx").inc()
        came_at = request.get(_CAME_AT)
        if came_at is not None:
            self._seconds.labels(name).observe(asyncio.get_running_loop().time() - came_at)


@web.middleware
async def _note_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    request[_CAME_AT] = asyncio.get_running_loop().time()
    return await handler(request)
