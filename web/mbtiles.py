"""An MBTiles file: map images in SQLite, and what the file says of itself."""

import asyncio
import html
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

from herd.sections.map import ATTRIBUTION_MOST, UNREADABLE, open_tiles

DEEPEST = 24  # zoom levels; more than any tile set has
LARGEST = 2 * 1024 * 1024  # bytes of a tile that is sent; they are some 20 KB

_PLACE = "zoom_level = ? AND tile_column = ? AND tile_row = ?"
_TILE = f"SELECT tile_data FROM tiles WHERE {_PLACE} AND length(tile_data) <= ?"  # noqa: S608, of constants
_ZOOMS = "SELECT (SELECT min(zoom_level) FROM tiles), (SELECT max(zoom_level) FROM tiles)"
_METADATA = "SELECT name, substr(value, 1, 4096) FROM metadata WHERE name IN ('attribution', 'bounds')"
_TAG = re.compile(r"<[^>]*>")
_FARTHEST = [180.0, 90.0, 180.0, 90.0]  # what bounds may reach


class TileFile:
    """Read by a thread of its own: neither the loop nor what else runs in threads, like syncs, waits for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, "tiles")
        self.version = f"{path.stat().st_mtime_ns:x}"
        self._said: dict[str, str] = {}
        self.zooms: tuple[int | None, int | None] = None, None
        # A file that is damaged is no reason not to start: whoever asks for its tiles is told.
        with suppress(*UNREADABLE), closing(open_tiles(path)) as found:
            self._said = {str(name): str(value) for name, value in found.execute(_METADATA)}
            least, most = found.execute(_ZOOMS).fetchone()
            self.zooms = _zoom(least), _zoom(most)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return the tile at a place counted from the north-west; None where there is none. UNREADABLE."""
        if zoom > DEEPEST or max(column, row) >= 2**zoom:
            return None
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, zoom, column, row)

    @property
    def attribution(self) -> str:
        """Whose the tiles are, as text: some files have HTML there."""
        return html.unescape(_TAG.sub("", self._said.get("attribution", ""))).strip()[:ATTRIBUTION_MOST]

    @property
    def bounds(self) -> list[float] | None:
        """West, south, east and north of what is covered, in degrees; None where that is not said."""
        try:
            bounds = [float(degrees) for degrees in self._said.get("bounds", "").split(",")]
        except ValueError:
            return None
        fits = len(bounds) == 4 and all(abs(at) <= most for at, most in zip(bounds, _FARTHEST, strict=True))
        return bounds if fits and bounds[0] < bounds[2] and bounds[1] < bounds[3] else None

    def _read(self, zoom: int, column: int, row: int) -> bytes | None:
        # A connection for each: nothing is shared, so nothing is left behind by a reader that goes.
        with closing(open_tiles(self._path)) as found:
            from_the_south = 2**zoom - 1 - row  # is how the file counts
            tile = found.execute(_TILE, (zoom, column, from_the_south, LARGEST)).fetchone()
        return tile[0] if tile and isinstance(tile[0], bytes) else None


def _zoom(value: object) -> int | None:
    """Return a zoom level, in whose place a file of SQLite may have anything."""
    return value if isinstance(value, int) and 0 <= value <= DEEPEST else None
