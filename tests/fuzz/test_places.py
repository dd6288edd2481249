"""Texts of sources of places, files of a user's own, and tracks: read as the json module reads them, or refused."""

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from herd.gpx import TrackError, read_track
from herd.places.cut import confirm, cut
from herd.places.elements import elements
from herd.places.geojson import read_feature
from herd.places.items import members
from herd.places.layout import write_answer
from herd.places.newform import attributions, legacy_place
from herd.places.provider import Unavailable, unavailable_text
from herd.places.tags import NotAPlace, read_element
from herd.places.userfile import PlacesFileError, read_places_file
from herd.survey import survey
from tests.fuzz import reference
from tests.fuzz.mutating import Bytes, mutated

KEYS = st.text(max_size=5) | st.sampled_from(["results", "results", "status", "error_message", "elements", "features"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def layout(document: Any, indent: int | None, extra: int) -> bytes:
    """Print JSON as Google does, with some more newlines."""
    text = json.dumps(document, indent=indent, separators=(",", " : "), ensure_ascii=False)
    return text.replace("\n", "\n" * extra).encode("utf-8", "surrogatepass")


LAYOUTS = st.sampled_from([None, 0, 3])


@settings(max_examples=100)
@given(
    st.dictionaries(KEYS, JSON, max_size=3),
    st.lists(JSON, max_size=5),
    st.dictionaries(KEYS.filter(lambda key: key != "results"), JSON, max_size=3),
    st.integers(0, 6),
    LAYOUTS,
    st.integers(1, 3),
)
def test_any_document_has_its_first_results_and_everything_else(
    before: dict[str, Any], results: list[Any], after: dict[str, Any], limit: int, indent: int | None, extra: int
) -> None:
    document = {**before, "results": results, **after}
    left = cut(layout(document, indent, extra), limit)
    assert json.loads(left.decode("utf-8", "surrogatepass")) == document | {"results": results[:limit]}
    if results[:limit] or not results:
        assert left == layout(document | {"results": results[:limit]}, indent, 1)


ANSWERS = st.builds(
    layout,
    st.builds(
        lambda more, results, status: {**more, "results": results, "status": status},
        st.dictionaries(KEYS, JSON, max_size=3),
        st.lists(JSON, max_size=4),
        st.sampled_from(["OK", "OK", "REQUEST_DENIED", "UNKNOWN_ERROR", "ok", 7]),
    ),
    LAYOUTS,
    st.integers(1, 2),
)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Keep every `results` that stands there: a reader may take any of them."""
    found = dict(pairs)
    twice = [value for key, value in pairs if key == "results"]
    return {**found, "every results": twice} if twice else found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def load(text: bytes) -> Any:
    """Read JSON, numbers as they are written; ValueError for anything else."""
    return json.loads(
        text.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape"),
        object_pairs_hook=_pairs, parse_int=str, parse_float=str, parse_constant=_no_constant,
    )  # fmt: skip


@settings(max_examples=300)
@given(mutated(ANSWERS) | st.binary(max_size=40), st.integers(0, 6))
@example(b'{"results":[1,2],"results":[3,4],"status":"OK"}', 1)
@example(b'\xef\xbb\xbf{"results":[' + b"9" * 5000 + b"]}", 1)
def test_any_text_is_cut_as_the_json_module_reads_it_or_is_no_answer(text: bytes, limit: int) -> None:
    try:
        expected = load(text)
    except (ValueError, RecursionError):
        expected = None
    lists = expected.get("every results", []) if isinstance(expected, dict) else []
    try:
        left = cut(text, limit)
    except Unavailable as problem:
        assert not lists or not all(isinstance(found, list) for found in lists)
        json.loads(unavailable_text(problem))
        return
    assert lists
    expected["every results"] = [found[:limit] for found in lists]
    expected["results"] = expected["every results"][-1]
    assert load(left) == expected
    assert not re.search(rb"\n\n|\A\n|\n\Z", left)
    with contextlib.suppress(Unavailable):
        assert confirm(text) == text


@settings(max_examples=100)
@given(st.dictionaries(KEYS, JSON, max_size=3), st.lists(JSON, max_size=4), st.booleans(), LAYOUTS, st.data())
def test_the_elements_of_overpass_are_what_the_json_module_reads(
    more: dict[str, Any], items: list[Any], whole: bool, indent: int | None, data: st.DataObject
) -> None:
    text = json.dumps({**more, "elements": items}, indent=indent)
    if not whole:
        with pytest.raises(ValueError):  # noqa: PT011 -- where it ends decides what is missing
            list(elements(text[: data.draw(st.integers(0, len(text) - 1))]))
    else:
        assert repr(list(elements(f" {text}\n"))) == repr(json.loads(text)["elements"])


# A user's own places.

NAMES = ["type", "id", "tags", "name", "lat", "lon", "center", "geometry", "geometries", "properties", "coordinates"]
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


NEW = ["id", "displayName", "text", "location", "latitude", "longitude", "viewport", "high", "low", "types", "photos",
       "plusCode", "priceLevel", "rating", "attributions", "provider", "providerUri", "authorAttributions", "uri", "name",
       "widthPx", "heightPx", "currentOpeningHours", "openNow", "businessStatus", "shortFormattedAddress"]  # fmt: skip


@settings(max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(NEW),
        st.recursive(
            SCALARS,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NEW), inner, max_size=4),
            max_leaves=8,
        ),
    )
)
def test_nothing_in_a_place_of_the_new_form_breaks_the_answer(place: dict[str, object]) -> None:
    answer = json.loads(write_answer([legacy_place(place)], attributions(place)))
    assert answer["results"][0]["scope"] == "GOOGLE"


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


FEATURE = (
    b'{"type":"Feature","id":7,"geometry":{"type":"Polygon","coordinates":[[[1,2],[3,4],[1.5e0,-2]]]},'
    b'"properties":{"name":"Caf\\u00e9","amenity":"cafe","addr:street":"x","tags":{"shop":"yes"}}}'
)
ELEMENT = b'{"type":"way","id":2,"center":{"lat":64.2,"lon":-21.8},"tags":{"name":"Safn","shop":"books","x":"y"}}'
FILES: Bytes = st.sampled_from(
    [
        b'{"type":"FeatureCollection","copyright":"\xc2\xa9 me","features":[\n' + FEATURE + b",\n" + FEATURE + b"\n]}\n",
        b'{"version":0.6,"osm3s":{"copyright":"ODbL"},"elements":[' + ELEMENT + b"," + ELEMENT + b'],"remark":"x"}',
    ]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@settings(max_examples=150)
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
    except PlacesFileError as reason:
        assert (status, output.getvalue()) == (1, "")
        assert str(reason).startswith(str(file))
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

NUMBERS = st.sampled_from(["1", "-33.8568", "+0", ".5", "1e1", "1E-40", "90.0000001", "nan", "1_0", "9" * 400, "١", ""])
TIMES = st.sampled_from(["2020-01-01T00:00:09Z", "2020-01-01T00:00:00", "20200101", "0001-01-01T00:00:00+23:59", "x", ""])
POINTS = st.builds(
    '<trkpt lat="{}" lon="{}"><ele>1</ele><time>{}</time></trkpt>'.format, NUMBERS | st.floats().map(repr), NUMBERS, TIMES
)
TRACKS = st.builds(
    "{}<gpx xmlns='{}'><trk><trkseg>{}</trkseg></trk></gpx>".format,
    st.sampled_from(["", '<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0" encoding="utf-16"?>',
                     '<!DOCTYPE x [<!ENTITY a "&#49;">]>', '<?xml version="1.0" encoding="x"?>']),
    st.sampled_from(["", "http://www.topografix.com/GPX/1/1"]),
    st.lists(POINTS, max_size=5).map("\n".join),
).map(str.encode)  # fmt: skip


@settings(max_examples=150)
@given(mutated(TRACKS, most=4))
def test_a_track_is_read_or_refused_in_one_error(folder: Path, content: bytes) -> None:
    file = folder / "walk.gpx"
    file.write_bytes(content)
    try:
        track = read_track(file)
    except TrackError as reason:
        assert str(reason).startswith(f"{file}: ")
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
