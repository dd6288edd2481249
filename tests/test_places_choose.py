"""Every source by its name: asked where the settings say, and none of them loads aiohttp before it is asked."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from herd.places.careful import Spared
from herd.places.choose import open_places
from herd.places.provider import Provider, Unavailable
from herd.sections.places import PROVIDERS, PlacesSettings
from tests.sourcing import HERE, KEY, TEN, says, serving, world

ROOT = Path(__file__).parents[1]
EMPTY = {
    "google": b'{"results":[],"status":"ZERO_RESULTS"}',
    "google-new": b"{}",
    "overpass": b'{"elements":[]}',
}


@asynccontextmanager
async def opened(settings: PlacesSettings, spared: Spared) -> AsyncIterator[Provider]:
    async with world() as outside, open_places(settings, outside.means, spared) as places:
        yield places


async def test_the_source_called_none_says_what_to_set() -> None:
    async with opened(PlacesSettings("none", key=KEY), Spared()) as places:
        with pytest.raises(Unavailable, match=r"REQUEST_DENIED: no source of places is set: see \[places\]"):
            await places.nearby(HERE, TEN)


@pytest.mark.parametrize("name", ["google", "google-new"])
@pytest.mark.parametrize("key", [None, ""])
async def test_without_a_key_nobody_is_asked_and_the_answer_says_what_to_set(name: str, key: str | None) -> None:
    async with opened(PlacesSettings(name, "http://127.0.0.1:1/", key), Spared()) as places:
        for _ in range(2):
            with pytest.raises(Unavailable) as caught:
                await places.nearby(HERE, TEN)
            reason = "no key for Google Places is set: see [places] in herd.toml"
            assert (caught.value.status, caught.value.reason) == ("REQUEST_DENIED", reason)


async def test_without_any_setting_there_are_places_and_nobody_is_asked() -> None:
    async with opened(PlacesSettings(), Spared()) as places:
        assert b'"name" : "Westwood"' in await places.nearby(HERE, TEN)


@pytest.mark.parametrize("name", EMPTY)
async def test_a_source_far_away_is_asked_at_the_url_of_the_settings_and_once_for_the_same(name: str) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.headers["User-Agent"])
        return web.Response(body=EMPTY[name], content_type="application/json")

    spared = Spared()
    async with serving(handler) as url:
        settings = PlacesSettings(name, url, KEY, "mail@example.org")
        async with opened(settings, spared) as places:
            answers = {await places.nearby(HERE, TEN) for _ in range(3)}
    (answer,) = answers
    assert b"ZERO_RESULTS" in answer
    # Overpass is asked for a small circle, then for a large one.
    assert len(asked) == (2 if name == "overpass" else 1)
    assert asked[0] == ("herd/0.1.0 (mail@example.org)" if name == "overpass" else "herd/0.1.0")
    assert spared.remembered == 2


@pytest.mark.parametrize("name", EMPTY)
async def test_nothing_is_remembered_and_no_more_asked_than_the_settings_say(name: str) -> None:
    spared = Spared()
    async with serving(says(EMPTY[name])) as url:
        settings = PlacesSettings(name, url, KEY, per_minute=2, cache_seconds=0)
        async with opened(settings, spared) as places:
            for _ in range(2):
                await places.nearby(HERE, TEN)
            with pytest.raises(Unavailable, match="OVER_QUERY_LIMIT: this server makes at most 2 searches"):
                await places.nearby(HERE, TEN)
    assert spared == Spared(capped=1)


async def test_an_unknown_source_is_an_error() -> None:
    async with world() as outside:
        with pytest.raises(ValueError, match="yahoo"):
            async with open_places(PlacesSettings("yahoo"), outside.means, Spared()):
                pass


@pytest.mark.parametrize("name", PROVIDERS)
def test_choosing_a_source_does_not_load_aiohttp(name: str) -> None:
    program = """
import asyncio, sys
from random import Random
import herd.server
from herd.places.careful import Means, Spared
from herd.places.choose import open_places
from herd.sections.places import PlacesSettings
async def main():
    async with open_places(PlacesSettings(sys.argv[1], key="key"), Means(None, Random()), Spared()):
        print("aiohttp" in sys.modules)
asyncio.run(main())
"""
    command = [sys.executable, "-c", program, name]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout == "False\n"
