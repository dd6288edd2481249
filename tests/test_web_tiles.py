"""Tiles: which settings name any, what an MBTiles file gives, and what the page's policy lets in."""

import json
import re
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from herd.config import Config, ConfigError, load
from herd.sections.map import MapSettings
from tests.webbing import Gateway, gateway

PNG, JPEG, WEBP = b"\x89PNG\r\n\x1a\n...", b"\xff\xd8\xff\xe0...", b"RIFF....WEBP"
OSM = "https://tile.example:8443/osm/{z}/{x}/{y}.png?key=k"


def make_file(path: Path, tiles: Mapping[tuple[int, int, int], object], **metadata: str) -> Path:
    """Write an MBTiles file; its rows count from the south."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE metadata (name text, value text)")
        file.execute(
            "CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)"
        )
        file.executemany("INSERT INTO metadata VALUES (?, ?)", metadata.items())
        file.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", [(*at, tile) for at, tile in tiles.items()])
    return path


def config_of(tmp_path: Path, section: str) -> Config:
    path = tmp_path / "herd.toml"
    path.write_text(f"[map]\n{section}\n")
    return load(path, {})


@asynccontextmanager
async def gateway_of(tmp_path: Path, settings: MapSettings) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path, change=lambda config: replace(config, map=settings)) as home:
        yield home


async def told(home: Gateway) -> object:
    """Return what the page is told of tiles."""
    found = re.search(r'id="settings">(.*?)</script>', (await home.get("/")).body.decode())
    assert found
    return json.loads(found[1])["tiles"]


async def images_let_in(home: Gateway, path: str = "/") -> list[str]:
    policy = (await home.get(path)).headers["Content-Security-Policy"]
    return next(part.split()[1:] for part in policy.split(";") if part.strip().startswith("img-src"))


# ---- settings


def test_a_url_of_tiles_and_whose_they_are(tmp_path: Path) -> None:
    settings = config_of(tmp_path, f'tiles = "{OSM}"\nattribution = "© those who drew it"').map
    assert settings == MapSettings(url=OSM, attribution="© those who drew it")
    assert settings.origin == "https://tile.example:8443"


def test_a_file_lies_beside_the_settings(tmp_path: Path) -> None:
    path = make_file(tmp_path / "my map.mbtiles", {}, format="png")
    assert config_of(tmp_path, 'tiles = "my map.mbtiles"').map == MapSettings(file=path)


def test_without_a_word_there_are_no_tiles(tmp_path: Path) -> None:
    assert load(None, {}).map == config_of(tmp_path, "").map == MapSettings()


@pytest.mark.parametrize(
    "url",
    [
        "https://tile.example/{z}/{x}.png",
        "https://tile.example/{z}/{x}/{y}/{s}.png",
        "https://{s}.tile.example/{z}/{x}/{y}.png",
        "https://me:secret@tile.example/{z}/{x}/{y}.png",
        "https://tile.example;script-src/{z}/{x}/{y}.png",
        "http://[::1]:8080/{z}/{x}/{y}.png",
        "https://*/{z}/{x}/{y}.png",
        "https://tile.example:99999/{z}/{x}/{y}.png",
        "https:///{z}/{x}/{y}.png",
        "https://tile.example/{z}/{x}/{y}.png#part",
        "https://tile.example/a b/{z}/{x}/{y}.png",
        "https://tile.example/{{z}}/{x}/{y}.png",
        "ftp://tile.example/{z}/{x}/{y}.png",
        "javascript:alert(1)//{z}{x}{y}",
        "//tile.example/{z}/{x}/{y}.png",
        "/tiles/{z}/{x}/{y}",
        "https://tile.example/{z}/{x}/{y}\\u0007",
        "map.mbtile",
        "",
    ],
)
def test_other_urls_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"map\.tiles: expected an http:// or https:// URL with \{z\}"):
        config_of(tmp_path, f'tiles = "{url}"')


def test_a_file_that_is_not_of_images_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "text.mbtiles").write_text("not SQLite, but long enough to be looked at: " + 100 * "x")
    make_file(tmp_path / "vector.mbtiles", {}, format="pbf")
    with closing(sqlite3.connect(tmp_path / "other.mbtiles")) as file, file:
        file.execute("CREATE TABLE x (y)")
    for name, reason in {
        "none": "no such file",
        "text": "file is not a database",
        "vector": "its tiles are 'pbf'",
        "other": "no such table: tiles",
    }.items():
        with pytest.raises(ConfigError, match=rf"map\.tiles: .*{name}\.mbtiles: {reason}"):
            config_of(tmp_path, f'tiles = "{name}.mbtiles"')


@pytest.mark.parametrize("said", ['""', "3", '"a\\nb"', f'"{301 * "x"}"'])
def test_an_attribution_is_a_short_text(tmp_path: Path, said: str) -> None:
    with pytest.raises(ConfigError, match=r"map\.attribution: expected a text"):
        config_of(tmp_path, f"attribution = {said}")


# ---- an MBTiles file


async def test_tiles_are_counted_from_the_north_and_of_the_type_that_they_are(tmp_path: Path) -> None:
    path = make_file(tmp_path / "t.mbtiles", {(0, 0, 0): PNG, (2, 1, 3): JPEG, (2, 1, 0): WEBP})
    async with gateway_of(tmp_path, MapSettings(file=path)) as home:
        for place, tile, kind in [("0/0/0", PNG, "png"), ("2/1/0", JPEG, "jpeg"), ("2/1/3", WEBP, "webp")]:
            reply = await home.get(f"/tiles/{place}")
            assert (reply.status, reply.body, reply.kind) == (200, tile, f"image/{kind}")
            assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_what_is_no_tile_is_not_found(tmp_path: Path) -> None:
    strange = {
        (3, 0, 7): b"<svg onload=alert(1)>",
        (3, 1, 7): "text",
        (3, 2, 7): None,
        (3, 3, 7): PNG + bytes(2**21),
    }
    path = make_file(tmp_path / "t.mbtiles", {(0, 0, 0): PNG, **strange})
    async with gateway_of(tmp_path, MapSettings(file=path)) as home:
        paths = [
            "1/0/0",
            "0/1/0",
            "0/0/1",
            "25/0/0",
            "99/0/0",
            "1/99999999/0",
            "0/0",
            "0/0/-1",
            "0/0/0.png",
            "a/0/0",
        ]
        for place in [*paths, "3/0/0", "3/1/0", "3/2/0", "3/3/0"]:
            assert (await home.get(f"/tiles/{place}")).status == 404, place


async def test_a_tile_is_kept_for_good_under_the_url_that_the_page_uses(tmp_path: Path) -> None:
    path = make_file(tmp_path / "t.mbtiles", {(0, 0, 0): PNG})
    async with gateway_of(tmp_path, MapSettings(file=path)) as home:
        said = await told(home)
        assert isinstance(said, dict)
        url = said["url"].format(z=0, x=0, y=0)
        assert "immutable" in (await home.get(url)).headers["Cache-Control"]
        assert (await home.get("/tiles/0/0/0?other")).headers["Cache-Control"] == "no-cache"


async def test_the_page_is_told_what_the_file_says_of_itself_as_text(tmp_path: Path) -> None:
    path = make_file(
        tmp_path / "t.mbtiles",
        {(3, 0, 0): PNG, (5, 0, 0): PNG},
        attribution='<a href="javascript:alert(1)">Tom &amp; Co</a>',
        bounds="-10.5,-20,30,40",
    )
    async with gateway_of(tmp_path, MapSettings(file=path)) as home:
        said = await told(home)
        assert isinstance(said, dict)
        assert (said["attribution"], said["least"], said["most"]) == ("Tom & Co", 3, 5)
        assert said["bounds"] == [-10.5, -20, 30, 40]
        assert await images_let_in(home) == ["'self'", "data:", "blob:"]


@pytest.mark.parametrize("bounds", ["", "1,2,3", "a,b,c,d", "nan,0,1,1", "10,0,-10,1", "-1e9,0,1,1", "0,0,0,0"])
async def test_bounds_that_are_none_are_left_out(tmp_path: Path, bounds: str) -> None:
    path = make_file(tmp_path / "t.mbtiles", {}, bounds=bounds)
    async with gateway_of(tmp_path, MapSettings(file=path, attribution="ours")) as home:
        said = await told(home)
        assert isinstance(said, dict)
        assert (said["bounds"], said["attribution"]) == (None, "ours")


async def test_a_file_that_breaks_is_said_to_be_broken(tmp_path: Path) -> None:
    path = make_file(tmp_path / "t.mbtiles", {(0, 0, 0): PNG})
    async with gateway_of(tmp_path, MapSettings(file=path)) as home:
        path.write_bytes(200 * b"no database ")
        reply = await home.get("/tiles/0/0/0")
        assert (reply.status, "cannot be read" in reply.json["detail"]) == (503, True)


@pytest.mark.parametrize(
    ("found", "changed"),
    [(b"\x0d\0\0\0\x01", b"\0\0\0\0\0"), (b"blob)", b"\x80\x01)  ")],
    ids=["a page", "the schema, with what is no text"],
)
async def test_a_file_that_is_damaged_stops_no_server(tmp_path: Path, found: bytes, changed: bytes) -> None:
    path = make_file(tmp_path / "t.mbtiles", {(0, 0, 0): PNG}, format="png")
    whole = path.read_bytes()
    assert found in whole
    path.write_bytes(whole.replace(found, changed))
    async with gateway_of(tmp_path, MapSettings(file=path)) as home:
        assert (await home.get("/")).status == 200
        assert (await home.get("/tiles/0/0/0")).status == 503


def test_of_a_file_that_is_damaged_the_settings_say_so_in_one_line(tmp_path: Path) -> None:
    path = make_file(tmp_path / "t.mbtiles", {}, format="png")
    whole = path.read_bytes()
    for changed in (b"\x01\x02)  ", b"\x80\x01)  "):
        path.write_bytes(whole.replace(b"blob)", changed))
        with pytest.raises(ConfigError, match="expected an MBTiles file of images") as caught:
            config_of(tmp_path, 'tiles = "t.mbtiles"')
        assert str(caught.value).isprintable()


async def test_zooms_that_are_none_are_left_out(tmp_path: Path) -> None:
    path = make_file(tmp_path / "t.mbtiles", {(0, 0, 0): PNG})
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE tiles SET zoom_level = x'00ff'")
    async with gateway_of(tmp_path, MapSettings(file=path)) as home:
        said = await told(home)
        assert isinstance(said, dict)
        assert (said["least"], said["most"]) == (0, 24)


# ---- a URL


async def test_the_page_alone_lets_in_images_of_exactly_that_origin(tmp_path: Path) -> None:
    async with gateway_of(tmp_path, MapSettings(url=OSM, attribution="© <b>")) as home:
        assert await images_let_in(home) == ["'self'", "data:", "blob:", "https://tile.example:8443"]
        assert await images_let_in(home, "/api") == ["'self'", "data:", "blob:"]
        said = await told(home)
        assert said == {"url": OSM, "attribution": "© <b>", "least": 0, "most": 19, "bounds": None}
        assert (await home.get("/tiles/0/0/0")).status == 404


async def test_without_tiles_the_page_keeps_to_its_own_server(tmp_path: Path) -> None:
    async with gateway_of(tmp_path, MapSettings()) as home:
        assert await told(home) is None
        assert await images_let_in(home) == ["'self'", "data:", "blob:"]
        assert (await home.get("/tiles/0/0/0")).status == 404
