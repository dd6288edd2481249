"""The end of a connection that the server closes first: nothing is lost that is still on its way to the client."""

import asyncio

LINGER_SECONDS = 0.3  # for a client that sends nothing to close its side too


class Parting(asyncio.Protocol):
    """Says that nothing more comes, and reads to nowhere until the client closes, too.

    A socket that is closed while something unread lies in it sends a reset, which overtakes the last answers
    (RFC 1122, 4.2.2.13).
    """

    def __init__(self, transport: asyncio.Transport, visitor: asyncio.Protocol) -> None:
        self._transport = transport
        self._visitor = visitor
        self._heard = False  # anything, since the last look
        transport.set_protocol(self)
        transport.write_eof()
        transport.resume_reading()
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Throw it away: nobody was told that it was heard."""
        self._heard = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the visitor, whose connection it is."""
        self._timer.cancel()
        self._visitor.connection_lost(exc)

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._leave)

    def _leave(self) -> None:
        if self._heard or self._transport.get_write_buffer_size():  # it has until the server's own end
            self._heard = False
            self._wait()
        else:
            self._transport.abort()
