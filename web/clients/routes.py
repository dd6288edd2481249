"""/clients: where everyone is, who is near a place or in a box, what changed, and where one client is; as GeoJSON.

A collection may be long and its reader slow, so it is written in slices, each as of its own moment. What changes
after the `number` at its head may stand in it or not; whoever asks on with `since` that number is told it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from urllib.parse import unquote_to_bytes

from aiohttp import hdrs, web

from herd.forgetting import TooManyError
from herd.store import Store
from web.box import Box
from web.clients.geojson import GEOJSON, begin_collection, end_collection, write_feature, write_trailed
from web.clients.streaming import headers_of, stream, unchanged
from web.clients.trails import Trails
from web.clients.wanted import Near, Wanted, read_wanted
from web.keys import SERVER
from web.problems import Problem
from web.schema import to_bytes, to_text
from web.search.flock import Flock, let_go
from web.search.grid import Hit
from web.search.keeping import FINDER
from web.search.piles import place_of

TRAILS = web.AppKey("trails", Trails)

SLICE = 100  # features written between two pauses: about 1 ms
UNKNOWN = "the herd does not know this client"
CHANGES_A_SLICE = 1_000  # read of the feed between two pauses: as long

Slices = Iterator[list[bytes]]  # of clients

routes = web.RouteTableDef()


@routes.get("/clients")
async def list_clients(request: web.Request) -> web.StreamResponse:
    """Tell of many clients, or of the one that is named."""
    node = request.app[SERVER].node
    # Not request.query, which takes bytes that are not UTF-8 for U+FFFD.
    wanted = read_wanted(to_bytes(request.rel_url.raw_query_string), node.store)
    if wanted.client is not None:
        return await _show(request, wanted.client, wanted.trail)
    number = node.store.number  # before anything is looked at: what comes meanwhile is told twice, not lost
    headers = headers_of(GEOJSON, f"{to_text(node.life)}-{number}")
    known = unchanged(request, headers)
    if known:
        return known
    if request.method == hdrs.METH_HEAD:  # before anything is looked for
        return await stream(request, node, headers, iter(()))
    head = {"server": node.name, "life": to_text(node.life), "number": number}
    if wanted.near:
        return await stream(request, node, headers, _tell_near(head, await _find(request, wanted.near)))
    changed = None if wanted.cursor is None else await _changed(node.store, wanted.cursor, number)
    if wanted.resumes:
        head["full"] = changed is None
    clients = await _all(request, wanted.box) if changed is None else changed
    return await stream(request, node, headers, _tell(node.store, head, wanted, clients))


@routes.get("/clients/{id:.+}")
async def show_client(request: web.Request) -> web.StreamResponse:
    """Tell of one client."""
    client = _client_of(request)
    wanted = read_wanted(to_bytes(request.rel_url.raw_query_string), request.app[SERVER].node.store, client)
    return await _show(request, client, wanted.trail)


@routes.delete("/clients/{id:.+}")
async def forget_client(request: web.Request) -> web.Response:
    """Forget one client, here and at every other server."""
    server, client = request.app[SERVER], _client_of(request)
    try:
        known = server.forgetting.forget(client)
    except TooManyError:
        raise Problem(503, "so many clients are forgotten already that this server can remember no more") from None
    if not known:
        raise Problem(404, UNKNOWN, field="client")
    await server.node.turn.kept()
    return web.Response(status=204)


def attach(app: web.Application) -> None:
    """Give an application its trails, from the start."""
    app[TRAILS] = Trails(app[SERVER].node)
    app.cleanup_ctx.append(_record)


async def _record(app: web.Application) -> AsyncIterator[None]:
    recording = app[SERVER].node.spawn("the trails", app[TRAILS].run)
    yield
    recording.cancel()


def _client_of(request: web.Request) -> bytes:
    """Return the client's ID: whatever bytes the path has, percent-encoded or not."""
    # The path as it was sent: in match_info %2F is a slash like others, and %FF is lost.
    return unquote_to_bytes(to_bytes(request.rel_url.raw_path.split("/", 2)[2]))


async def _show(request: web.Request, client: bytes, trail: bool) -> web.StreamResponse:
    node = request.app[SERVER].node
    report = node.store.reports.get(client)
    if report is None:
        raise Problem(404, UNKNOWN, field="client")
    headers = headers_of(GEOJSON, f"{to_text(node.life)}-{report[2]}{'-trail' * trail}")
    known = unchanged(request, headers)
    if known:
        return known
    feature = write_trailed(report[1], request.app[TRAILS].of(client)) if trail else write_feature(report[1])
    return await stream(request, node, headers, iter([feature + "\n"]))


async def _find(request: web.Request, near: Near) -> list[Hit]:
    grid = await request.app[FINDER].grid()
    return await grid.near(near.place, near.radius, near.limit)


async def _all(request: web.Request, box: Box | None) -> Slices:
    """Return the clients in the box, or in the world: a copy of a million IDs takes 10 ms."""
    if box is None:
        return let_go(list(request.app[SERVER].node.store.reports), SLICE)
    return (await request.app[FINDER].within(box)).leave(SLICE)


async def _changed(store: Store, cursor: int, number: int) -> Slices | None:
    """Return the clients that changed or went after a number, up to another; None where the log has lost some."""
    changed = Flock()
    while cursor < number:
        if not store.reaches(cursor):
            return None
        cursor, reports, gone = store.shown_since(cursor, CHANGES_A_SLICE)
        changed.update(report[4] for report in reports)
        changed.update(gone)
        await asyncio.sleep(0)
    return changed.leave(SLICE)


def _tell(store: Store, head: dict[str, object], wanted: Wanted, clients: Slices) -> Iterator[str]:
    """Write a collection of the clients that are in the box by now; of changes, the others are gone."""
    gone: list[bytes] = []
    yield begin_collection(**head)
    between = ""
    for some in clients:
        features = []
        for client in some:
            line = store.newest(client)
            if line is not None and (wanted.box is None or wanted.box.holds(*place_of(line))):
                features.append(write_feature(line))
            else:
                gone.append(client)
        yield (between if features else "") + ",\n".join(features)
        between = ",\n" if features else between
    yield end_collection((gone if head["full"] is False else []) if wanted.resumes else None)


def _tell_near(head: dict[str, object], hits: list[Hit]) -> Iterator[str]:
    yield begin_collection(**head)
    for begin in range(0, len(hits), SLICE):
        some = [write_feature(hit.line, distance=round(hit.distance, 6)) for hit in hits[begin : begin + SLICE]]
        yield (",\n" if begin else "") + ",\n".join(some)
    yield end_collection(None)
