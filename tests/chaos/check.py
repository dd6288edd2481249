"""Reads what every server believes and how it is, and waits until all of it is as it must be."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.chaos.proxy import HOST
from tests.chaos.record import Record, shown
from tests.chaos.servers import Servers
from tests.herding import PEERS

# From healing: 6 s for a dead link to be noticed, 30 s for a repair; the rest is a slow machine.
AGREE_SECONDS = 120.0
LOOK_SECONDS = 0.25  # between two looks
ASK_SECONDS = 30.0
TOLD = 5  # differences that are told in full

Beliefs = dict[str, dict[bytes, bytes]]  # by server: every client's AT line


class Disagree(Exception):
    """What servers believe is wrong, after all the time they had."""


async def read_all(servers: Servers) -> Beliefs:
    """Ask every server for everyone; ClientError, OSError or TimeoutError if one does not answer."""
    async with ClientSession(timeout=ClientTimeout(total=ASK_SECONDS)) as session:
        return {name: await _read(session, servers.http[name]) for name in PEERS}


async def _read(session: ClientSession, port: int) -> dict[bytes, bytes]:
    async with session.get(f"http://{HOST}:{port}/clients") as response:
        response.raise_for_status()
        text = await response.read()
    lines = [
        feature["properties"]["at"].encode("utf-8", "surrogateescape") for feature in json.loads(text)["features"]
    ]
    return {line.split(b" ")[3]: line for line in lines}


def troubles(record: Record, beliefs: Beliefs) -> Iterator[str]:
    """Yield what is wrong: an answered report that is lost, one that nobody said, servers that differ."""
    for name, lines in beliefs.items():
        for client, trouble in record.troubles(lines):
            yield f"{name}, client {shown(client)}: {trouble}"
    (first, lines), *others = beliefs.items()
    for name, other in others:
        if other != lines:
            for client in sorted(lines.keys() | other.keys()):
                if lines.get(client) != other.get(client):
                    own, theirs = shown(lines.get(client)), shown(other.get(client))
                    yield f"client {shown(client)}: {first} says {own}, {name} {theirs}"


async def until_all_agree(servers: Servers, record: Record, bound: float = AGREE_SECONDS) -> float:
    """Wait until every server believes what it must, and all the same; return the seconds that took.

    Disagree, with what differs, if that takes longer than `bound`.
    """

    async def look() -> list[str]:
        return [*troubles(record, await read_all(servers))]

    return await _until_nothing_is_wrong(servers, look, bound)


async def until_silence_is_noticed(servers: Servers) -> None:
    """Wait until servers have given up every link that they dialled and that is half open."""

    async def look() -> list[str]:
        links = [lane for (who, _), lane in servers.lanes.items() if who in PEERS]
        return [f"{lane.name}: {lane.unnoticed} half open, and not noticed" for lane in links if lane.unnoticed]

    await _until_nothing_is_wrong(servers, look, AGREE_SECONDS)


async def until_all_is_calm(servers: Servers) -> float:
    """Wait until every link is up both ways, nobody who left is still counted, and no defect was met."""

    async def look() -> list[str]:
        async with ClientSession(timeout=ClientTimeout(total=ASK_SECONDS)) as session:
            return [
                trouble for name in PEERS for trouble in unrest(name, await _scrape(session, servers.http[name]))
            ]

    return await _until_nothing_is_wrong(servers, look, AGREE_SECONDS)


def unrest(name: str, metrics: str) -> Iterator[str]:
    """Yield what in a server's metrics is not as it is once everyone has left."""
    values = dict(re.findall(r"^(herd_[^ ]+) ([^ \n]+)$", metrics, re.MULTILINE))
    peers = {*PEERS[name], *(other for other, peers in PEERS.items() if name in peers)}
    wanted = {f'herd_link_{what}{{peer="{peer}"}}': 1.0 for peer in sorted(peers) for what in ("up", "heard")}
    wanted |= {'herd_connections{door="tcp"}': 0.0, 'herd_viewers{of="feed"}': 0.0, "herd_defects_total": 0.0}
    for what, value in wanted.items():
        if float(values.get(what, "nan")) != value:
            yield f"{name}: {what} is {values.get(what)}, not {value}"


async def _scrape(session: ClientSession, port: int) -> str:
    async with session.get(f"http://{HOST}:{port}/metrics") as response:
        response.raise_for_status()
        return await response.text()


async def _until_nothing_is_wrong(
    servers: Servers, look: Callable[[], Awaitable[list[str]]], bound: float
) -> float:
    began = time.monotonic()
    while True:
        servers.check()
        try:
            found = await look()
        except (ClientError, OSError, TimeoutError) as error:
            found = [f"a server does not answer: {error!r}"]
        if not found:
            return time.monotonic() - began
        if time.monotonic() - began > bound:
            more = f"\n... and {len(found) - TOLD} more" if len(found) > TOLD else ""
            raise Disagree(f"after {bound:.0f} s still:\n" + "\n".join(found[:TOLD]) + more)
        await asyncio.sleep(LOOK_SECONDS)
