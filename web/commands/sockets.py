"""/ws, the line protocol over a WebSocket: a frame is a line, and an answer is a frame.

An answer has the bytes that it has on TCP but for the newlines that end it there, since a frame has an end of its
own. It is of the same kind, text or binary, as the frame that it answers; if it is no text, it is binary.
"""

import asyncio
from collections import deque

from aiohttp import WSCloseCode, WSMsgType, web

from herd.access import Grant
from herd.exchange import Exchange
from herd.messages import LINE_LIMIT
from herd.node import Node
from herd.turn import NotKeptError
from web.admitting import grant_of
from web.keys import REFUSED, SERVER
from web.traffic import label
from web.upgrading import check_handshake

HEARTBEAT_SECONDS = 20.0
SEND_SECONDS = 60.0  # for a client to take one answer
CLOSE_SECONDS = 1.0  # for a client to take its leave
# So many bytes are heard before others have their turn; a frame costs more than its bytes.
SLICE, FRAME_COST = 64 * 1024, 1024

Socket = web.WebSocketResponse
TALKS: web.AppKey["set[Talk]"] = web.AppKey("talks", set)

routes = web.RouteTableDef()


@routes.get("/ws")
async def speak(request: web.Request) -> Socket:
    """Speak the line protocol."""
    node = request.app[SERVER].node
    socket = Socket(
        timeout=CLOSE_SECONDS,
        autoclose=False,  # what was heard is answered first
        heartbeat=HEARTBEAT_SECONDS,
        compress=False,
        max_msg_size=node.limits.frame + 1,  # a longer one closes the connection with 1009
    )
    check_handshake(request, socket, "this is a WebSocket")
    await socket.prepare(request)
    name = node.label()
    node.notice(name, f"opened by {label(request)} as a WebSocket")
    if request.transport is not None:
        talk = Talk(node, name, socket, request.transport, grant_of(request))
        request.app[TALKS].add(talk)
        try:
            await socket.close(code=await talk.run(), drain=False)
        finally:
            request.app[TALKS].discard(talk)
    if socket.close_code == WSCloseCode.MESSAGE_TOO_BIG:
        request.app[REFUSED]["frame"] += 1
    node.notice(name, f"closed: {socket.close_code}")
    return socket


def attach(app: web.Application) -> None:
    """Have everyone told when the server stops."""
    app[TALKS] = set()
    app.on_shutdown.append(end_talks)


async def end_talks(app: web.Application) -> None:
    """Have all talks end with 1001 once what was heard is answered; it is not waited for."""
    for talk in app[TALKS]:
        talk.end()


class Talk:
    """One client's WebSocket: one task hears, the other answers; the first waits where the other is behind."""

    def __init__(self, node: Node, name: str, socket: Socket, transport: asyncio.Transport, grant: Grant) -> None:
        self._node = node
        self._name = name
        self._socket = socket
        self._transport = transport
        self._kinds: deque[WSMsgType] = deque()  # of the frames that are not answered yet
        self._news = asyncio.Event()  # there may be answers to tell
        self._free = asyncio.Event()  # nothing keeps frames from being heard
        self._exchange = Exchange(node, name, self._news.set, grant)
        self._ended = False  # nothing more is heard
        self._leaving = False  # because the server stops
        self._hearing: asyncio.Task[bool]

    async def run(self) -> WSCloseCode:
        """Hear and answer until the other end closes or is gone, or the server stops; return the closing code.

        Where something that was said cannot be kept, the log says why.
        """
        code = WSCloseCode.OK
        try:
            async with asyncio.TaskGroup() as tasks:
                telling = tasks.create_task(self._tell_all())
                self._hearing = tasks.create_task(self._hear_all())
                await asyncio.wait((self._hearing,))
                if self._leaving or self._hearing.result():
                    self._ended = True
                    self._news.set()
                else:
                    telling.cancel()
        except* NotKeptError as problems:
            self._node.notice(self._name, f"what it said cannot be kept: {problems.exceptions[0]}")
            code = WSCloseCode.TRY_AGAIN_LATER
        finally:
            self._exchange.cancel()
        return WSCloseCode.GOING_AWAY if self._leaving else code

    def end(self) -> None:
        """Hear nothing more, answer what was heard: the server is about to stop."""
        self._leaving = True
        self._hearing.cancel()

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
