"""What the other servers of the herd say of themselves, asked over HTTP all at once, and once for all who ask."""

import asyncio
import json
import math
from functools import partial
from typing import NoReturn

from aiohttp import ClientError, ClientSession, DummyCookieJar

from herd.config import Address, Config
from herd.node import Node

SECONDS = 1.0  # for the whole answer of a server
FRESH_SECONDS = 1.0  # in which an answer serves whoever asks: a crowd of viewers costs the others no more than one
ANSWER_LIMIT = 1024 * 1024  # bytes
CHUNK = 64 * 1024

Said = dict[str, object]  # what a server says of itself, or {"error": why it does not}


class Others:
    """Asks every other server for its own view only; to ask for all would go round for ever. To be closed."""

    def __init__(self, node: Node, config: Config, patience: float = SECONDS, fresh: float = FRESH_SECONDS) -> None:
        self.patience = patience
        self.fresh = fresh
        self._node = node
        self._addresses = {name: server.http for name, server in config.servers.items() if name != node.name}
        self._session: ClientSession | None = None
        self._said: asyncio.Future[dict[str, Said]] | None = None  # by all of them, or about to be
        self._said_at = 0.0

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    async def ask(self) -> dict[str, Said]:
        """Return what each says, asked within the last second or now."""
        loop = asyncio.get_running_loop()
        if self._said is None or (self._said.done() and loop.time() - self._said_at >= self.fresh):
            self._said = loop.create_future()
            self._node.spawn("asking the other servers", partial(self._ask_all, self._said))
        return await asyncio.shield(self._said)  # one who leaves must not take it from the others

    async def _ask_all(self, said: asyncio.Future[dict[str, Said]]) -> None:
        found: dict[str, Said] = {name: {"error": "was not asked"} for name in self._addresses}
        # A session belongs to the loop it was made in, so it is not made before that runs.
        if self._session is None:
            self._session = ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False)
        try:
            async with asyncio.TaskGroup() as tasks:
                for name, address in self._addresses.items():
                    tasks.create_task(self._ask(self._session, name, address, found))
        finally:  # whatever broke, nobody waits for ever
            self._said_at = asyncio.get_running_loop().time()
            said.set_result(found)

    async def _ask(self, session: ClientSession, name: str, address: Address, found: dict[str, Said]) -> None:
        try:
            async with asyncio.timeout(self.patience):
                found[name] = _read(name, await self._get(session, address))
        except TimeoutError:
            found[name] = {"error": f"no answer in {self.patience:g} s"}
        except (ClientError, OSError):
            found[name] = {"error": "could not be reached, or broke off"}
        except ValueError as reason:
            found[name] = {"error": str(reason)}

    async def _get(self, session: ClientSession, address: Address) -> bytes:
        if not address.port:
            raise ValueError("the settings leave its HTTP port open, so nobody knows it")
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if (token := self._node.access.own) is not None:
            headers["Authorization"] = f"Bearer {token}"
        tls = self._node.tls
        url, trusted = (f"https://{address}/herd", tls.trusting) if tls else (f"http://{address}/herd", True)
        # A redirection is not followed: it might lead out of the herd.
        async with session.get(url, headers=headers, allow_redirects=False, ssl=trusted) as response:
            if response.status != 200:
                raise ValueError(f"answered with HTTP status {response.status}")
            body = bytearray()
            async for chunk in response.content.iter_chunked(CHUNK):
                body += chunk
                if len(body) > ANSWER_LIMIT:
                    raise ValueError(f"answered more than {ANSWER_LIMIT} bytes")
            return bytes(body)


def _read(name: str, body: bytes) -> Said:
    """Return what a server says; ValueError if it is anything that could not be said again as JSON."""
    try:
        said = json.loads(body, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ValueError("answered with something that is not JSON") from None
    if not isinstance(said, dict) or said.get("server") != name:
        raise ValueError("another server answers at its address")
    return said


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
