"""Texts of sources of places: read and cut as the json module reads them, or refused."""

import contextlib
import json
import re
from typing import Any, NoReturn

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from herd.places.cut import confirm, cut
from herd.places.elements import elements
from herd.places.layout import write_answer
from herd.places.newform import attributions, legacy_place
from herd.places.provider import Unavailable, unavailable_text
from tests.fuzz.mutating import listed, mutated
from tests.fuzz.samples import JSON, KEYS, LAYOUTS, SCALARS


def layout(document: Any, indent: int | None, extra: int) -> bytes:
    """Print JSON as Google does, with some more newlines."""
    text = json.dumps(document, indent=indent, separators=(",", " : "), ensure_ascii=False)
    return text.replace("\n", "\n" * extra).encode("utf-8", "surrogatepass")


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
        object_pairs_hook=_pairs,
        parse_int=str,
        parse_float=str,
        parse_constant=_no_constant,
    )


@settings(max_examples=80)
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


NEW = listed(
    """id displayName text location latitude longitude viewport high low types photos plusCode priceLevel rating
    attributions provider providerUri authorAttributions uri name widthPx heightPx currentOpeningHours openNow
    businessStatus shortFormattedAddress"""
)


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
