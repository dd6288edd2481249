"""The body of a request, within limits of size and time."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from aiohttp import hdrs, web

from web.keys import REFUSED, SERVER
from web.problems import Problem

BODY_SECONDS = 60.0  # for all of it to arrive
# Reading the form of a longer body takes so long that others would notice: it is done in a thread.
LONG = 64 * 1024

PATIENCE: web.AppKey[float] = web.AppKey("patience", float)  # BODY_SECONDS, but for tests

T = TypeVar("T")


async def read_body(request: web.Request) -> bytes:
    """Return the body as it was sent; a Problem where it is too long, too slow, compressed or broken off."""
    encoding = request.headers.get(hdrs.CONTENT_ENCODING)
    if encoding is not None and encoding.strip().lower() != "identity":
        raise Problem(415, "a body must not be compressed", headers={"Accept-Encoding": "identity"})
    if (request.charset or "utf-8").lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise Problem(415, "a body must be UTF-8")
    limit = request.app[SERVER].node.limits.body
    if (request.content_length or 0) > limit:
        raise _too_long(request, limit)
    try:
        if request.content.is_eof():  # it came with the headers, as small ones do
            return await _read(request, limit)
        async with asyncio.timeout(request.app[PATIENCE]):
            return await _read(request, limit)
    except TimeoutError:
        raise Problem(408, "the body did not arrive in time", headers={"Connection": "close"}) from None
    except web.RequestPayloadError:
        raise Problem(400, "the body is not in the form that its headers say") from None


async def _read(request: web.Request, limit: int) -> bytes:
    """Return a body that may say nothing of its length. Not aiohttp's own way: its limit stays as it began."""
    body = b""
    async for part in request.content.iter_any():
        body = body + part if body else part
        if len(body) > limit:
            raise _too_long(request, limit)
    return body


def _too_long(request: web.Request, limit: int) -> Problem:
    request.app[REFUSED]["body"] += 1
    return Problem(413, f"a body is at most {limit} bytes")


async def read_as(read: Callable[[bytes], T], body: bytes) -> T:
    """Read the form of a body, in a thread if it is a long one."""
    return await asyncio.to_thread(read, body) if len(body) > LONG else read(body)
