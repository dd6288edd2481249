"""How a server goes: answers in flight are finished, peers hear the last of it, viewers are sent away."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSMsgType

from herd import going
from herd.starter import GRACE
from tests.certificates import Authority
from tests.herding import HOST, Lines, free_ports, iamat, running, small_herd, talk, until, within
from tests.soloing import solo
from tests.webbing import Gateway, gateway
from web import leaving
from web.gateway import SHUTDOWN_SECONDS


async def test_every_report_that_was_answered_is_at_the_neighbours(tmp_path: Path) -> None:
    ports = dict(zip(("One", "Two"), free_ports(2), strict=True))
    herd = small_herd({"One": ["Two"], "Two": ["One"]}, ports)
    answered: list[bytes] = []
    async with running(herd, "Two", tmp_path) as two:
        async with running(herd, "One", tmp_path) as one, talk(one.port) as client:
            await until(lambda: two.links.hearings, "the link")
            sending = asyncio.create_task(_send_for_ever(client))
            answered += await client.lines(1000)
            one.going.begin()
            rest = await client.rest()
            sending.cancel()
            answered += rest.splitlines()
        assert rest.endswith(b"\n")  # the last answer is a whole one
        assert len(answered) > 1000
        for line in answered:
            assert line.startswith(b"AT One ")
            assert two.node.store.newest(line.split()[3]) == line


async def _send_for_ever(client: Lines) -> None:
    number = 0
    while True:
        client.send(*[iamat(b"c%d" % (number + i)) for i in range(100)])
        number += 100
        await client.writer.drain()
        await asyncio.sleep(0)  # drain() alone lets nobody else run, as long as the other end takes everything


async def test_the_peers_acknowledge_the_last_changes_before_a_server_ends(tmp_path: Path) -> None:
    ports = dict(zip(("One", "Two"), free_ports(2), strict=True))
    herd = small_herd({"One": ["Two"], "Two": ["One"]}, ports)
    async with running(herd, "Two", tmp_path) as two:
        async with running(herd, "One", tmp_path) as one, talk(one.port) as client:
            await until(lambda: one.links.tellings, "the link")
            telling = one.links.tellings["Two"]
            for start in range(0, 20_000, 1000):
                client.send(*[iamat(b"c%d" % number) for number in range(start, start + 1000)])
            await client.lines(20_000)
        assert telling.acknowledged == one.node.store.number
        assert len(two.node.store.reports) == 20_000


async def test_a_peer_that_is_gone_or_says_nothing_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(going, "LINK_SECONDS", 0.2)
    ports = dict(zip(("One", "Two"), free_ports(2), strict=True))
    herd = small_herd({"One": ["Two"], "Two": ["One"]}, ports)
    async with running(herd, "Two", tmp_path) as two, running(herd, "One", tmp_path) as one:
        await until(lambda: one.links.tellings and two.links.tellings, "the links")
        for link in (*one.links.tellings.values(), *two.links.tellings.values()):
            link.wire.take_all(lambda lines: None)  # no acknowledgement is heard
        async with talk(one.port) as client:
            await client.ask(iamat(b"kiwi"))


@asynccontextmanager
async def stuck(folder: Path) -> AsyncIterator[Gateway]:
    """Run a server whose source of places does not answer."""
    async with gateway(folder) as home:
        await home.tcp(iamat(b"kiwi") + b"\n")
        home.places.open.clear()
        yield home


async def test_who_waits_for_places_hears_that_the_server_is_stopping(tmp_path: Path) -> None:
    async with stuck(tmp_path) as home, talk(home.server.port) as client:
        client.send(*[b"WHATSAT kiwi 10 1"] * 10, iamat(b"emu"))
        asking = asyncio.create_task(home.get("/whatsat?client=kiwi"))
        await until(lambda: len(home.places.asked) == 9, "the searches")
        home.server.going.begin()
        said = await client.rest()
        assert said.count(b'"error_message" : "this server is stopping"') == 10
        assert said.count(b"AT Home") == 11
        assert b" emu " in said.splitlines()[-1]
        reply = await within(asking)
        assert reply.status == 200
        assert b"this server is stopping" in reply.body


async def test_places_that_come_in_time_are_answered(tmp_path: Path) -> None:
    async with stuck(tmp_path) as home, talk(home.server.port) as client:
        client.send(b"WHATSAT kiwi 10 1")
        await until(lambda: home.places.asked, "the search")
        home.server.going.begin()
        home.places.open.set()
        said = await client.rest()
        assert b'"status" : "OK"' in said
        assert said.endswith(b"\n\n")


async def test_a_torn_line_is_not_answered_and_a_quiet_client_sees_the_end(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home, talk(home.server.port) as torn, talk(home.server.port) as quiet:
        torn.writer.write(b"x\n" + iamat(b"torn"))
        assert await torn.line() == b"? x"
        await until(lambda: len(home.server.node.admission) == 2, "both")
        home.server.going.begin()
        assert await torn.rest() == b""
        assert await quiet.rest() == b""
        assert home.server.node.store.newest(b"torn") is None
        async with talk(home.port) as late:  # HTTP is still open, but nobody is let in
            assert await late.rest() == b""


async def test_a_client_that_goes_on_sending_still_gets_what_was_answered(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home, talk(home.server.port) as client:
        client.send(*[iamat(b"c%d" % number + b"x" * 900) for number in range(2000)])
        await client.line()
        home.server.going.begin()
        for _ in range(20):  # what now comes is not heard, and must not cost the answers
            client.send(*[b"y" * 1000] * 10)
            await asyncio.sleep(0)
        said = await client.rest()
        assert said.endswith(b"\n")
        assert b"? y" not in said.splitlines()[0]


async def test_viewers_and_websockets_are_closed_with_1001_once_they_have_their_answers(tmp_path: Path) -> None:
    async with (
        stuck(tmp_path) as home,
        home.session.ws_connect(f"{home.url}/live") as live,
        home.session.ws_connect(f"{home.url}/ws") as lines,
    ):
        await within(live.receive())
        await lines.send_str("WHATSAT kiwi 10 1")
        await until(lambda: home.places.asked, "the search")
        home.server.going.begin()
        going_away = asyncio.create_task(leaving.leave(home.runner.app))
        last = await within(live.receive())
        assert (last.type, live.close_code) == (WSMsgType.CLOSE, 1001)
        assert "this server is stopping" in await within(lines.receive_str())
        last = await within(lines.receive())
        assert (last.type, lines.close_code) == (WSMsgType.CLOSE, 1001)
        await within(going_away)


async def test_over_tls_answers_in_flight_are_finished_too(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = authority.issue("ours")
    async with gateway(tmp_path, change=lambda config: replace(config, tls=tls)) as home:
        opened = asyncio.open_connection(HOST, home.server.port, ssl=authority.trusted(), limit=2**22)
        client = Lines(*await within(opened))
        client.send(iamat(b"kiwi"))
        await client.line()
        home.places.open.clear()
        client.send(b"WHATSAT kiwi 10 1")
        await until(lambda: home.places.asked, "the search")
        home.server.going.begin()
        assert b"this server is stopping" in await client.rest()
        client.writer.transport.abort()


# As a process


def test_all_steps_of_an_end_are_done_before_the_starter_loses_its_patience() -> None:
    assert min(going.ANSWER_SECONDS, leaving.SECONDS) > going.SEARCH_SECONDS
    answers = max(going.ANSWER_SECONDS, leaving.SECONDS + 2 * SHUTDOWN_SECONDS)
    assert answers + going.LINK_SECONDS + 0.5 <= GRACE < 5  # half a second for the journal, and for Python


async def test_sigterm_ends_a_busy_server_in_order(tmp_path: Path) -> None:
    async with solo(tmp_path, '[places]\nprovider = "none"\n') as home, ClientSession() as session:
        async with talk(home.tcp) as client, session.ws_connect(f"http://{HOST}:{home.http}/live") as live:
            await within(live.receive())
            sending = asyncio.create_task(_send_for_ever(client))
            await client.lines(1000)
            reading = asyncio.create_task(client.rest())
            home.tell(signal.SIGTERM)
            while (message := await within(live.receive())).type is not WSMsgType.CLOSE:
                assert message.type is WSMsgType.TEXT
            assert live.close_code == 1001
            assert (await reading).endswith(b"\n")
            sending.cancel()
            assert await home.ended() == 0
        assert home.logged().rstrip().endswith("Home stopped")


async def test_a_second_sigterm_ends_a_server_at_once(tmp_path: Path) -> None:
    async with solo(tmp_path) as home, talk(home.tcp) as deaf:
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
        deaf.send(*[b"x" * 60_000] * 400)
        await until(lambda: "opened" in home.logged(), "the connection")
        home.tell(signal.SIGTERM)
        await until(lambda: _refuses(home.tcp), "the port to close")
        home.tell(signal.SIGTERM)
        assert await home.ended() == -signal.SIGTERM


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0
