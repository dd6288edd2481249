"""The yardstick of small requests: what the event loop and the system calls cost before any work.

python -m tests.bench.echo_server PORT
"""

import sys
from asyncio import BaseTransport, Protocol, Transport

from tests.bench.listener import serve


class EchoServer(Protocol):
    """One connection, whose bytes go back as they came."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Send it back."""
        self.transport.write(data)


if __name__ == "__main__":
    serve(EchoServer, int(sys.argv[1]))
