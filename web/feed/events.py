"""/events, the feed as Server-Sent Events: for `curl -N`, and for pages that want no WebSocket."""

from aiohttp import HttpVersion11, web

from web.feed.asked import read_asked
from web.feed.channel import CHUNKED_EVENTS, EVENTS
from web.feed.outlet import Outlet
from web.feed.watching import FEED
from web.keys import SERVER
from web.problems import Problem


async def tell_events(request: web.Request) -> web.StreamResponse:
    """Tell the feed, an event a frame, until the viewer leaves."""
    feed, node = request.app[FEED], request.app[SERVER].node
    asked = read_asked(request, feed.store)
    if asked.binary:
        raise Problem(400, "events are JSON; the binary format is for /live", field="format")
    # X-Accel-Buffering: nginx in front would collect events until 8 KB are full.
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    form = EVENTS
    if request.version >= HttpVersion11:
        response.enable_chunked_encoding()
        form = CHUNKED_EVENTS
    with feed.seats.take():
        writer = await response.prepare(request)
        assert writer is not None  # as it is only for an answer that has ended
        outlet = Outlet(request, writer, feed.patience)
        with feed.watch(outlet, form, asked.box, asked.cursor) as viewer:
            await node.guard.run("a viewer", viewer.run)
    return response
