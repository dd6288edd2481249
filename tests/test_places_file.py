"""A user's own places out of a file: what is understood, what is skipped and why, and what garbage does."""

import io
import json
import math
import os
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from herd.config import ConfigError, load
from herd.places import userfile
from herd.places.geojson import read_feature
from herd.places.layout import write_answer
from herd.places.tags import NotAPlace
from herd.places.userfile import PlacesFileError, UserPlaces, read_places_file
from herd.survey import survey

ROOT = Path(__file__).parents[1]
OVERPASS = {
    "version": 0.6,
    "osm3s": {"copyright": "ODbL"},
    "elements": [
        {"type": "node", "id": 1, "lat": 64.1, "lon": -21.9, "tags": {"name": "Kaffi", "amenity": "cafe"}},
        {"type": "way", "id": 2, "center": {"lat": 64.2, "lon": -21.8}, "tags": {"name": "Safn", "shop": "books"}},
        {"type": "node", "id": 3, "lat": 64.1, "lon": -21.9, "tags": {"amenity": "bench"}},
        {"type": "node", "id": 4, "lat": 64.1, "lon": -21.9},
        {"type": "node", "id": 1, "lat": 64.1, "lon": -21.9, "tags": {"name": "Again"}},
        {"type": "way", "id": 5, "nodes": [1, 2], "tags": {"name": "No centre"}},
    ],
}  # fmt: skip


def feature(geometry: object, properties: object = None, **more: object) -> dict[str, object]:
    """Return a feature; without properties it has a name."""
    return {"type": "Feature", "geometry": geometry, "properties": properties or {"name": "One"}, **more}


def point(longitude: object, latitude: object) -> dict[str, object]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


def collection(*features: object, **more: object) -> dict[str, object]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def read(folder: Path, content: object) -> UserPlaces:
    file = folder / "places.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return read_places_file(file)


def all_places(places: UserPlaces) -> list[dict[str, Any]]:
    found = [places.result(number) for number in range(len(places.cells))]
    return sorted(found, key=lambda place: str(place["place_id"]))


def test_what_overpass_wrote(tmp_path: Path) -> None:
    places = read(tmp_path, OVERPASS)
    found = all_places(places)
    assert [(place["name"], place["place_id"], place["scope"]) for place in found] == [
        ("Kaffi", "osm:node/1", "OSM"),
        ("Safn", "osm:way/2", "OSM"),
    ]
    assert found[1]["geometry"] == {"location": {"lat": 64.2, "lng": -21.8}}
    assert "OpenStreetMap" in places.attributions[0]
    assert {reason: count for reason, (count, _) in places.skipped.items()} == {
        "no name": 1, "no tags": 1, "the same ID as another": 1, "no position": 1
    }  # fmt: skip
    assert places.skipped["no position"][1] == "number 6, way 5 No centre"


def test_what_geojson_says(tmp_path: Path) -> None:
    places = read(
        tmp_path,
        collection(
            feature(point(-21.9, 64.1), {"name": "Kaffi", "amenity": "cafe", "addr:street": "Laugavegur"}, id=7),
            feature(point(-21.8, 64.2), {"title": "Stopp", "category": "Bus Stop", "address": "Hlemmur 1"}),
            copyright="© Anna",
        ),
    )
    kaffi, stop = all_places(places)
    assert kaffi == {
        "geometry": {"location": {"lat": 64.1, "lng": -21.9}},
        "name": "Kaffi",
        "place_id": "file:7",
        "reference": "file:7",
        "scope": "FILE",
        "types": ["cafe", "food", "point_of_interest", "establishment"],
        "vicinity": "Laugavegur",
    }
    assert (stop["name"], stop["types"][0], stop["vicinity"]) == ("Stopp", "bus_stop", "Hlemmur 1")
    assert places.attributions == ("© Anna",)


def test_a_feature_without_an_id_keeps_the_one_it_is_given_wherever_it_stands(tmp_path: Path) -> None:
    one, other = feature(point(1, 2), {"name": "Ä"}), feature(point(1, 2), {"name": "Ö"})
    first = {place["name"]: place["place_id"] for place in all_places(read(tmp_path, collection(one, other)))}
    second = {place["name"]: place["place_id"] for place in all_places(read(tmp_path, collection(other, one)))}
    assert first == second
    assert len(set(first.values())) == 2


