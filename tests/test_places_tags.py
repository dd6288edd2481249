"""OpenStreetMap tags as results of a Nearby Search, and answers laid out as Google lays out its own."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from herd.places.cut import cut
from herd.places.layout import write_answer
from herd.places.tags import NotAPlace, overpass_place, read_element


def place(**tags: str) -> Any:
    named = {"name": "One", **{key.replace("__", ":"): value for key, value in tags.items()}}
    return overpass_place({"type": "node", "id": 7, "lat": 1.5, "lon": -2, "tags": named})


def test_a_cafe_as_a_nearby_search_has_it() -> None:
    assert place(
        amenity="cafe", addr__street="High Street", addr__housenumber="1", addr__city="Aston",
        contact__website="https://one.example/", phone="+44 1",
    ) == {
        "business_status": "OPERATIONAL",
        "formatted_phone_number": "+44 1",
        "geometry": {"location": {"lat": 1.5, "lng": -2.0}},
        "name": "One",
        "place_id": "osm:node/7",
        "reference": "osm:node/7",
        "scope": "OSM",
        "types": ["cafe", "food", "point_of_interest", "establishment"],
        "vicinity": "1 High Street, Aston",
        "website": "https://one.example/",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tags", "first"),
    [
        ({"amenity": "fast_food"}, ["meal_takeaway", "restaurant", "food"]),
        ({"amenity": "fuel"}, ["gas_station"]),
        ({"amenity": "pub"}, ["bar"]),
        ({"amenity": "cafe;bar"}, ["cafe", "food", "bar"]),
        ({"amenity": "place_of_worship"}, ["place_of_worship"]),
        ({"amenity": "place_of_worship", "religion": "christian"}, ["church", "place_of_worship"]),
        ({"amenity": "place_of_worship", "religion": "muslim"}, ["mosque", "place_of_worship"]),
        ({"amenity": "bench"}, ["point_of_interest"]),
        ({"shop": "convenience"}, ["convenience_store", "food", "store"]),
        ({"shop": "clothes"}, ["clothing_store", "store"]),
        ({"shop": "yes"}, ["store", "point_of_interest"]),
        ({"shop": "no"}, ["point_of_interest"]),
        ({"tourism": "hotel"}, ["lodging"]),
        ({"tourism": "hotel", "amenity": "restaurant"}, ["restaurant", "food", "lodging"]),
        ({"leisure": "park"}, ["park"]),
        ({"historic": "castle"}, ["tourist_attraction"]),
        ({"public_transport": "station", "railway": "station"}, ["train_station", "transit_station"]),
        ({"place": "village"}, ["locality", "political"]),
        ({"natural": "peak"}, ["natural_feature", "establishment"]),
    ],
)
def test_tags_become_types_the_special_ones_first(tags: dict[str, str], first: list[str]) -> None:
    types = place(**tags)["types"]
    assert types[: len(first)] == first
    assert len(set(types)) == len(types)


def test_what_was_given_up_is_closed_and_what_took_its_place_is_not() -> None:
    assert place(disused__amenity="cafe")["business_status"] == "CLOSED_PERMANENTLY"
    assert place(disused__amenity="cafe")["types"][0] == "cafe"
    assert place(disused__amenity="cafe", shop="books")["business_status"] == "OPERATIONAL"
    assert place(amenity="cafe", abandoned="yes")["business_status"] == "CLOSED_PERMANENTLY"
    assert "business_status" not in place(place="village")


def test_a_way_is_where_its_centre_is_and_a_brand_does_for_a_name() -> None:
    way = {"type": "way", "id": 5, "center": {"lat": 3, "lon": 4}, "tags": {"brand": "Two"}}
    found = read_element(way)
    assert (found["name"], found["place_id"]) == ("Two", "osm:way/5")
    assert found["geometry"] == {"location": {"lat": 3.0, "lng": 4.0}}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tags": None}, "no tags"),
        ({"tags": {}}, "no name"),
        ({"tags": {"name": " "}}, "no name"),
        ({"type": "area"}, "neither node, way nor relation"),
        ({"id": "7"}, "no ID"),
        ({"id": True}, "no ID"),
        ({"id": 2**63}, "no ID"),
        ({"lat": None}, "no position"),
        ({"lat": math.nan}, "no position"),
        ({"lon": 180.1}, "no position on Earth"),
        ({"lon": 10**400}, "no position on Earth"),
    ],
)
def test_an_element_that_is_no_place_says_why(change: dict[str, object], reason: str) -> None:
    element = {"type": "node", "id": 7, "lat": 1, "lon": 2, "tags": {"name": "One"}, **change}
    with pytest.raises(NotAPlace, match=f"^{reason}$"):
        read_element(element)
    assert overpass_place(element) is None


def test_an_answer_without_results_and_with_a_remark() -> None:
    assert write_answer([], [], info=["Within 5 km only."]).decode() == (
        '{\n   "html_attributions" : [],\n   "info_messages" : [ "Within 5 km only." ],\n'
        '   "results" : [],\n   "status" : "ZERO_RESULTS"\n}'
    )


def test_long_lists_and_lists_of_objects_stand_on_lines_of_their_own() -> None:
    lines = write_answer([{"a": {}, "b": ["x" * 40, "é" * 40], "c": [{"d": 1.5}]}], []).decode().splitlines()
    assert lines[2:14] == [
        '   "results" : [',
        "      {",
        '         "a" : {},',
        '         "b" : [',
        f'            "{"x" * 40}",',
        f'            "{"é" * 40}"',
        "         ],",
        '         "c" : [',
        "            {",
        '               "d" : 1.5',
        "            }",
        "         ]",
    ]


def test_a_number_that_json_has_not_is_an_error() -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_answer([{"rating": math.nan}], [])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.lists(st.dictionaries(st.text(), VALUES), max_size=5), st.lists(st.text()))
def test_what_was_written_is_read_again_and_can_be_cut(
    results: list[dict[str, object]], attributions: list[str]
) -> None:
    text = write_answer(results, attributions)
    assert json.loads(text) == {
        "html_attributions": attributions,
        "results": results,
        "status": "OK" if results else "ZERO_RESULTS",
    }
    assert cut(text, len(results)) == text
    assert json.loads(cut(text, 2))["results"] == results[:2]
