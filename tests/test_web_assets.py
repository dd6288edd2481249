"""Static files: kept for good under their version, asked for again under any other, compressed where asked."""

import gzip
from pathlib import Path

from aiohttp import hdrs

from tests.webbing import gateway
from web.assets import shelf, url_of


async def test_a_file_of_this_version_is_kept_for_good(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home:
        reply = await home.get(url_of("js/main.js"))
        assert reply.status == 200
        assert reply.kind == "text/javascript; charset=utf-8"
        assert "immutable" in reply.headers["Cache-Control"]
        assert reply.body == shelf()["js/main.js"].body


async def test_a_file_of_another_version_or_of_none_is_asked_for_again(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home:
        for path in ("/static/js/main.js", "/static/v-000000000000/js/main.js"):
            reply = await home.get(path)
            assert reply.status == 200
            assert reply.headers["Cache-Control"] == "no-cache"
            assert (await home.get(path, If_None_Match=reply.headers[hdrs.ETAG])).status == 304


async def test_text_is_compressed_for_who_can_read_it(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home:
        reply = await home.get(url_of("leaflet/leaflet.js"), Accept_Encoding="gzip")
        # The client of this test has unpacked it already, as browsers do.
        assert reply.headers["Content-Encoding"] == "gzip"
        assert int(reply.headers["Content-Length"]) < len(shelf()["leaflet/leaflet.js"].body) / 3
        assert reply.body == shelf()["leaflet/leaflet.js"].body
        plain = await home.get(url_of("leaflet/leaflet.js"), Accept_Encoding="identity")
        assert "Content-Encoding" not in plain.headers
        assert gzip.decompress(shelf()["leaflet/leaflet.js"].packed or b"") == plain.body


async def test_text_is_not_compressed_for_who_refuses_it(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home:
        for refusal in ("gzip;q=0", "gzip; q=0.000, br", "*;q=0", "br"):
            reply = await home.get(url_of("leaflet/leaflet.js"), Accept_Encoding=refusal)
            assert "Content-Encoding" not in reply.headers
            assert reply.headers["Vary"] == "Accept-Encoding"


async def test_nothing_else_is_sent(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home:
        for path in ("make/pack_cities.py", "..%2Fweb%2Fassets.py", "leaflet/leaflet-src.js", "v-0/js/main.js"):
            assert (await home.get(f"/static/{path}")).status == 404
