"""Tiles for the map, where the settings name any: the images of an MBTiles file, and what the page is told."""

import asyncio
import html
import re
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypedDict

from aiohttp import hdrs, web

from herd.sections.map import ATTRIBUTION_MOST, MapSettings, open_tiles
from web.keys import SERVER

DEEPEST = 24  # zoom levels; more than any tile set has
LARGEST = 2 * 1024 * 1024  # bytes of a tile that is sent; they are some 20 KB
FOR_GOOD = "public, max-age=31536000, immutable"  # of this state of the file, which the page's URL names
ASK_AGAIN = "no-cache"
KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}  # by the first bytes
TAG = re.compile(r"<[^>]*>")

routes = web.RouteTableDef()


class TilesJson(TypedDict):
    """What the page is told: whence tiles come, whose they are, and in which zooms and degrees there are any."""

    url: str
    attribution: str
    least: int
    most: int
    bounds: list[float] | None  # west, south, east, north


class TileFile:
    """An MBTiles file, read by a thread of its own: neither the loop nor what else runs in threads waits for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, "tiles")
        self.version = f"{path.stat().st_mtime_ns:x}"

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return the tile at a place counted from the north-west, or None where there is none."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._tile, zoom, column, row)

    def _tile(self, zoom: int, column: int, row: int) -> bytes | None:
        place = (zoom, column, 2**zoom - 1 - row, LARGEST)  # the file counts rows from the south
        with closing(open_tiles(self._path)) as found:
            tile = found.execute(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
                " AND length(tile_data) <= ?",
                place,
            ).fetchone()
        return tile[0] if tile and isinstance(tile[0], bytes) else None

    def describe(self) -> dict[str, str]:
        """Return what the file says of itself."""
        with closing(open_tiles(self._path)) as found:
            return {str(name): str(value) for name, value in found.execute("SELECT name, value FROM metadata")}


TILES: web.AppKey[TileFile | None] = web.AppKey("tiles")
TOLD: web.AppKey[TilesJson | None] = web.AppKey("told of tiles")


def attach(app: web.Application) -> None:
    """Give an application its tiles."""
    settings = app[SERVER].config.map
    tiles = TileFile(settings.file) if settings.file else None
    app[TILES] = tiles
    app[TOLD] = _tell(settings, tiles)
    app.cleanup_ctx.append(_run)


async def _run(app: web.Application) -> AsyncIterator[None]:
    yield
    if tiles := app[TILES]:
        tiles.close()


@routes.get("/tiles/{zoom:[0-9]{1,2}}/{column:[0-9]{1,8}}/{row:[0-9]{1,8}}")
async def send_tile(request: web.Request) -> web.Response:
    """Send a tile of the file that the settings name."""
    tiles = request.app[TILES]
    zoom, column, row = (int(request.match_info[name]) for name in ("zoom", "column", "row"))
    if tiles is None or zoom > DEEPEST or max(column, row) >= 2**zoom:
        raise web.HTTPNotFound
    tile = await tiles.tile(zoom, column, row)
    kind = next((kind for start, kind in KINDS.items() if tile and tile.startswith(start)), None)
    if kind is None:
        raise web.HTTPNotFound
    current = request.query_string == tiles.version
    return web.Response(
        body=tile, content_type=kind, headers={hdrs.CACHE_CONTROL: FOR_GOOD if current else ASK_AGAIN}
    )


def _tell(settings: MapSettings, tiles: TileFile | None) -> TilesJson | None:
    if settings.url is not None:
        # One that is of no other zoom than it has: beyond its last the page stretches tiles.
        return {"url": settings.url, "attribution": settings.attribution or "", "least": 0, "most": 19, "bounds": None}
    if tiles is None:
        return None
    said = tiles.describe()
    return {
        "url": "/tiles/{z}/{x}/{y}?" + tiles.version,
        # Some write HTML there; what is shown is text.
        "attribution": settings.attribution or html.unescape(TAG.sub("", said.get("attribution", "")))[:ATTRIBUTION_MOST],
        "least": _zoom(said.get("minzoom"), 0),
        "most": _zoom(said.get("maxzoom"), DEEPEST),
        "bounds": _bounds(said.get("bounds", "")),
    }
