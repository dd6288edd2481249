"""The answer of Overpass, element by element, and what is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from herd.places.elements import REMARK_LIMIT, elements
from herd.places.provider import Unavailable

HEAD = {"version": 0.6, "generator": "Overpass API", "osm3s": {"copyright": "ODbL", "elements": [1]}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.lists(JSON), st.sampled_from([None, 2]))
def test_the_elements_come_as_they_are(items: list[object], indent: int | None) -> None:
    text = json.dumps({**HEAD, "elements": items, "more": {}}, indent=indent)
    assert list(elements(f" {text}\n")) == items


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


@given(st.integers(0, 200))
def test_half_an_answer_is_none(length: int) -> None:
    text = json.dumps({**HEAD, "elements": [{"type": "node", "id": 1}] * 2})
    with pytest.raises(ValueError):  # noqa: PT011 -- where it ends decides what is missing
        list(elements(text[: min(length, len(text) - 1)]))


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"elements":{}}', '{"elements":[1,]}', '{"elements":[]} x', "<html>", '{"version":1}'],
)
def test_what_is_no_answer_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        list(elements(text))
