"""Bounds of connections: how many in all and of one address, how long without a stir; others are served."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from herd.admission import Admission
from herd.guard import Guard
from herd.sections.limits import LimitsSettings
from herd.server import RunningServer
from herd.visitor import Visitor
from tests.herding import HOST, Lines, iamat, running, small_herd, talk, until, within
from tests.webbing import gateway

STORM = 500
IDLE = LimitsSettings(idle=1)


@asynccontextmanager
async def served(folder: Path, limits: LimitsSettings) -> AsyncIterator[RunningServer]:
    """Run a server with limits."""
    config = replace(small_herd({"Home": ()}, {}), limits=limits)
    async with running(config, "Home", folder) as server:
        yield server


class FarEnd(asyncio.Transport):
    """A transport from an address that loopback cannot have."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 1)})


def admission(**limits: Any) -> Admission:
    return Admission(lambda: LimitsSettings(**limits), lambda connection, text: None, Guard())


def enters(doorkeeper: Admission, address: str) -> Visitor | None:
    end = FarEnd(address)
    if doorkeeper.refuses(end):
        return None
    visitor = Visitor()
    doorkeeper.enter(visitor, end, "tcp")
    return visitor


# How many


def test_an_address_has_so_many_connections_and_others_have_theirs() -> None:
    doorkeeper = admission(connections_per_address=2)
    first, second, third = (enters(doorkeeper, "192.0.2.1") for _ in range(3))
    assert first
    assert second
    assert third is None
    assert enters(doorkeeper, "192.0.2.2")
    doorkeeper.leave(first)
    doorkeeper.leave(first)  # has left already
    assert enters(doorkeeper, "192.0.2.1")
    assert enters(doorkeeper, "192.0.2.1") is None
    assert doorkeeper.refused == {"connections_per_address": 2}


def test_an_ipv6_customer_is_one_address_and_loopback_is_none() -> None:
    doorkeeper = admission(connections_per_address=1)
    assert enters(doorkeeper, "2001:db8::1")
    assert enters(doorkeeper, "2001:db8::2") is None
    assert enters(doorkeeper, "2001:db8:0:1::1")
    for address in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1") * 2:
        assert enters(doorkeeper, address)


def test_what_is_known_of_addresses_goes_with_their_connections() -> None:
    doorkeeper = admission()
    visitors = [enters(doorkeeper, f"192.0.2.{number}") for number in range(200)]
    for visitor in visitors:
        assert visitor
        doorkeeper.leave(visitor)
    assert len(doorkeeper) == 0
    assert not doorkeeper._by_network


async def test_beyond_the_number_of_all_nobody_comes_in_until_somebody_leaves(tmp_path: Path) -> None:
    async with served(tmp_path, LimitsSettings(connections=2)) as home, talk(home.port) as first:
        assert await first.ask(b"x") == b"? x"
        async with talk(home.port) as second:
            assert await second.ask(b"x") == b"? x"
            async with talk(home.port) as third:
                assert await third.rest() == b""
            assert home.node.admission.refused == {"connections": 1}
            assert await second.ask(b"y") == b"? y"
        await until(lambda: len(home.node.admission) == 1, "the second's end")
        async with talk(home.port) as later:
            assert await later.ask(b"z") == b"? z"


async def test_connections_of_tcp_and_http_count_alike(tmp_path: Path) -> None:
    async with gateway(tmp_path, limits=LimitsSettings(connections=2)) as home, talk(home.server.port) as client:
        assert await client.ask(b"x") == b"? x"
        assert (await home.get("/healthz")).status == 200  # and the connection is kept
        async with talk(home.port) as late:
            assert await late.rest() == b""
        async with talk(home.server.port) as late:
            assert await late.rest() == b""
        metrics = (await home.get("/metrics")).body.decode()
        assert 'herd_connections_refused_total{limit="connections"} 2.0' in metrics
        assert 'herd_connections{door="tcp"} 1.0' in metrics
        assert 'herd_connections{door="http"} 1.0' in metrics
        assert 'herd_limit{limit="connections"} 2.0' in metrics


async def test_a_link_counts_as_no_client_once_it_is_proven(tmp_path: Path) -> None:
    herd = small_herd({"One": ["Two"], "Two": ["One"]}, {"One": 0, "Two": 0})
    async with running(herd, "One", tmp_path) as one:
        servers = {**herd.servers, "One": replace(herd.servers["One"], tcp=herd.servers["One"].tcp)}
        address = replace(servers["One"].tcp, port=one.port)
        servers["One"] = replace(servers["One"], tcp=address)
        async with running(replace(herd, servers=servers), "Two", tmp_path):
            await until(lambda: one.links.hearings, "the link")
            assert len(one.node.admission) == 0


async def test_a_stranger_that_says_hello_counts_until_it_is_sent_away(tmp_path: Path) -> None:
    herd = small_herd({"One": ["Two"], "Two": ["One"]}, {})
    async with running(herd, "One", tmp_path) as one, talk(one.port) as stranger:
        stranger.send(b"HERD 1 Two %b One %b" % (b"a" * 16, b"b" * 32))
        await stranger.line()
        assert len(one.node.admission) == 1
        stranger.send(b"PROVE " + b"0" * 64)
        assert await stranger.rest() == b""
        await until(lambda: len(one.node.admission) == 0, "the stranger's end")


