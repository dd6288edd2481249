"""What the tests of the web gateway share: one real server with its gateway, and ways to ask it."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web

from herd.config import Address, Config
from herd.journal.disk import Disk
from herd.messages import SECOND
from herd.places.provider import Unavailable
from herd.position import Position
from herd.sections.limits import LimitsSettings
from herd.sections.web import WebSettings
from herd.server import RunningServer
from tests.herding import HOST, running, small_herd, talk, within
from web.app import make_app
from web.bodies import PATIENCE
from web.door import Site
from web.quick.lane import Lane

NOW = 1_520_023_935 * SECOND  # what every server's clock shows
PLACES = """{
   "html_attributions" : [],
   "results" : [ {"name" : "Café", "x" : 1.50}, 2 ],
   "status" : "OK"
}

"""


class Places:
    """A source of places that answers when the test lets it."""

    def __init__(self) -> None:
        self.text = PLACES.encode()
        self.fails: Exception | None = None
        self.asked: list[tuple[Position, Decimal]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        """Be a Provider."""
        self.asked.append((position, radius))
        await self.open.wait()
        if self.fails:
            raise self.fails
        return self.text

    def fail(self, status: str, reason: str) -> None:
        """Have nothing from now on."""
        self.fails = Unavailable(status, reason)


@dataclass
class Reply:
    """An answer over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """Its content type."""
        return self.headers["Content-Type"]

    @property
    def json(self) -> Any:
        """What it says in JSON."""
        return json.loads(self.body)


@dataclass
class Gateway:
    """A server called Home, its gateway, and a client's way to both."""

    server: RunningServer
    places: Places
    session: ClientSession
    runner: web.AppRunner
    log: Path

    @property
    def port(self) -> int:
        """Return the port of HTTP."""
        return int(self.runner.addresses[0][1])

    @property
    def url(self) -> str:
        """Where HTTP is spoken."""
        return f"http://{HOST}:{self.port}"

    async def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """Ask, with headers as words: `Content_Type="text/plain"`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body and io.BytesIO(body)  # aiohttp warns of large bytes
        async with self.session.request(
            method,
            self.url + path,
            data=data,
            headers=named,
            skip_auto_headers=["Content-Type"],
            allow_redirects=False,
        ) as response:
            return Reply(response.status, dict(response.headers), await within(response.read()))

    async def get(self, path: str, **headers: str) -> Reply:
        """GET a path."""
        return await self.ask("GET", path, None, **headers)

    async def post(self, kind: str, body: bytes, **headers: str) -> Reply:
        """POST to /iamat."""
        return await self.ask("POST", "/iamat", body, Content_Type=kind, **headers)

    async def tell(self, report: object, **headers: str) -> Reply:
        """POST JSON to /iamat."""
        return await self.post("application/json", json.dumps(report).encode(), **headers)

    async def raw(self, request: bytes) -> bytes:
        """Send bytes, and return all that comes until the server closes."""
        async with talk(self.port) as client:
            client.writer.write(request)
            return await client.rest()

    async def tcp(self, lines: bytes) -> bytes:
        """Say lines on the TCP port as `nc -N` does, and return the whole answer."""
        async with talk(self.server.port) as client:
            client.writer.write(lines)
            client.writer.write_eof()
            return await client.rest()


@asynccontextmanager
async def gateway(
    folder: Path,
    hosts: Iterable[str] = (),
    patience: float | None = None,
    routes: Iterable[web.AbstractRouteDef] = (),
    *,
    cors: Iterable[str] = (),
    limits: LimitsSettings | None = None,
    change: Callable[[Config], Config] = lambda config: config,
    disk: Disk | None = None,
    lane: Callable[[web.Application], Lane | None] = Lane,
) -> AsyncIterator[Gateway]:
    """Run a server and its gateway in this process; nothing may have met a defect when they end."""
    config = replace(
        small_herd({"Home": ()}, {}), web=WebSettings(frozenset(cors)), limits=limits or LimitsSettings()
    )
    async with running(change(config), "Home", folder, disk) as server:
        server.node.clock = lambda: NOW
        server.node.places = places = Places()
        app = make_app(server, hosts)
        app.add_routes(routes)
        if patience is not None:
            app[PATIENCE] = patience
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        site = Site(runner, server.node, Address(HOST, 0), lane(app))
        try:
            await site.start()
            async with ClientSession(cookie_jar=DummyCookieJar()) as session:
                yield Gateway(server, places, session, runner, folder / "Home.log")
        finally:
            await runner.cleanup()
