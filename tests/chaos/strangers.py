"""Those who mean no good, or no anything: senders of garbage, crowds that say nothing, viewers that never read."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random

from tests.chaos.proxy import HOST, reset
from tests.chaos.servers import Servers

DIAL_SECONDS = 2.0
CROWD = 150  # connections at once
VIEWERS = 12
STRANGER = b"stranger"  # the ID of reports that none of the clients said
KEY = b"aGVyZCBsaXZlIGhlcmQhIQ=="

GARBAGE = [
    b"\x00" * 5000,
    b"A" * 200_000,  # a line that is too long, and does not end
    b"A" * 70_000 + b"\n",
    b"\n" * 20_000,
    b" \t\f\v\r\n" * 500,
    b"IAMAT\n" * 500,
    b"IAMAT stranger +91.0+0.0 1\n",
    b"IAMAT stranger +1.0+1.0 nan\n",
    b"IAMAT stranger +1.0+1.0 1520023934.9189639",  # and no newline
    b"WHATSAT stranger 10 5\n" * 100,
    b"WHATSAT stranger " + b"9" * 60_000 + b" 5\n",
    b"AT Goloman +0.263873386 stranger +34.068930-118.445127 1520023934.918963997\n",
    b"MARK 1 2 3\n",
    b"HERD 1 Hands 0123456789abcdef Goloman 0123456789abcdef\nPROVE " + b"0" * 64 + b"\n",
    b"HERD 1 Wilkes 0123456789abcdef Welsh 0123456789abcdef\n",  # and no proof ever
    b"HERD 999999 Hands 0123456789abcdef Goloman 0123456789abcdef\n",
    b"HERD 1 Hands\n",
    b"AUTH secret\nAUTH secret\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /clients HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    b"POST /iamat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: 999999\r\n\r\nIAMAT",
    b"POST /iamat HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"
    b"\r\nSec-WebSocket-Key: " + KEY + b"\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # a TLS client
]


async def babble(servers: Servers, name: str, seconds: float, random: Random) -> None:
    """Send a server garbage, on connection after connection."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        port = random.choice([servers.tcp, servers.http])[name]
        try:
            async with _dialled(port) as writer:
                for _ in range(random.randint(1, 4)):
                    writer.write(random.choice([*GARBAGE, random.randbytes(random.choice([1, 100, 50_000]))]))
                    async with asyncio.timeout(DIAL_SECONDS):
                        await writer.drain()
                    await asyncio.sleep(random.uniform(0, 0.05))
                if random.random() < 0.3:
                    writer.write_eof()
        except (OSError, TimeoutError):
            await asyncio.sleep(0.1)  # it is down, or takes no more


async def crowd(servers: Servers, name: str, seconds: float, random: Random) -> None:
    """Come with many at once, say nothing or half a line, and leave all at once."""
    async with AsyncExitStack() as stack:
        for _ in range(CROWD):
            try:
                writer = await stack.enter_async_context(_dialled(random.choice([servers.tcp, servers.http])[name]))
            except (OSError, TimeoutError):
                break
            if random.random() < 0.5:
                writer.write(random.choice([b"IAMAT stran", b"GET /hea", b"HERD 1 "]))
        await asyncio.sleep(seconds)


async def watch_and_never_read(servers: Servers, name: str, seconds: float, random: Random) -> None:
    """Ask for the live feed, as a WebSocket or as events, and for all clients, and read nothing of it."""
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY
    wanted = [(b"/live", upgrade), (b"/live?format=binary", upgrade), (b"/events", b"A: b"), (b"/clients", b"A: b")]
    async with AsyncExitStack() as stack:
        for _ in range(VIEWERS):
            path, headers = random.choice(wanted)
            try:
                writer = await stack.enter_async_context(_dialled(servers.http[name]))
            except (OSError, TimeoutError):
                break
            writer.write(b"GET %b HTTP/1.1\r\nHost: %b\r\n%b\r\n\r\n" % (path, HOST.encode(), headers))
        await asyncio.sleep(seconds)


@asynccontextmanager
async def _dialled(port: int) -> AsyncIterator[asyncio.StreamWriter]:
    async with asyncio.timeout(DIAL_SECONDS):
        _, writer = await asyncio.open_connection(HOST, port)
    transport = writer.transport
    assert isinstance(transport, asyncio.Transport)
    try:
        transport.pause_reading()  # none of them ever reads
        yield writer
    finally:
        reset(writer)
