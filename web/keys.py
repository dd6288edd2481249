"""Under which keys an application keeps what its handlers need."""

from collections import Counter

from aiohttp import web

from herd.server import RunningServer

SERVER = web.AppKey("server", RunningServer)
# What was too much, by the limit that it met: where no object of its own counts that.
REFUSED: web.AppKey[Counter[str]] = web.AppKey("refused", Counter)
