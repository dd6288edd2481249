"""Under which keys an application keeps what its handlers need."""

from aiohttp import web

from herd.server import RunningServer

SERVER = web.AppKey("server", RunningServer)
