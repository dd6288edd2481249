"""/iamat and /whatsat, the two commands of the protocol over HTTP."""

from aiohttp import web

routes = web.RouteTableDef()
