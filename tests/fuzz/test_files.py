"""Files that a user names: places of one's own, tracks, images for the map; read, or refused with a reason."""

import contextlib
import io
import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from herd.config import ConfigError, load
from herd.gpx import TrackError, read_track
from herd.places.geojson import read_feature
from herd.places.items import members
from herd.places.layout import write_answer
from herd.places.tags import NotAPlace, read_element
from herd.places.userfile import PlacesFileError, read_places_file
from herd.sections.map import UNREADABLE
from herd.survey import survey
from tests.fuzz import reference
from tests.fuzz.mutating import EDITS, Edit, edited, listed, mutated
from tests.fuzz.samples import FILES, KEYS, LAYOUTS, SCALARS, tiles
from web.mbtiles import TileFile

NAMES = listed("type id tags name lat lon center geometry geometries properties coordinates")
ITEMS = st.recursive(
    SCALARS | st.floats() | st.sampled_from(["Feature", "Point", "node", "way", "café"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | KEYS, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=100)
@given(ITEMS)
def test_any_item_is_a_place_or_not_one(item: object) -> None:
    for reader in (read_feature, read_element):
        with contextlib.suppress(NotAPlace):
            written = json.loads(write_answer([reader(item)], []))["results"][0]
            place = written["geometry"]["location"]
            assert written["place_id"]
            assert written["name"]
            assert -90 <= place["lat"] <= 90
            assert -180 <= place["lng"] <= 180


@settings(max_examples=100)
@given(st.dictionaries(KEYS, st.lists(ITEMS, max_size=3), max_size=4), LAYOUTS)
def test_reading_item_by_item_reads_what_the_json_module_reads(
    content: dict[str, list[object]], indent: int | None
) -> None:
    text = json.dumps(content, indent=indent)
    again: dict[str, object] = {key: [] for key in content if key == "features"}
    for key, value in members(text, ("features",)):
        items = again.get(key)
        if key == "features" and isinstance(items, list):
            items.append(value)
        else:
            again[key] = value
    assert repr(sorted(again.items())) == repr(sorted(json.loads(text).items()))


@settings(max_examples=80)
@given(mutated(FILES, most=4))
def test_a_file_of_places_is_read_or_refused_in_one_error_and_surveyed_in_plain_text(
    folder: Path, content: bytes
) -> None:
    file = folder / "own.json"
    file.write_bytes(content)
    output, errors = io.StringIO(), io.StringIO()
    status = survey(file, output, errors)
    assert all(line.isprintable() for line in [*output.getvalue().split("\n"), *errors.getvalue().split("\n")])
    try:
        places = read_places_file(file)
    except PlacesFileError as problem:
        assert (status, output.getvalue()) == (1, "")
        reason = str(problem)
        assert reason.startswith(str(file))
        return
    assert (status, errors.getvalue()) == (0, "")
    found = [places.result(number) for number in range(len(places.cells))]
    assert found
    south, west, north, east = places.bounds
    assert -90 <= south <= north <= 90
    assert -180 <= west <= east <= 180
    assert len({str(place["place_id"]) for place in found}) == len(found)
    json.loads(write_answer(found, places.attributions))


# Tracks.

NUMBERS = st.sampled_from(
    [*listed("1 -33.8568 +0 .5 1e1 1E-40 90.0000001 nan 1_0 \u0661"), "9" * 30 + "." + "1" * 20, ""]
)
TIMES = st.sampled_from(
    [*listed("2020-01-01T00:00:09Z 2020-01-01T00:00:00 20200101 0001-01-01T00:00:00+23:59 x"), ""]
)
POINTS = st.builds(
    '<trkpt lat="{}" lon="{}"><ele>1</ele><time>{}</time></trkpt>'.format,
    NUMBERS | st.floats().map(repr),
    NUMBERS,
    TIMES,
)
TRACKS = st.builds(
    "{}<gpx xmlns='{}'><trk><trkseg>{}</trkseg></trk></gpx>".format,
    st.sampled_from(
        [
            "",
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<?xml version="1.0" encoding="utf-16"?>',
            '<!DOCTYPE x [<!ENTITY a "&#49;">]>',
            '<?xml version="1.0" encoding="x"?>',
        ]
    ),
    st.sampled_from(["", "http://www.topografix.com/GPX/1/1"]),
    st.lists(POINTS, max_size=5).map("\n".join),
).map(str.encode)


@settings(max_examples=80)
@given(mutated(TRACKS, most=4))
def test_a_track_is_read_or_refused_in_one_error(folder: Path, content: bytes) -> None:
    file = folder / "walk.gpx"
    file.write_bytes(content)
    try:
        track = read_track(file)
    except TrackError as problem:
        reason = str(problem)
        assert reason.startswith(f"{file}: ")
        return
    assert track.points
    assert track.skipped >= 0
    offsets = [point.offset for point in track.points]
    assert offsets == sorted(offsets)
    assert offsets[0] >= 0
    for point in track.points:
        assert reference.location(point.location), point


@given(st.decimals(-90, 90), st.decimals(-180, 180))
def test_every_place_on_earth_is_a_point_of_a_track(folder: Path, latitude: object, longitude: object) -> None:
    file = folder / "walk.gpx"
    file.write_text(f'<gpx><trk><trkseg><trkpt lat="{latitude}" lon="{longitude}"/></trkseg></trk></gpx>')
    (point,) = read_track(file).points
    assert reference.location(point.location)


# Images for the map.

OVERWRITES = st.builds(Edit, st.integers(0, 2**16), st.just(1), st.binary(min_size=1, max_size=1))


@settings(max_examples=100)
@given(st.lists(OVERWRITES | EDITS, max_size=2) | st.lists(OVERWRITES, max_size=8))
def test_a_file_of_tiles_with_wrong_bytes_is_read_or_refused_at_the_start(folder: Path, edits: list[Edit]) -> None:
    (folder / "bad.mbtiles").write_bytes(edited(tiles(), edits))
    (folder / "map.toml").write_text('[map]\ntiles = "bad.mbtiles"')
    try:
        config = load(folder / "map.toml", {})
    except ConfigError as reason:
        said = str(reason)
        assert said.isprintable()
        return
    assert config.map.file
    file = TileFile(config.map.file)
    try:
        assert isinstance(file.attribution, str)
        assert file.bounds is None or len(file.bounds) == 4
        assert all(zoom is None or zoom in range(25) for zoom in file.zooms)
        try:
            tile = file._read(0, 0, 0)
        except UNREADABLE:
            return
        assert tile is None or isinstance(tile, bytes)
    finally:
        file.close()
