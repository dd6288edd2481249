"""A whole server whose source of places is far away: what its clients get, and whom a bad source delays."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from herd.sections.places import PlacesSettings
from herd.server import RunningServer
from tests.herding import iamat, running, small_herd, talk, until
from tests.sourcing import KEY, Handler, Holding, says, serving

ANSWER = (
    '{\n   "html_attributions" : [],\n   "results" : [\n\n\n'
    '      { "name" : "Caf\u00e9", "rating" : 4.50 },\n      { "name" : "Bar" }\n   ],\n   "status" : "OK"\n}\n\n'
).encode()


@asynccontextmanager
async def server(handler: Handler, folder: Path, name: str = "google") -> AsyncIterator[RunningServer]:
    """Run a server that asks a stub."""
    async with serving(handler) as url:
        config = replace(small_herd({"Home": ()}, {}), places=PlacesSettings(name, url, KEY))
        async with running(config, "Home", folder) as home:
            yield home


async def ask(home: RunningServer, *lines: bytes) -> list[bytes]:
    """Tell a server where kiwi is, ask it, and return the lines of the answer behind the AT line."""
    async with talk(home.port) as client:
        client.send(iamat(b"kiwi"), *lines)
        await client.line()
        return (await client.answer())[1:]


async def test_googles_text_comes_through_to_the_byte_also_from_the_cache(tmp_path: Path) -> None:
    async with server(says(ANSWER), tmp_path) as home:
        for _ in range(2):
            assert b"\n".join(await ask(home, b"WHATSAT kiwi 10 1")).decode() == (
                '{\n   "html_attributions" : [],\n   "results" : [\n'
                '      { "name" : "Caf\u00e9", "rating" : 4.50 }\n   ],\n   "status" : "OK"\n}'
            )
        assert home.node.counts.spared.remembered == 1
        assert home.node.counts.searches.statuses == {"OK": 2}


REFUSALS: Mapping[str, tuple[bytes, int]] = {
    "google": (
        b'{"error_message":"The key AIza-Secret_of/Herd is bad","results":[],"status":"REQUEST_DENIED"}',
        200,
    ),
    "google-new": (b'{"error":{"message":"The key AIza-Secret_of/Herd is bad","status":"X"}}', 403),
    "overpass": (b"<html>AIza-Secret_of/Herd</html>", 406),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_denial_is_an_answer_and_is_counted_and_the_key_stands_nowhere(name: str, tmp_path: Path) -> None:
    body, status = REFUSALS[name]
    async with server(says(body, status), tmp_path, name) as home:
        answer = b"\n".join(await ask(home, b"WHATSAT kiwi 10 5"))
        again = b"\n".join(await ask(home, b"WHATSAT kiwi 10 5"))
        assert home.node.counts.searches.statuses == {"REQUEST_DENIED": 2}
        assert home.node.counts.spared.paused == 1
    assert b"REQUEST_DENIED" in answer
    assert b"asked again in 30 s" in again
    log = (tmp_path / "Home.log").read_bytes()
    assert b"Secret_of" not in answer + again + log


async def test_a_source_that_hangs_delays_nobody_on_other_connections(tmp_path: Path) -> None:
    source = Holding(ANSWER)
    async with server(source.handler, tmp_path) as home, talk(home.port) as slow, talk(home.port) as other:
        await slow.ask(iamat(b"kiwi"))
        slow.send(b"WHATSAT kiwi 10 1", iamat(b"behind"))
        await until(lambda: source.asked, "the search")
        for number in range(100):
            assert (await other.ask(iamat(b"other%d" % number))).startswith(b"AT Home ")
        assert await other.ask(b"WHATSAT nobody 1 1") == b"? WHATSAT nobody 1 1"
        assert home.node.store.newest(b"behind")  # carried out; its answer waits for its turn
        source.free.set()
        assert len(await slow.answer()) > 1
        assert (await slow.line()).startswith(b"AT Home ")


async def test_what_waits_behind_a_search_waits_no_longer_than_the_time_out(tmp_path: Path) -> None:
    source = Holding(ANSWER)
    async with server(source.handler, tmp_path) as home, talk(home.port) as client:
        await client.ask(iamat(b"kiwi"))
        client.send(b"WHATSAT kiwi 10 1", iamat(b"behind"))
        answer = await client.answer()
        assert b"did not answer within 5 seconds" in b"\n".join(answer)
        assert (await client.line()).startswith(b"AT Home ")
        source.free.set()


async def test_many_clients_who_ask_the_same_make_one_request_also_when_some_hang_up(tmp_path: Path) -> None:
    source = Holding(ANSWER)
    async with server(source.handler, tmp_path) as home, talk(home.port) as first, talk(home.port) as second:
        await first.ask(iamat(b"kiwi"))
        first.send(b"WHATSAT kiwi 10 1")
        await until(lambda: source.asked, "the search")
        second.send(b"WHATSAT kiwi 10 2")
        await until(lambda: home.node.counts.spared.joined == 1, "the second")
        first.reset()
        await until(lambda: len(home.node.admission) == 1, "the first's end")
        source.free.set()
        assert b"Bar" in b"\n".join(await second.answer())
    assert len(source.asked) == 1


async def test_a_server_ends_while_its_source_hangs(tmp_path: Path) -> None:
    asked, free = [], asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        await free.wait()
        return web.Response()

    async with serving(handler) as url:
        config = replace(small_herd({"Home": ()}, {}), places=PlacesSettings("google", url, KEY))
        async with running(config, "Home", tmp_path) as home, talk(home.port) as client:
            client.send(iamat(b"kiwi"), b"WHATSAT kiwi 10 1")
            await until(lambda: asked, "the search")
        free.set()
