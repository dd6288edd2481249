"""/live, the feed to one browser over a WebSocket."""

import asyncio

from aiohttp import WSCloseCode, web

from web.feed.asked import read_asked
from web.feed.channel import BINARY, JSON
from web.feed.events import tell_events
from web.feed.outlet import Outlet
from web.feed.viewer import Viewer
from web.feed.watching import FEED, attach
from web.keys import SERVER
from web.upgrading import check_handshake

__all__ = ["attach", "routes"]

CLOSE_SECONDS = 1.0  # that a viewer has to answer our close
MESSAGE_MOST = 1024  # bytes of a message from a viewer, which says nothing that we listen to

routes = web.RouteTableDef()
routes.get("/events", allow_head=False)(tell_events)


@routes.get("/live", allow_head=False)
async def tell_live(request: web.Request) -> web.WebSocketResponse:
    """Tell the feed in frames of JSON, or in binary ones for the map, until the viewer leaves."""
    feed, node = request.app[FEED], request.app[SERVER].node
    asked = read_asked(request, feed.store)
    # Neither compression, which costs 37 ms of CPU for 800 KB and viewer, nor aiohttp's heartbeat, which takes a
    # slow viewer of a large frame for a dead one: an Outlet has its own ways to tell.
    socket = web.WebSocketResponse(compress=False, max_msg_size=MESSAGE_MOST, timeout=CLOSE_SECONDS)
    check_handshake(request, socket, "/live is a WebSocket; /events tells the same without one")
    with feed.seats.take():
        outlet = Outlet(request, await socket.prepare(request), feed.patience)
        with feed.watch(outlet, BINARY if asked.binary else JSON, asked.box, asked.cursor) as viewer:
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(_listen(socket, viewer))
                await node.guard.run("a viewer", viewer.run)
                listening.cancel()
        await socket.close(code=WSCloseCode.GOING_AWAY if feed.closing else WSCloseCode.OK, drain=False)
    return socket


async def _listen(socket: web.WebSocketResponse, viewer: Viewer) -> None:
    """Answer pings, and notice when the viewer leaves."""
    async for _ in socket:
        pass
    viewer.stop()
