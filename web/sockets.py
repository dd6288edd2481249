"""/ws, the line protocol over a WebSocket."""

from aiohttp import web

routes = web.RouteTableDef()