# How long


async def stays_served(client: Lines) -> None:
    """Ask until the end of time, with pauses that are no idleness."""
    while True:
        assert await client.ask(b"x") == b"? x"
        await asyncio.sleep(0.2)


async def test_a_connection_without_a_whole_line_is_closed_and_one_that_talks_stays(tmp_path: Path) -> None:
    async with served(tmp_path, IDLE) as home, talk(home.port) as silent, talk(home.port) as busy:
        talking = asyncio.create_task(stays_served(busy))
        assert await silent.rest() == b""
        assert home.node.admission.idle == 1
        assert not talking.done()
        talking.cancel()
    assert "closed: idle for 1 s" in (tmp_path / "Home.log").read_text()


async def test_a_line_that_comes_by_the_byte_and_never_ends_is_no_stir(tmp_path: Path) -> None:
    async with served(tmp_path, IDLE) as home, talk(home.port) as slow:

        async def dribble() -> None:
            while True:
                slow.writer.write(b"I")
                await asyncio.sleep(0.1)

        dribbling = asyncio.create_task(dribble())
        assert await slow.rest() == b""
        dribbling.cancel()
        assert home.node.admission.idle == 1


async def test_a_client_that_takes_no_answers_is_closed(tmp_path: Path) -> None:
    async with served(tmp_path, IDLE) as home, talk(home.port) as deaf, talk(home.port) as other:
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
        deaf.send(*[b"x" * 60_000] * 400)
        await until(lambda: sum(visitor.unsent for visitor in home.node.admission.at("tcp")), "answers that wait")
        talking = asyncio.create_task(stays_served(other))
        await until(lambda: home.node.admission.idle == 1, "its end")
        assert not talking.done()
        talking.cancel()


async def test_whoever_waits_for_places_or_reads_slowly_is_not_idle() -> None:
    class Slow(Visitor):
        waiting = 0

        @property
        def unsent(self) -> int:
            return self.waiting

    slow = Slow()
    seen = []
    for slow.waiting in (0, 500, 400, 400, 300):
        seen.append(slow.stirs())
    assert seen == [True, False, True, False, True]


async def test_an_http_client_that_takes_no_answer_is_closed(tmp_path: Path) -> None:
    async with gateway(tmp_path, limits=IDLE) as home:
        async with talk(home.server.port) as client:
            client.send(*[iamat(b"c%04d" % number + b"x" * 900) for number in range(6000)])
            await client.lines(6000)
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(deaf, (HOST, home.port))
            await loop.sock_sendall(deaf, b"GET /clients HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3)
            await until(lambda: home.server.node.admission.idle == 1, "its end")
        assert (await home.get("/healthz")).status == 200


async def test_headers_that_come_by_the_byte_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.app.KEEPALIVE_SECONDS", 0.5)  # which aiohttp takes for them, too
    async with gateway(tmp_path) as home, talk(home.port) as slow:
        slow.writer.write(b"GET /healthz HTTP/1.1\r\n")

        async def dribble() -> None:
            for number in range(10_000):
                slow.writer.write(b"X-%d: y\r\n" % number)
                await asyncio.sleep(0.1)

        dribbling = asyncio.create_task(dribble())
        assert await slow.rest() == b""
        dribbling.cancel()


# Storms


async def test_in_a_storm_of_connections_others_are_answered(tmp_path: Path) -> None:
    async with served(tmp_path, LimitsSettings(connections=200)) as home, talk(home.port) as client:
        assert await client.ask(b"x") == b"? x"
        async with AsyncExitStack() as stack:
            storm = [asyncio.create_task(stack.enter_async_context(talk(home.port))) for _ in range(STORM)]
            for number in range(50):
                assert await client.ask(iamat(b"c%d" % number)) != b""
            came = await within(asyncio.gather(*storm))
            kept = []
            for one in came:
                one.send(b"y")
                with suppress(ConnectionError):
                    kept.append(await one.line())
            assert kept == [b"? y"] * 199
        assert home.node.admission.refused == {"connections": STORM - 199}


async def test_in_a_flood_of_new_ids_others_are_answered(tmp_path: Path) -> None:
    async with served(tmp_path, LimitsSettings()) as home, talk(home.port) as flood, talk(home.port) as client:
        for start in range(0, 50_000, 1000):
            flood.send(*[iamat(b"id%d" % number) for number in range(start, start + 1000)])
        for number in range(20):
            assert (await client.ask(iamat(b"c%d" % number))).startswith(b"AT Home ")
        await within(flood.lines(50_000))
        assert len(home.node.store.reports) == 50_020


async def test_resets_in_the_middle_leave_no_trace(tmp_path: Path) -> None:
    async with served(tmp_path, LimitsSettings()) as home, talk(home.port) as client:
        for _ in range(100):
            with socket.socket() as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.setblocking(False)
                await asyncio.get_running_loop().sock_connect(sock, (HOST, home.port))
        assert await client.ask(b"x") == b"? x"
        await until(lambda: len(home.node.admission) == 1, "their end")
