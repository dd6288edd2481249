"""/live and /events, the feed to one browser."""

from aiohttp import web

routes = web.RouteTableDef()
