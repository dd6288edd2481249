"""The ways in which a client says its reports: TCP, HTTP and WebSocket; each gives back an answer for each."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol
from urllib.parse import urlencode

from aiohttp import ClientSession, ClientWebSocketResponse, ClientWSTimeout, WSMsgType

from tests.chaos.proxy import HOST, reset
from tests.chaos.record import Wrong
from tests.simulation.oracle import Said

LEAVE = ClientWSTimeout(ws_close=1.0)
LONGEST = 2**17  # bytes of a line of an answer


class NoAnswer(Exception):
    """The connection brings no more answers; nothing is known of what was not answered."""


class Voice(Protocol):
    """A way to a server that is open."""

    def say(self, said: list[Said], lines: list[bytes]) -> AsyncIterator[bytes]:
        """Say reports at once, and yield their answers in order."""

    async def ask(self, client: bytes) -> bytes | None:
        """Ask WHATSAT, and return the first line of the answer; None where this way is not for questions."""


class OverTcp:
    """Lines over a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, said: list[Said], lines: list[bytes]) -> AsyncIterator[bytes]:
        """Say all in one write."""
        self._writer.write(b"".join([line + b"\n" for line in lines]))
        for _ in said:
            yield await self._line()

    async def ask(self, client: bytes) -> bytes | None:
        """Ask, and read the places away."""
        self._writer.write(b"WHATSAT %b 1 0\n" % client)
        first = line = await self._line()
        while line and first.startswith(b"AT "):
            line = await self._line()
        return first

    async def _line(self) -> bytes:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise NoAnswer
        return line[:-1]


class OverHttp:
    """Requests, in one of the forms that /iamat takes: one report as a form, many as lines or as JSON."""

    def __init__(self, session: ClientSession, url: str, form: str) -> None:
        self._session = session
        self._url = url
        self._form = form

    async def say(self, said: list[Said], lines: list[bytes]) -> AsyncIterator[bytes]:
        """Say all in one request, or each in one of its own."""
        if self._form == "form":
            for one in said:
                yield (await self._post(urlencode(dict(zip(("client", "location", "time"), one, strict=True)))))[0]
            return
        body = b"\n".join(lines) if self._form == "lines" else _to_json(said)
        answers = await self._post(body)
        if len(answers) != len(said):
            raise Wrong(f"{len(answers)} answers to {len(said)} reports in one request: {answers}")
        for answer in answers:
            yield answer

    async def ask(self, client: bytes) -> bytes | None:
        """Ask."""
        query = urlencode({"client": client, "radius": 1, "limit": 0})
        headers = {"Accept": "text/plain"}
        async with self._session.get(f"{self._url}/whatsat?{query}", headers=headers) as response:
            text = await response.read()
            if response.status not in {200, 404}:
                raise NoAnswer
            return text.partition(b"\n")[0]

    async def _post(self, body: str | bytes) -> list[bytes]:
        kind = {"form": "application/x-www-form-urlencoded", "lines": "text/plain", "json": "application/json"}
        headers = {"Accept": "text/plain", "Content-Type": kind[self._form]}
        async with self._session.post(f"{self._url}/iamat", data=body, headers=headers) as response:
            text = await response.read()
            if response.status != 200:
                raise NoAnswer
            return text.removesuffix(b"\n").split(b"\n")


class OverWebSocket:
    """Frames: each a line, each answer a frame."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket

    async def say(self, said: list[Said], lines: list[bytes]) -> AsyncIterator[bytes]:
        """Say each in a frame."""
        for line in lines:
            await self._socket.send_bytes(line)
        for _ in said:
            yield await self._frame()

    async def ask(self, client: bytes) -> bytes | None:
        """Ask."""
        await self._socket.send_bytes(b"WHATSAT %b 1 0" % client)
        return (await self._frame()).partition(b"\n")[0]

    async def _frame(self) -> bytes:
        message = await self._socket.receive()
        if message.type is not WSMsgType.BINARY:
            raise NoAnswer
        data: bytes = message.data
        return data


@asynccontextmanager
async def speak(how: str, port: int) -> AsyncIterator[Voice]:
    """Open a way to a server: `tcp`, `ws`, or http by the form of its requests: `form`, `lines`, `json`."""
    if how == "tcp":
        reader, writer = await asyncio.open_connection(HOST, port, limit=LONGEST)
        try:
            yield OverTcp(reader, writer)
        finally:
            reset(writer)  # a torn line must not be taken for a whole one
        return
    async with ClientSession() as session:
        url = f"http://{HOST}:{port}"
        if how == "ws":
            async with session.ws_connect(f"{url}/ws", max_msg_size=LONGEST, timeout=LEAVE) as socket:
                yield OverWebSocket(socket)
        else:
            yield OverHttp(session, url, how)


def _to_json(said: list[Said]) -> bytes:
    fields = ("client", "location", "time")
    return json.dumps(
        [
            {name: value.decode("utf-8", "surrogateescape") for name, value in zip(fields, one, strict=True)}
            for one in said
        ]
    ).encode()