@pytest.mark.parametrize(
    ("geometry", "latitude", "longitude"),
    [
        (point(2, 1), 1.0, 2.0),
        (point(2.5, 1.25), 1.25, 2.5),
        ({"type": "Point", "coordinates": [2, 1, 300]}, 1.0, 2.0),
        ({"type": "LineString", "coordinates": [[0, 0], [2, 4]]}, 2.0, 1.0),
        ({"type": "Polygon", "coordinates": [[[0, 0], [0, 2], [2, 2], [2, 0], [0, 0]]]}, 1.0, 1.0),
        ({"type": "MultiPolygon", "coordinates": [[[[0, 0], [0, 2]]], [[[4, 4]]]]}, 2.0, 2.0),
        ({"type": "LineString", "coordinates": [[179, 0], [-177, 0]]}, 0.0, -179.0),
        ({"type": "GeometryCollection", "geometries": [point(1, 1), point(3, 3)]}, 2.0, 2.0),
        (point(-180, -90), -90.0, -180.0),
    ],
)
def test_a_line_or_an_area_is_in_the_middle_of_its_bounds(
    geometry: object, latitude: float, longitude: float
) -> None:
    assert read_feature(feature(geometry))["geometry"] == {"location": {"lat": latitude, "lng": longitude}}


NEST: object = 1
for _ in range(40):
    NEST = [NEST]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (7, "not a Feature"),
        ({"type": "Point", "coordinates": [1, 2]}, "not a Feature"),
        ({"type": "Feature", "properties": None, "geometry": point(1, 2)}, "no properties"),
        (feature(point(1, 2), {"height": 7}), "no name"),
        (feature(point(1, 2), {"name": "x" * 256}), "no name"),
        (feature(point(1, 2), {"name": 7}), "no name"),
        (feature(None), "no geometry"),
        (feature({"type": "Point", "coordinates": []}), "no geometry"),
        (feature({"type": "Point", "coordinates": [1]}), "no position"),
        (feature(point("1", "2")), "no position"),
        (feature(point(True, False)), "no position"),
        (feature(point(math.nan, 1)), "no position"),
        (feature(point(1, math.inf)), "no position"),
        (feature(point(34.06, -118.4)), r"no position on Earth \(a position is longitude, then latitude"),
        (feature(point(180.0000001, 0)), "no position on Earth"),
        (feature(point(10**400, 0)), "no position on Earth"),
        (feature({"type": "MultiPolygon", "coordinates": NEST}), "nested too deep"),
    ],
)
def test_a_feature_that_is_no_place_is_skipped_with_a_reason(item: object, reason: str) -> None:
    with pytest.raises(NotAPlace, match=reason):
        read_feature(item)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "expected an object, at line 1, column 1"),
        (b"[]", "expected an object"),
        (
            b'{"type":"FeatureCollection"\n "features":[]}',
            "expected a comma or a closing brace, at line 2, column 2",
        ),
        (b'{"features":{}}', "expected a list"),
        (b'{"features":[1,]}', "Expecting value"),
        (b'{"features":[1', "expected a comma or a closing bracket"),
        (b'{"features":[]} more', "expected nothing more"),
        (b"{features:[]}", "expected a name in quotes"),
        (b"{}", "no features, as GeoJSON has them, and no elements"),
        (b'{"features":[]}', "no features"),
        (b'{"type":"Topology","objects":{}}', "no features"),
        (b'{"features":[1,2]}', r"no place among 2: not a Feature \(2\)$"),
        (b'{"features":[' + b"[" * 200_000, "nested too deep"),
        (b'{"a":' * 200_000, "nested too deep"),
        (b'{"features":[{"type":"\xff"}]}', "expected UTF-8, found another byte at 22"),
        ('{"features":[]}'.encode("utf-16"), "expected UTF-8, found another byte at 0"),
        (b"\x1f\x8b\x08\x00", "expected UTF-8"),
    ],
)
def test_garbage_is_one_clear_error(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(PlacesFileError, match=reason) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith(f"{tmp_path / 'places.json'}: ")
    assert len(str(caught.value)) < 500


def test_a_giant_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "giant.json"
    with file.open("wb") as giant:
        giant.truncate(userfile.FILE_LIMIT + 1)
    with pytest.raises(PlacesFileError, match="larger than 64 MiB"):
        read_places_file(file)


def test_a_missing_file_a_folder_and_a_pipe_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (("none", "No such file"), ("", "Is a directory"), ("pipe", "not a file"), ("\0", "null")):
        with pytest.raises(PlacesFileError, match=reason):
            read_places_file(tmp_path / name)


def test_a_byte_order_mark_numbers_of_5000_digits_and_lone_surrogates_are_bearable(tmp_path: Path) -> None:
    content = json.dumps(collection(feature(point(1, 2), {"name": "\ud800 x", "id": "7"}))).encode()
    content = b"\xef\xbb\xbf" + content.replace(b'"7"', b"9" * 5000)
    (place,) = all_places(read(tmp_path, content))
    assert b"? x" in write_answer([place], ["\udfff"])


def test_overpass_says_that_it_could_not_finish(tmp_path: Path) -> None:
    assert read(tmp_path, {**OVERPASS, "remark": "runtime error: timed out"}).remark == "runtime error: timed out"


def test_a_survey_says_what_was_understood(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps({**OVERPASS, "remark": "timed\nout"}))
    output, errors = io.StringIO(), io.StringIO()
    assert survey(file, output, errors) == 0
    lines = output.getvalue().splitlines()
    assert lines[:3] == [
        f"{file}: 2 places, 4 skipped",
        "  latitude 64.1 to 64.2, longitude -21.9 to -21.8",
        "  kinds: 1 cafe, 1 book_store",
    ]
    assert r"  Overpass could not finish: 'timed\nout'" in lines
    assert "  skipped 1: no name; the first is number 3, node 3" in lines
    assert errors.getvalue() == ""


def test_a_survey_of_names_that_move_the_cursor_prints_none_of_them_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    name = "\x1b[2J\n\ud800"
    content = collection(feature(point(1, 2), {"name": name, "kind": name}), feature(None, {"name": name}))
    file.write_text(json.dumps({**content, "attribution": name}))
    output = io.StringIO()
    assert survey(file, output, output) == 0
    assert set(output.getvalue()) <= set(string.printable)
    assert "\x1b" not in output.getvalue()


def test_the_command_needs_no_set_up_and_tells_by_its_status(tmp_path: Path) -> None:
    def call(*arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, "-S", "-E", str(ROOT / "run.py"), "places", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        return done.returncode, done.stdout, done.stderr

    file = tmp_path / "own.json"
    file.write_text(json.dumps(OVERPASS))
    status, out, err = call(str(file))
    assert (status, out.startswith(f"{file}: 2 places, 4 skipped\n"), err) == (0, True, "")
    assert call(str(tmp_path / "none")) == (
        1,
        "",
        f"{tmp_path / 'none'}: cannot be read: No such file or directory\n",
    )
    assert call()[0] == 2


def test_a_file_of_the_settings_lies_beside_them(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text("{}")
    toml = tmp_path / "herd.toml"
    for written in ("own.json", str(tmp_path / "own.json")):
        toml.write_text(f"[places]\nfile = '{written}'\n")
        assert load(toml, {}).places.file == tmp_path / "own.json"
    toml.write_text("")
    assert load(toml, {}).places.file is None


@pytest.mark.parametrize("value", ['"none.json"', '"."', '""', "7", '"~nobody-at-all/x"', '"a\\u0000b"'])
def test_a_file_that_does_not_exist_is_an_error_of_the_settings(tmp_path: Path, value: str) -> None:
    toml = tmp_path / "herd.toml"
    toml.write_text(f"[places]\nfile = {value}\n")
    with pytest.raises(
        ConfigError, match=r"herd\.toml: places\.file: expected the path of a file that exists, found"
    ):
        load(toml, {})
