"""The pages that a person sees."""

from itertools import islice

import aiohttp_jinja2
from aiohttp import web

from herd.messages import At, parse_at
from web.keys import SERVER

SHOWN = 200  # clients on a page without JavaScript

routes = web.RouteTableDef()


@routes.get("/")
@aiohttp_jinja2.template("clients.html")
async def show_clients(request: web.Request) -> dict[str, object]:
    """Show the first clients this server knows, and how to tell it of one."""
    server = request.app[SERVER]
    reports = [parse_at(report[1]) for report in islice(server.node.store.reports.values(), SHOWN)]
    return {
        "name": server.node.name,
        "host": request.url.host,
        "port": server.port,
        "known": len(server.node.store.reports),
        "rows": [_row(report) for report in reports],
    }


def _row(report: At) -> dict[str, str]:
    fields = {
        "client": report.client,
        "location": report.location,
        "time": report.time,
        "server": report.server,
        "skew": report.skew,
    }
    return {name: value.decode("utf-8", "replace") for name, value in fields.items()}
