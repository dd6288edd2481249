"""/ws, the line protocol over a WebSocket: a frame is a line, and an answer is a frame.

An answer has the bytes that it has on TCP but for the newlines that end it there, since a frame has an end of its
own. It is of the same kind, text or binary, as the frame that it answers; if it is no text, it is binary.
"""

import asyncio
from collections import deque
from contextlib import suppress
from weakref import WeakSet

from aiohttp import WSCloseCode, WSMsgType, web

from herd.access import Grant
from herd.exchange import Exchange
from herd.messages import LINE_LIMIT
from herd.node import Node
from herd.turn import NotKeptError
from web.admitting import grant_of
from web.keys import SERVER
from web.traffic import label
from web.upgrading import check_handshake

FRAME_LIMIT = 2 * LINE_LIMIT  # bytes; a longer one closes the connection with 1009
HEARTBEAT_SECONDS = 20.0
SEND_SECONDS = 60.0  # for a client to take one answer
CLOSE_SECONDS = 1.0  # for a client to take its leave
# So many bytes are heard before others have their turn; a frame costs more than its bytes.
SLICE, FRAME_COST = 64 * 1024, 1024

Socket = web.WebSocketResponse
Sockets = WeakSet[Socket]
SOCKETS: web.AppKey[Sockets] = web.AppKey("sockets", WeakSet)

routes = web.RouteTableDef()


@routes.get("/ws")
async def talk(request: web.Request) -> Socket:
    """Speak the line protocol."""
    node = request.app[SERVER].node
    socket = Socket(
        timeout=CLOSE_SECONDS,
        autoclose=False,  # what was heard is answered first
        heartbeat=HEARTBEAT_SECONDS,
        compress=False,
        max_msg_size=FRAME_LIMIT + 1,
    )
    check_handshake(request, socket, "this is a WebSocket")
    await socket.prepare(request)
    request.app[SOCKETS].add(socket)
    name = node.label()
    node.notice(name, f"opened by {label(request)} as a WebSocket")
    if request.transport is not None:
        if lost := await Talk(node, name, socket, request.transport, grant_of(request)).run():
            node.notice(name, f"what it said cannot be kept: {lost}")
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, drain=False)
        await socket.close(drain=False)
    node.notice(name, f"closed: {socket.close_code}")
    return socket


def attach(app: web.Application) -> None:
    """Have everyone told when the server stops."""
    app[SOCKETS] = Sockets()
    app.on_shutdown.append(_close_all)


async def _close_all(app: web.Application) -> None:
    sockets = [socket.close(code=WSCloseCode.GOING_AWAY, drain=False) for socket in app[SOCKETS]]
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await asyncio.gather(*sockets)


class Talk:
    """One client's WebSocket: one task hears, the other answers; the first waits where the other is behind."""

    def __init__(self, node: Node, name: str, socket: Socket, transport: asyncio.Transport, grant: Grant) -> None:
        self._node = node
        self._socket = socket
        self._transport = transport
        self._kinds: deque[WSMsgType] = deque()  # of the frames that are not answered yet
        self._news = asyncio.Event()  # there may be answers to tell
        self._free = asyncio.Event()  # nothing keeps frames from being heard
        self._exchange = Exchange(node, name, self._news.set, grant)
        self._ended = False  # nothing more is heard

    async def run(self) -> str:
        """Hear and answer until the other end closes or is gone; return why something cannot be kept, or ""."""
        lost = ""
        try:
            async with asyncio.TaskGroup() as tasks:
                telling = tasks.create_task(self._tell_all())
                if await self._hear_all():
                    self._ended = True
                    self._news.set()
                else:
                    telling.cancel()
        except* NotKeptError as problems:
            lost = str(problems.exceptions[0])
        finally:
            self._exchange.cancel()
        return lost

    async def _hear_all(self) -> bool:
        """Carry out frame after frame; tell whether the client took its leave and may still get answers."""
        self._free.set()
        heard = 0
        while not self._ended:
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT:
                line = message.data.encode()
            elif message.type is WSMsgType.BINARY:
                line = message.data
            else:
                return message.type is WSMsgType.CLOSE
            await self._free.wait()
            self._hear(message.type, line.removesuffix(b"\n"))
            heard += len(line) + FRAME_COST
            if heard > SLICE:
                heard = 0
                await self._node.turn.kept()
        return False

    def _hear(self, kind: WSMsgType, line: bytes) -> None:
        if not line or line.isspace():  # exactly the protocol's white space; a blank line is answered by nothing
            return
        if self._exchange.lost:  # nothing behind that is answered
            return
        self._kinds.append(kind)
        if len(line) > LINE_LIMIT or b"\n" in line:
            self._exchange.refuse(line)
        else:
            self._exchange.hear(line + b"\n")
        if self._exchange.left:
            self._free.clear()
        self._news.set()

    async def _tell_all(self) -> None:
        """Tell answers once they are kept; no frame is heard while a client does not take them."""
        exchange = self._exchange
        try:
            while self._news.is_set() or exchange.waiting or not self._ended:
                await self._news.wait()
                self._news.clear()
                self._free.clear()  # what is heard from now on must not be answered before it is kept
                await self._node.turn.kept()
                for answer in exchange.take():
                    await self._tell(answer)
                if exchange.lost and not exchange.waiting:
                    raise NotKeptError(exchange.lost)
                if exchange.left:  # a frame that had no room may have it now
                    exchange.go_on()
                    if not (exchange.left and exchange.full):
                        self._news.set()
                if not exchange.left:
                    self._free.set()
        except (ConnectionError, TimeoutError):
            self._transport.abort()  # nobody is there, or nobody reads
            self._ended = True
            self._free.set()

    async def _tell(self, answer: bytes) -> None:
        kind = self._kinds.popleft()
        if answer.startswith(b"AT "):
            answer = answer.removesuffix(b"\n")
        if kind is WSMsgType.TEXT and not _is_text(answer):
            kind = WSMsgType.BINARY
        async with asyncio.timeout(SEND_SECONDS):
            await self._socket.send_frame(answer, kind)


def _is_text(answer: bytes) -> bool:
    try:
        return answer.isascii() or bool(answer.decode())
    except UnicodeDecodeError:
        return False
