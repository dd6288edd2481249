"""The yardstick of IAMAT: the least a Python server can do for a report, on a bare asyncio.Protocol.

It parses, keeps the newest time of each client, and answers AT with an exact skew. There is no flood, no log, no
journal, and every line that is not plainly an IAMAT is refused: what the real server costs more is what those cost.

    python -m tests.bench.bare_server PORT
"""

import re
import sys
import time
from asyncio import BaseTransport, Protocol, Transport

from tests.bench.listener import serve

# Possessive quantifiers and explicit classes: the quickest pattern measured. The last branch takes any other line.
LINES = re.compile(
    rb"IAMAT ([^ \t\r\n\f\v]{1,1024}+) "
    rb"([+-][0-8][0-9]\.[0-9]{1,15}+[+-](?:0[0-9]{2}|1[0-7][0-9])\.[0-9]{1,15}+) "
    rb"([0-9]{10})\.([0-9]{9})\n"
    rb"|(.*)\n"
)


class BareServer(Protocol):
    """One client's connection."""

    newest: dict[bytes, tuple[int, bytes]] = {}  # noqa: RUF012 -- one store for all connections, on purpose

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin with an empty line."""
        assert isinstance(transport, Transport)
        self.transport = transport
        self.tail = b""

    def data_received(self, data: bytes) -> None:
        """Answer a whole chunk: one clock reading, one pass of the pattern, one write."""
        now = time.time_ns()
        whole, newline, self.tail = (self.tail + data).rpartition(b"\n")
        newest, answers = self.newest, []
        for client, location, seconds, fraction, other in LINES.findall(whole + newline):
            if not client:
                answers.append(b"? %b\n" % other)
                continue
            at = int(seconds + fraction)
            skew = b"%+011d" % (now - at)
            line = b"AT Bare %b.%b %b %b %b.%b\n" % (skew[:-9], skew[-9:], client, location, seconds, fraction)
            known = newest.get(client)
            if known is None or known[0] < at:
                newest[client] = at, line
            answers.append(line)
        self.transport.write(b"".join(answers))


if __name__ == "__main__":
    serve(BareServer, int(sys.argv[1]))
