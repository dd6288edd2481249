"""/tiles: images for the map from the file that the settings name, if any; and what its page is told of tiles."""

from collections.abc import AsyncIterator
from typing import TypedDict

from aiohttp import hdrs, web

from herd.sections.map import UNREADABLE, MapSettings
from web.keys import SERVER
from web.mbtiles import DEEPEST, TileFile
from web.problems import Problem

USUAL_DEEPEST = 19  # zoom levels of servers of tiles; beyond its last one the page enlarges tiles
FOR_GOOD = "public, max-age=31536000, immutable"  # of this state of the file, which the page's URLs name
ASK_AGAIN = "no-cache"
KINDS = {b"\x89PNG\r\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}  # by their first bytes

routes = web.RouteTableDef()


class TilesJson(TypedDict):
    """What the page is told: whence tiles come, whose they are, of which zooms and degrees there are any."""

    url: str
    attribution: str
    least: int
    most: int
    bounds: list[float] | None  # west, south, east, north


FILE: web.AppKey[TileFile] = web.AppKey("tile file", TileFile)


def attach(app: web.Application) -> None:
    """Give an application the file that its settings name."""
    if file := app[SERVER].config.map.file:
        app[FILE] = TileFile(file)
        app.cleanup_ctx.append(_close)


async def _close(app: web.Application) -> AsyncIterator[None]:
    yield
    app[FILE].close()


@routes.get("/tiles/{zoom:[0-9]{1,2}}/{column:[0-9]{1,8}}/{row:[0-9]{1,8}}")
async def send_tile(request: web.Request) -> web.Response:
    """Send a tile, counted from the north-west as on the web."""
    file = request.app.get(FILE)
    if file is None:
        raise web.HTTPNotFound
    try:
        tile = await file.tile(*(int(request.match_info[name]) for name in ("zoom", "column", "row")))
    except UNREADABLE as error:
        raise Problem(503, f"the file of tiles cannot be read: {error}") from None
    kind = next((kind for start, kind in KINDS.items() if tile and tile.startswith(start)), None)
    if kind is None:
        raise web.HTTPNotFound
    keeping = FOR_GOOD if request.query_string == file.version else ASK_AGAIN
    return web.Response(body=tile, content_type=kind, headers={hdrs.CACHE_CONTROL: keeping})


def tell(app: web.Application) -> TilesJson | None:
    """Return what the page of an application is told; None where it has its own ground only."""
    settings: MapSettings = app[SERVER].config.map
    if settings.url is not None:
        said = settings.attribution or ""
        return {"url": settings.url, "attribution": said, "least": 0, "most": USUAL_DEEPEST, "bounds": None}
    file = app.get(FILE)
    if file is None:
        return None
    least, most = file.zooms
    return {
        "url": f"/tiles/{{z}}/{{x}}/{{y}}?{file.version}",
        "attribution": settings.attribution or file.attribution,
        "least": least or 0,
        "most": DEEPEST if most is None else most,
        "bounds": file.bounds,
    }
