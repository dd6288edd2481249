"""What pages of other origins may read: whatever only reads, where the setting `[web] cors` lets them.

They never write: a browser sends some writes without asking first, so those are refused by their Origin.
"""

from aiohttp import hdrs, web

from herd.sections.web import ANYONE

READERS: web.AppKey[frozenset[str]] = web.AppKey("readers", frozenset)  # origins, or ANYONE

# What a page does not see of an answer unless it is named.
_EXPOSED = "ETag, Retry-After"
_PERMISSION = {
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, HEAD",
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "*, Authorization",  # which the star leaves out
    hdrs.ACCESS_CONTROL_MAX_AGE: "600",
    hdrs.VARY: hdrs.ORIGIN,
}
_READING = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


def is_reader(request: web.Request, origin: str) -> bool:
    """Tell whether pages of an origin may read."""
    readers = request.app[READERS]
    return ANYONE in readers or origin in readers


def permit(request: web.Request) -> web.Response | None:
    """Answer a browser that asks whether a page may read here, if it may; else the request goes its way."""
    if request.method != hdrs.METH_OPTIONS:
        return None
    origin, method = request.headers.get(hdrs.ORIGIN), request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_METHOD)
    if origin is None or method not in _READING:
        return None
    there = request.match_info.http_exception  # no route takes OPTIONS; this knows what the path takes
    if not isinstance(there, web.HTTPMethodNotAllowed) or method not in there.allowed_methods:
        return None
    if not is_reader(request, origin):
        return None
    return web.Response(
        status=204, headers={**_PERMISSION, hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: _named(request, origin)}
    )


def share(request: web.Request, response: web.StreamResponse) -> None:
    """Say in the headers of an answer which pages of other origins may see it."""
    if request.method not in _READING or not (readers := request.app[READERS]):
        return
    headers = response.headers
    if ANYONE not in readers:  # so that what is kept for one page is not shown to another
        headers[hdrs.VARY] = f"{headers[hdrs.VARY]}, Origin" if hdrs.VARY in headers else hdrs.ORIGIN
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and is_reader(request, origin):
        headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = _named(request, origin)
        headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _EXPOSED


def _named(request: web.Request, origin: str) -> str:
    return ANYONE if ANYONE in request.app[READERS] else origin
