"""What a request must have to become a WebSocket."""

from aiohttp import web

from web.problems import Problem

UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}


def check_handshake(request: web.Request, socket: web.WebSocketResponse, detail: str) -> None:
    """Let a WebSocket's handshake pass; of anything else a Problem says in its headers what to ask for."""
    try:
        fits = bool(socket.can_prepare(request))
    except ValueError:  # where a header is no text, which aiohttp decodes or repeats in its own refusal
        fits = False
    if not fits:
        raise Problem(426, detail, headers=UPGRADE)
