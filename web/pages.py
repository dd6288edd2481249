"""The pages that a person sees."""

from itertools import islice

import aiohttp_jinja2
from aiohttp import web

from herd.messages import At, parse_at
from web.access import policy_with_images
from web.admitting import grant_of
from web.assets import shelf, url_of
from web.keys import SERVER
from web.origins import host_of, origin_of
from web.tiles import tell

SHOWN = 200  # clients on a page without JavaScript

routes = web.RouteTableDef()


@routes.get("/")
async def show_map(request: web.Request) -> web.Response:
    """Show the map; without JavaScript, the first clients this server knows, and how to tell it of one."""
    response = aiohttp_jinja2.render_template("map.html", request, _what_the_page_knows(request))
    response.headers["Cache-Control"] = "no-store" if request.app[SERVER].node.access.guarded else "no-cache"
    if origin := request.app[SERVER].config.map.origin:
        response.headers["Content-Security-Policy"] = policy_with_images(origin)
    return response


def _what_the_page_knows(request: web.Request) -> dict[str, object]:
    server = request.app[SERVER]
    known = server.node.store.reports
    return {
        "asset": url_of,
        # Named at once, so that the browser need not read one module to learn of the next.
        "modules": [path for path in shelf() if path.startswith("js/") and path.endswith(".js")],
        "name": server.node.name,
        "origin": origin_of(request),
        "known": len(known),
        "writes": grant_of(request).writes,
        "guarded": server.node.access.guarded,
        "rows": [_row(parse_at(report[1])) for report in islice(known.values(), SHOWN)],
        # What the scripts cannot know otherwise. The servers: so that each has its colour before it is heard of.
        "settings": {
            "server": server.node.name,
            "servers": sorted(server.config.servers),
            "tcp": {"host": host_of(request), "port": server.port},
            "tiles": tell(request.app),
        },
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
