"""What /metrics says of lines, refusals and searches for places, on a real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port
from prometheus_client.parser import text_string_to_metric_families

from herd.commands import FAILED
from herd.config import Address, Config, Server
from herd.forgetcommand import forget
from tests.herding import HOST
from tests.webbing import Gateway, gateway

LINES = b"IAMAT kiwi +34.068930-118.445127 1520023934.918963997\nIAMAT kiwi +1+1 1\nwhat\nWHATSAT nobody 1 1\n\n"


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path) as running:
        yield running


async def counted(home: Gateway) -> dict[tuple[str, str], float]:
    """Return every counter, by name and the value of its one label."""
    text = (await home.get("/metrics")).body.decode()
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if len(sample.labels) < 2
    }


async def test_lines_and_refusals_are_counted_by_kind_however_they_come(home: Gateway) -> None:
    await home.tcp(LINES)
    await home.post("text/plain", LINES)
    await home.tell([{"client": "a", "location": "+1+1"}])
    await home.tcp(b"x" * 70_000 + b"\n")
    found = await counted(home)
    assert found["herd_commands_total", "IAMAT"] == 5
    assert found["herd_commands_total", "WHATSAT"] == 0
    assert found["herd_commands_total", "other"] == 5
    assert found["herd_refusals_total", "unknown client"] == 2
    assert found["herd_refusals_total", "too long, or with a newline"] == 1
    assert sum(value for (name, _), value in found.items() if name == "herd_refusals_total") == 5


async def test_searches_for_places_are_counted_by_how_they_ended(home: Gateway) -> None:
    await home.tcp(LINES + b"WHATSAT kiwi 10 5\n")
    home.places.fail("REQUEST_DENIED", "no")
    await home.tcp(b"WHATSAT kiwi 10 5\n")
    home.places.fail("WHATEVER", "a word of the source's own")
    assert json.loads((await home.get("/whatsat?client=kiwi")).body)["places"]["status"] == "WHATEVER"
    found = await counted(home)
    assert found["herd_commands_total", "WHATSAT"] == 3
    statuses = {label: value for (name, label), value in found.items() if name == "herd_places_searches_total"}
    assert statuses == {"OK": 1, "REQUEST_DENIED": 1, "other": 1}
    assert found["herd_places_seconds_count", ""] == found["herd_places_seconds_bucket", "+Inf"] == 3


async def test_searches_that_made_no_request_are_counted_by_why_not(home: Gateway) -> None:
    spared = home.server.node.counts.spared
    spared.remembered, spared.joined, spared.paused, spared.capped, spared.retried = 1, 2, 3, 4, 5
    found = await counted(home)
    why = {label: value for (name, label), value in found.items() if name == "herd_places_spared_total"}
    assert why == {"remembered": 1, "joined": 2, "paused": 3, "capped": 4}
    assert found["herd_places_retries_total", ""] == 5


async def test_who_is_gone_is_counted_by_why(home: Gateway) -> None:
    await home.tcp(LINES)
    assert (await home.ask("DELETE", "/clients/kiwi")).status == 204
    counts = home.server.node.counts
    counts.expired, counts.evicted = 2, 3
    home.server.node.store.acceptance.raise_floor(1_520_023_934_500_000_000)
    found = await counted(home)
    why = {label: value for (name, label), value in found.items() if name == "herd_clients_gone_total"}
    assert why == {"forgotten": 1, "expired": 2, "evicted": 3}
    assert (found["herd_clients", ""], found["herd_forgotten", ""]) == (0, 1)
    assert (found["herd_floor_seconds", ""], found["herd_clock_trusted", ""]) == (1_520_023_934.5, 0)


async def test_a_person_has_a_client_forgotten_and_hears_where_that_cannot_be(
    home: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Server("Home", Address(HOST, home.server.port), Address(HOST, home.port), ())
    config = Config({"Home": here, "Down": Server("Down", here.tcp, Address(HOST, unused_port()), ())})
    await home.tcp(b"IAMAT a/\xff% +1+1 1\n")
    assert await asyncio.to_thread(forget, config, "a/\udcff%", None) == 0
    assert not home.server.node.store.reports
    assert await asyncio.to_thread(forget, config, "a/\udcff%", "Home") == FAILED
    assert await asyncio.to_thread(forget, config, "kiwi", "Down") == FAILED
    said = capsys.readouterr()
    assert said.out == "a/\\udcff% is forgotten\n"
    assert said.err.startswith("Home refused: the herd does not know this client\nDown at 127.0.0.1:")


async def test_refusals_have_few_reasons_whatever_is_said(home: Gateway) -> None:
    await home.tcp(b"".join(b"IAMAT %d +1+1 x%d\nNO%d\n" % (number, number, number) for number in range(200)))
    found = await counted(home)
    reasons = {label for name, label in found if name == "herd_refusals_total"}
    assert len(reasons) == 2
