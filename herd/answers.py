"""The bytes that a server sends a client, as one answer for each request, in the order of the requests."""

import asyncio
from collections import deque
from typing import NamedTuple

# Bytes of one answer, and so of memory that a server can make a client hold. A server takes 4 MiB of places at
# most from its source.
ANSWER_LIMIT = 16 * 1024 * 1024

_NO_AUTH = b"? AUTH"  # with the token behind it: the server needs none


class ClientError(Exception):
    """A request had no good answer; its text says why, and which server it was."""


class Refused(ClientError):
    """The server did not accept the request: it is not in its language, or nobody told it of that client."""

    def __init__(self, server: str, copy: bytes) -> None:
        super().__init__(f"{server} refused: {_shown(copy)}")
        self.copy = copy


class TimedOut(ClientError):
    """No answer came in time. The server may have carried out the request."""


class Disconnected(ClientError):
    """There is no connection, or it ended before the answer. The server may have carried out the request."""


class BadAnswer(ClientError):
    """What came is not an answer to what was asked."""


class _Request(NamedTuple):
    text: bool  # a text that ends with an empty line follows the answer's first line
    answer: asyncio.Future[bytes]


class Answers(asyncio.Protocol):
    """One connection to a server. A request that nobody waits for any more keeps its turn, so all stay in step."""

    def __init__(self, server: str, token: bytes | None = None) -> None:
        self.server = server
        self._greeting = b"" if token is None else b"AUTH " + token
        self._requests: deque[_Request] = deque()
        self._received = bytearray()
        self._searched = 0  # bytes received in which the end of the answer is not
        self._writable = asyncio.Event()
        self._writable.set()
        self._ended = asyncio.Event()
        self._reason = f"{server} closed the connection"

    async def ask(self, line: bytes, timeout: float, *, text: bool) -> bytes:
        """Send a line; return its answer without its end, or one of the errors above."""
        try:
            async with asyncio.timeout(timeout):
                # A server that does not read gets no more lines: they would only pile up here.
                while not self._writable.is_set():
                    await self._writable.wait()
                if self._ended.is_set() or self._transport.is_closing():
                    raise Disconnected(self._reason)
                request = _Request(text, asyncio.get_running_loop().create_future())
                self._requests.append(request)
                self._transport.write(line + b"\n")
                answer = await request.answer
        except TimeoutError:
            raise TimedOut(f"no answer from {self.server} within {timeout:g} seconds") from None
        if answer.startswith(b"? "):
            raise Refused(self.server, answer[2:])
        return answer

    def out_of_step(self, problem: str) -> BadAnswer:
        """Close the connection, whose answers are not what was asked for; return the error to raise."""
        self._reason = f"{self.server} {problem}"
        self._transport.abort()
        return BadAnswer(self._reason)

    async def close(self) -> None:
        """Close the connection without waiting for answers that are still to come."""
        self._reason = f"the connection to {self.server} was closed here"
        self._transport.abort()
        await self._ended.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, as asyncio says to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._greeting:
            transport.write(self._greeting + b"\n")

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everyone who still waits."""
        if exc:
            self._reason = f"lost the connection to {self.server}: {exc}"
        self._ended.set()
        self._writable.set()
        for request in self._requests:
            if not request.answer.done():
                request.answer.set_exception(Disconnected(self._reason))
        self._requests.clear()

    def pause_writing(self) -> None:
        """Let no more requests out for now."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let requests out again."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Hand out the answers that are complete."""
        self._received += data
        while self._received and not self._transport.is_closing():
            if self._greeting and self._received.startswith(_NO_AUTH):
                if not self._hear_of_token():
                    return
                continue
            if not self._requests:
                self.out_of_step("said something that nobody asked for")
                return
            if not self._hand_out():
                break
        if len(self._received) > ANSWER_LIMIT:
            request = self._requests.popleft()
            problem = self.out_of_step(f"sent an answer of more than {ANSWER_LIMIT} bytes")
            if not request.answer.done():
                request.answer.set_exception(problem)

    def _hear_of_token(self) -> bool:
        """Take the line about our token, once it is whole: where none is needed it is copied, and that is that."""
        line, newline, rest = self._received.partition(b"\n")
        if newline and line == _NO_AUTH:
            self._reason = f"{self.server} does not take this token"
            self._transport.abort()
        elif newline:
            self._received = rest
        return bool(newline)

    def _hand_out(self) -> bool:
        """Give the oldest request its answer, if all of that has come."""
        end, size = self._end(self._requests[0].text)
        if end < 0:
            # The last byte is looked at again: it may be the first of two newlines.
            self._searched = len(self._received) - 1
            return False
        answer = self._requests.popleft().answer
        if not answer.done():
            answer.set_result(bytes(self._received[:end]))
        del self._received[: end + size]
        self._searched = 0
        return True

    def _end(self, text: bool) -> tuple[int, int]:
        """Return where the first answer received ends, -1 for not yet, and how many newlines end it."""
        if not (text and self._received.startswith(b"AT ")):
            return self._received.find(b"\n", self._searched), 1
        # The places begin behind the AT line's newline, and might be nothing but their own two.
        first = self._received.find(b"\n") + 1
        return (self._received.find(b"\n\n", max(first, self._searched)) if first else -1), 2


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "backslashreplace")
    return text if text.isprintable() else ascii(text)
