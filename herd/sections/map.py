"""[map]: what the page draws its map from, beside what it brings itself."""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from herd.settings import Table, shown, text

FILE = ".mbtiles"
# Of a URL: a tile's place, and {r}, "@2x" on fine screens. Not {s}: the page may load images of one origin only.
PLACES = {"z", "x", "y"}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# What may stand in a Content-Security-Policy: no IPv6 address; a name that is not ASCII is written as xn--...
AUTHORITY = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?")
RASTER = {"png", "jpg", "jpeg", "webp"}  # of MBTiles; the other format, pbf, needs a style and a renderer
# What a damaged file raises: the second where an error's own text quotes bytes of it that are no text.
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
ATTRIBUTION_MOST = 300  # characters, in a corner of the map

EXPECTED = 'an http:// or https:// URL with {z}, {x} and {y} in its path, or the path of an ".mbtiles" file'


@dataclass(frozen=True, slots=True)
class MapSettings:
    """At most one of a tiles' URL and an MBTiles file; attribution None means what the file says of itself."""

    url: str | None = None
    file: Path | None = None
    attribution: str | None = None

    @property
    def origin(self) -> str | None:
        """The origin that the URL's images come from: scheme, host and port."""
        if self.url is None:
            return None
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def read_map(table: Table) -> MapSettings:
    """Read the section; a file's path is relative to the settings' own folder."""
    tiles = table.take("tiles", _tiles, EXPECTED) or ""
    attribution = table.take("attribution", _attribution, f"a text of at most {ATTRIBUTION_MOST} characters")
    table.finish()
    if not tiles:
        return MapSettings(attribution=attribution)
    if not tiles.endswith(FILE):
        return MapSettings(url=tiles, attribution=attribution)
    path = (Path(table.file).parent / tiles).resolve()
    trouble = _trouble_with(path)
    if trouble:
        raise table.error("tiles", f"expected an MBTiles file of images, found {shown(str(path))}: {trouble}")
    return MapSettings(file=path, attribution=attribution)


def open_tiles(path: Path) -> sqlite3.Connection:
    """Open an MBTiles file for reading; nothing is locked or written beside it. UNREADABLE where that fails."""
    return sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)


def _tiles(value: object) -> str:
    tiles = text(value)
    if not tiles.isprintable():
        raise ValueError
    if not tiles.endswith(FILE) or "://" in tiles:
        _check_url(tiles)
    return tiles


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    found = PLACEHOLDER.findall(parts.path + parts.query)
    fits = [
        parts.scheme in {"http", "https"},
        AUTHORITY.fullmatch(parts.netloc),
        PLACES <= set(found) <= PLACES | {"r"},
        not re.search(r"[\s{}]", PLACEHOLDER.sub("", url)),
        not parts.fragment,
    ]
    if not all(fits) or parts.port == 0:  # of a port beyond 65535 `port` raises ValueError itself
        raise ValueError


def _attribution(value: object) -> str:
    attribution = text(value)
    if len(attribution) > ATTRIBUTION_MOST or not attribution.isprintable():
        raise ValueError
    return attribution


def _trouble_with(path: Path) -> str | None:
    if not path.is_file():
        return "no such file"
    try:
        with closing(open_tiles(path)) as found:
            found.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles LIMIT 0")
            row = found.execute("SELECT value FROM metadata WHERE name = 'format'").fetchone()
    except UNREADABLE as error:
        return shown(str(error))  # which may quote the file
    if row is not None and row[0] not in RASTER:
        return f"its tiles are {row[0]!a:.20}"
    return None
