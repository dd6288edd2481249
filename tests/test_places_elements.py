"""The answer of Overpass, element by element, and what is none."""

import json

import pytest

from herd.places.elements import REMARK_LIMIT, elements
from herd.places.provider import Unavailable

HEAD = {"version": 0.6, "generator": "Overpass API", "osm3s": {"copyright": "ODbL", "elements": [1]}}


@pytest.mark.parametrize("order", [("elements", "remark"), ("remark", "elements")])
def test_a_remark_is_a_failure_wherever_it_stands(order: tuple[str, str]) -> None:
    said = {"elements": [1, 2], "remark": 'runtime error: Query timed out in "query" at line 1 after 9 seconds.'}
    with pytest.raises(
        Unavailable, match="UNKNOWN_ERROR: the source of places did not finish: runtime error: Query"
    ):
        list(elements(json.dumps({key: said[key] for key in order})))


def test_a_long_remark_is_cut() -> None:
    with pytest.raises(Unavailable) as caught:
        list(elements(json.dumps({"elements": [], "remark": "x" * 5000})))
    assert caught.value.reason.count("x") == REMARK_LIMIT


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"elements":{}}', '{"elements":[1,]}', '{"elements":[]} x', "<html>", '{"version":1}'],
)
def test_what_is_no_answer_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        list(elements(text))
