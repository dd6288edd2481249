"""How a frame's payload is laid into the bytes of a connection: a WebSocket message, or an event of SSE."""

import struct

from aiohttp import WSMsgType

from web.feed.frames import Head

_FINAL = 0x80  # FIN: the message is this one frame (RFC 6455, 5.2)


def text_message(payload: bytes, head: Head) -> bytes:
    """Return a WebSocket text message, unmasked as servers send it."""
    return _message(WSMsgType.TEXT, payload)


def binary_message(payload: bytes, head: Head) -> bytes:
    """Return a WebSocket binary message."""
    return _message(WSMsgType.BINARY, payload)


def event(payload: bytes, head: Head) -> bytes:
    """Return a Server-Sent Event, whose ID is where a browser resumes by itself; the payload is of one line."""
    return f"id: {head.life}:{head.number}\ndata: ".encode("ascii") + payload + b"\n\n"


def chunked_event(payload: bytes, head: Head) -> bytes:
    """Return the same as one chunk of an HTTP/1.1 response."""
    whole = event(payload, head)
    return b"%x\r\n%b\r\n" % (len(whole), whole)


def _message(kind: WSMsgType, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", _FINAL | kind, size) + payload
    if size < 2**16:
        return struct.pack("!BBH", _FINAL | kind, 126, size) + payload
    return struct.pack("!BBQ", _FINAL | kind, 127, size) + payload
