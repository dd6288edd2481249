"""An answer of any length, written piece by piece to whoever takes it, compressed where that is asked for."""

import asyncio
from collections.abc import Iterator, Mapping

from aiohttp import hdrs, web

from herd.node import Node
from web.accept import takes_gzip

PATIENCE = 60.0  # seconds for a reader to take a piece


def headers_of(kind: str, state: str) -> dict[str, str]:
    """Return the headers of an answer that stays the same as long as `state` does."""
    return {
        hdrs.CONTENT_TYPE: kind,
        hdrs.CACHE_CONTROL: "no-cache",  # it may be kept, but is to be asked for again
        hdrs.ETAG: f'W/"{state}"',  # weak: compressed or not, it says the same
        hdrs.VARY: "Accept-Encoding",
    }


def unchanged(request: web.BaseRequest, headers: Mapping[str, str]) -> web.Response | None:
    """Return a 304 if the asker has this state already."""
    for known in request.if_none_match or ():
        if known.value == "*" or f'W/"{known.value}"' == headers[hdrs.ETAG]:
            kept = {name: value for name, value in headers.items() if name != hdrs.CONTENT_TYPE}
            return web.Response(status=304, headers=kept)
    return None


async def stream(
    request: web.BaseRequest,
    node: Node,
    headers: Mapping[str, str],
    pieces: Iterator[str],
    patience: float = PATIENCE,
) -> web.StreamResponse:
    """Answer with pieces of ASCII, each made when the one before is taken and sent when what it says is kept.

    Whoever takes nothing of it for so many seconds is sent away.
    """
    response = web.StreamResponse(headers=headers)
    if request.method == hdrs.METH_HEAD:
        return response  # not compressed, for the end of that would be a body
    if takes_gzip(request):
        response.enable_compression(web.ContentCoding.gzip)  # in a thread, by aiohttp
    await response.prepare(request)
    for piece in pieces:
        await node.turn.kept()  # it may say what came in this very turn; and others have theirs
        if piece:
            await _write(request, response, piece.encode("ascii"), patience)
    return response


async def _write(request: web.BaseRequest, response: web.StreamResponse, piece: bytes, patience: float) -> None:
    try:
        async with asyncio.timeout(patience):
            await response.write(piece)
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the reader takes nothing") from None
