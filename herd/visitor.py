"""A connection that was admitted, as those see it who watch over all of them: over TCP or HTTP alike."""

import asyncio
from typing import cast


class Visitor(asyncio.Protocol):
    """Whatever talks to one connection of a client."""

    __slots__ = ("_unsent", "transport")

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._unsent = 0  # bytes that waited to be sent when `stirs` was asked last

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast(asyncio.Transport, transport)

    @property
    def unsent(self) -> int:
        """Bytes that wait until the client takes them."""
        return self.transport.get_write_buffer_size()

    def stirs(self) -> bool:
        """Tell whether the client took all that it was sent, or at least some of it since this was asked last."""
        before, self._unsent = self._unsent, self.unsent
        return not self._unsent or self._unsent < before

    def end(self) -> None:
        """Finish what was begun, then close: the server is about to stop."""

    def dismiss(self, reason: str) -> None:
        """Close at once."""
        self.transport.abort()
