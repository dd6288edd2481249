"""The way in to a server's port: a connection is admitted, secured by TLS where that is set, then talked to."""

import asyncio
from collections.abc import Callable
from typing import cast

from herd.node import Node
from herd.sections.limits import BUFFERED
from herd.visitor import Visitor

TCP, HTTP = "tcp", "http"
HANDSHAKE_SECONDS = 10.0  # for a client to go through TLS's
GOODBYE_SECONDS = 1.0  # for a client to answer TLS's close


class Door(asyncio.Protocol):
    """Looks at one new connection, and hands it on to a visitor.

    The handshake of TLS comes after the admission: else whoever never goes through with it would not be counted.
    """

    def __init__(self, node: Node, name: str, make: Callable[[], Visitor]) -> None:
        self._node = node
        self._name = name
        self._make = make
        self._early = b""  # what came in the turn in which the handshake ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close at once what may not come in."""
        connection = cast(asyncio.Transport, transport)
        admission = self._node.admission
        if admission.refuses(connection):
            connection.abort()
            return
        visitor = self._make()
        admission.enter(visitor, connection, self._name)
        if self._node.tls is None:
            self._hand_over(connection, visitor)
        else:
            connection.pause_reading()
            self._node.spawn("a handshake of TLS", lambda: self._secure(connection, visitor))

    def data_received(self, data: bytes) -> None:
        """Keep what comes early for the visitor."""
        self._early += data

    async def _secure(self, connection: asyncio.Transport, visitor: Visitor) -> None:
        admission, tls = self._node.admission, self._node.tls
        assert tls is not None
        handed_over = False
        try:
            secured = await asyncio.get_running_loop().start_tls(
                connection,
                self,
                tls.listening(self._name),
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=GOODBYE_SECONDS,
            )
            if secured and not (secured.is_closing() or admission.closed):
                self._hand_over(secured, visitor)
                handed_over = True
        except OSError as problem:  # not TLS at all, a certificate that is not good, too slow, gone
            admission.failed_handshakes += 1
            peer = connection.get_extra_info("peername")
            self._node.notice("#tls", f"{peer} failed at the handshake of TLS: {str(problem) or 'gone'}")
        finally:
            if not handed_over:
                admission.leave(visitor)
                connection.abort()

    def _hand_over(self, transport: asyncio.Transport, visitor: Visitor) -> None:
        admission, buffered = self._node.admission, self._node.limits.buffered
        if buffered != BUFFERED:  # which is what every transport begins with
            transport.set_write_buffer_limits(high=buffered)
        transport.set_protocol(visitor)
        visitor.connection_made(transport)
        admission.begin(visitor)
        if self._early:
            visitor.data_received(self._early)
