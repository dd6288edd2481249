"""/openapi.json, what can be asked of this gateway for programs, and /api, the same for people."""

import json
from urllib.parse import urlencode

import aiohttp_jinja2
from aiohttp import hdrs, web

from web.accept import FORM, JSON
from web.assets import url_of
from web.describe.commands import COMMANDS
from web.describe.feed import FEED
from web.describe.login import BEYOND, LOGIN, SCHEMES, SECURITY, UNKNOWN
from web.describe.operation import LATER, ORIGIN, Content, Json, Operation, problem
from web.describe.server import PAGES, UPKEEP
from web.describe.server_shapes import SERVER_SCHEMAS
from web.describe.shapes import CLIENT_SCHEMAS
from web.keys import SERVER
from web.origins import origin_of

OPERATIONS: tuple[Operation, ...] = (*COMMANDS, *FEED, *UPKEEP, *PAGES, *LOGIN)
SCHEMAS: Json = {**CLIENT_SCHEMAS, **SERVER_SCHEMAS}
GROUPS = {
    "Commands": "The two commands of the protocol.",
    "Feed": "Where everyone is, and what changes.",
    "Server": "How this server is.",
    "Pages": "For people, and for programs that want to know all this.",
}
WHAT = (
    "A herd of servers: a client tells any of them where it is, and every other knows it at once. All that TCP "
    "answers, HTTP answers with the same checks; times, skews and locations keep their digits. Pages of other "
    "origins may read where the settings of the server name them (CORS), and never write. Where the settings have "
    "tokens, a request needs one, as Bearer or as the password of Basic."
)
# What every request may be answered by.
ALWAYS = {
    "401": UNKNOWN,
    "403": BEYOND,
    "421": problem("The Host header is none of this server's names: neither an IP address nor localhost."),
    "429": problem("Too many requests from this address.", headers=LATER),
    "500": problem("A defect of this server, which its log describes."),
}

routes = web.RouteTableDef()


def describe(origin: str) -> Json:
    """Return the description for whoever reached us at `origin`."""
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = operation.to_json(origin, ALWAYS)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Herd",
            "version": "1",
            "description": WHAT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": origin}],
        "tags": [{"name": name, "description": meaning} for name, meaning in GROUPS.items()],
        "security": SECURITY,
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": SCHEMES,
            "responses": {status: answer.to_json() for status, answer in ALWAYS.items()},
        },
    }


@routes.get("/openapi.json")
async def show_description(request: web.Request) -> web.Response:
    """Show the description."""
    body = json.dumps(describe(origin_of(request))).encode() + b"\n"
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: JSON, hdrs.CACHE_CONTROL: "no-cache"})


@routes.get("/api")
@aiohttp_jinja2.template("api.html")
async def show_page(request: web.Request) -> dict[str, object]:
    """Show the page."""
    origin = origin_of(request)
    return {
        "asset": url_of,
        "what": WHAT,
        "groups": {
            name: (meaning, [operation for operation in OPERATIONS if operation.group == name])
            for name, meaning in GROUPS.items()
        },
        "always": ALWAYS,
        "schemas": SCHEMAS,
        "server": request.app[SERVER].node.name,
        "at": lambda curl: curl.replace(ORIGIN, origin),
        "show": _show,
    }


def _show(content: Content) -> str:
    if isinstance(content.example, str):
        return content.example
    if content.kind == FORM and isinstance(content.example, dict):
        return urlencode(content.example)
    return json.dumps(content.example, indent=2, ensure_ascii=False)
