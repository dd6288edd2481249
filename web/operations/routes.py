"""/herd, /healthz and /readyz: how this server is, for people and for what watches over it."""

import json
import time
from collections.abc import AsyncIterator

from aiohttp import hdrs, web

from herd.config import Address
from herd.messages import refuse
from herd.server import RunningServer
from web.accept import JSON, PLAIN, PROBLEM, wants_plain
from web.feed.watching import FEED
from web.keys import SERVER
from web.operations.others import Others
from web.operations.overview import ServerJson, clock_off, see_links
from web.operations.readiness import Readiness
from web.problems import Problem, to_problem_json
from web.schema import to_text

STARTED: web.AppKey[float] = web.AppKey("started", float)  # by the monotonic clock
OTHERS: web.AppKey[Others] = web.AppKey("others", Others)
READINESS: web.AppKey[Readiness] = web.AppKey("readiness", Readiness)

routes = web.RouteTableDef()


def attach(app: web.Application) -> None:
    """Give an application what asks the other servers, and what waits for the neighbours."""
    server = app[SERVER]
    app[STARTED] = time.monotonic()
    app[OTHERS] = Others(server.node, server.config)
    app[READINESS] = Readiness(server.node, server.links)
    app.cleanup_ctx.append(_run)


async def _run(app: web.Application) -> AsyncIterator[None]:
    watching = app[SERVER].node.spawn("waiting for the neighbours", app[READINESS].watch)
    try:
        yield
    finally:
        watching.cancel()
        await app[OTHERS].close()


@routes.get("/healthz")
async def say_healthy(request: web.Request) -> web.Response:
    """Say that the event loop answers."""
    return _answer(200, b"ok\n", PLAIN)


@routes.get("/readyz")
async def say_ready(request: web.Request) -> web.Response:
    """Say whether what is heard is kept, and every neighbour was caught up with or not to be had; else why not."""
    trouble = request.app[SERVER].node.turn.keeper.trouble
    missing = request.app[READINESS].missing()
    if trouble is None and not missing:
        return _answer(200, b"ok\n", PLAIN)
    # Not raised: the gate logs each problem, and this one is asked for every second.
    reason = trouble or f"not caught up with {', '.join(missing)} yet"
    problem = Problem(503, reason, answer=refuse(b"GET /readyz"))
    if wants_plain(request):
        return _answer(503, refuse(b"GET /readyz") + b"\n", PLAIN)
    return _answer(503, _write({**to_problem_json(problem), "missing": missing}), PROBLEM)


@routes.get("/herd")
async def show_herd(request: web.Request) -> web.Response:
    """Show this server and its links; with all=1 every server of the herd."""
    every = request.query.get("all", "0")
    if every not in {"0", "1"}:
        raise Problem(400, "all is 0 or 1", field="all")
    said: dict[str, object] = {**_see_server(request)}
    if every == "1":
        said["servers"] = await request.app[OTHERS].ask()
    return _answer(200, _write(said), JSON)


def _see_server(request: web.Request) -> ServerJson:
    app = request.app
    server = app[SERVER]
    node, settings = server.node, server.config.servers[server.node.name]
    return {
        "server": to_text(node.name.encode()),
        "life": to_text(node.life),
        "clients": len(node.store.reports),
        "number": node.store.number,
        "uptime": round(time.monotonic() - app[STARTED], 3),
        "clock_off": clock_off(server.links),
        "viewers": len(app[FEED].viewers()),
        "links": see_links(server),
        "tcp": str(Address(settings.tcp.host, server.port)),
        "http": str(_http_address(request, server)),
    }


def _http_address(request: web.Request, server: RunningServer) -> Address:
    """Return where this gateway is; where the settings left the port open, this very connection knows it."""
    address = server.config.servers[server.node.name].http
    if address.port or request.transport is None:
        return address
    return Address(address.host, request.transport.get_extra_info("sockname")[1])


def _write(said: object) -> bytes:
    return json.dumps(said, allow_nan=False).encode() + b"\n"


def _answer(status: int, body: bytes, kind: str) -> web.Response:
    # What was true a moment ago is no answer to the next question.
    return web.Response(status=status, body=body, headers={hdrs.CONTENT_TYPE: kind, hdrs.CACHE_CONTROL: "no-store"})
