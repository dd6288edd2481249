"""The files that pages are made of, each under a URL that changes with them: kept for good, asked for once."""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path

from aiohttp import hdrs, web

from web.accept import takes_gzip

STATIC = Path(__file__).parents[1] / "static"
LEAFLET = "xstatic.pkg.leaflet"  # the PyPI package XStatic-Leaflet: Leaflet as its authors built it, served by us

# What the browser is given, by folder of static/: the scripts that make the packed data, and types for the
# checker of the JavaScript, stay here.
SERVED = ("css", "img", "js", "basemap")
TYPES = {".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml"}
SUFFIXES = {".js", ".css", ".json", ".svg", ".png", ".ico"}

# A page that was opened before an update still asks for its own version; what it gets is today's, to be asked for
# again. Only what is exactly of the version in the URL may be kept.
VERSIONED = re.compile(r"v-[0-9a-f]{12}/")
FOR_GOOD = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
WORTH_PACKING = 1024  # bytes; less fits into one packet anyway

routes = web.RouteTableDef()


@dataclass(frozen=True)
class Asset:
    """One file: its bytes, also compressed, and the tag that names this state of it."""

    body: bytes
    content_type: str

    @cached_property
    def etag(self) -> str:
        """The tag of the bytes."""
        return hashlib.sha256(self.body).hexdigest()[:16]

    @cached_property
    def packed(self) -> bytes | None:
        """The bytes compressed, made when first asked for; None where that spares nothing."""
        if len(self.body) < WORTH_PACKING or self.content_type == "image/png":
            return None
        return gzip.compress(self.body, mtime=0)


@cache
def shelf() -> dict[str, Asset]:
    """Return every asset by its path; read once, 1 MB in all."""
    folders = {name: STATIC / name for name in SERVED}
    found = find_spec(LEAFLET)
    if found is not None and found.submodule_search_locations:
        folders["leaflet"] = Path(found.submodule_search_locations[0]) / "data"
    return {
        f"{name}/{path.relative_to(folder).as_posix()}": _read(path)
        for name, folder in folders.items()
        for path in sorted(folder.rglob("*"))
        if path.suffix in SUFFIXES and path.is_file() and "src" not in path.name
    }


@cache
def version() -> str:
    """Return the name of this state of all assets together, as modules import each other by relative URLs."""
    states = "\n".join(f"{path} {asset.etag}" for path, asset in shelf().items())
    return "v-" + hashlib.sha256(states.encode()).hexdigest()[:12]


def url_of(path: str) -> str:
    """Return the URL of an asset for a template: `js/main.js` with its version."""
    return f"/static/{version()}/{path}"


@routes.get("/static/{path:.+}")
async def send_asset(request: web.Request) -> web.Response:
    """Send a file of static/, or of Leaflet."""
    asked = request.match_info["path"]
    path = VERSIONED.sub("", asked, count=1) if VERSIONED.match(asked) else asked
    asset = shelf().get(path)
    if asset is None:
        raise web.HTTPNotFound
    headers = {
        hdrs.CACHE_CONTROL: FOR_GOOD if asked == f"{version()}/{path}" else ASK_AGAIN,
        hdrs.ETAG: f'"{asset.etag}"',
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
    }
    if request.if_none_match and any(tag.value in (asset.etag, "*") for tag in request.if_none_match):
        return web.Response(status=304, headers=headers)
    body = asset.body
    if asset.packed is not None and takes_gzip(request):
        body = asset.packed
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    charset = None if asset.content_type.startswith("image/") else "utf-8"
    return web.Response(body=body, headers=headers, content_type=asset.content_type, charset=charset)


def _read(path: Path) -> Asset:
    guessed = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(path.read_bytes(), guessed)
