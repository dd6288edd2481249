"""What /metrics says of lines, refusals and searches for places, on a real server."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

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


async def test_refusals_have_few_reasons_whatever_is_said(home: Gateway) -> None:
    await home.tcp(b"".join(b"IAMAT %d +1+1 x%d\nNO%d\n" % (number, number, number) for number in range(200)))
    found = await counted(home)
    reasons = {label for name, label in found if name == "herd_refusals_total"}
    assert len(reasons) == 2
