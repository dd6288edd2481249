"""What is cut out of a Nearby Search answer, and that all the rest keeps its bytes."""

import json

import pytest

from herd.places.cut import cut
from herd.places.provider import Unavailable, unavailable_text

GOOGLE = """{
   "html_attributions" : [],
   "next_page_token" : "CvQ",
   "results" : [
      {
         "name" : "Café ] } \\" [ \\\\",
         "results" : [ 1, 2, 3 ],
         "types" : [ "university", "establishment" ]
      },
      {
         "name" : "二 2",
         "rating" : 4.50
      },
      {
         "name" : "3"
      }
   ],
   "status" : "OK"
}
"""
ONE = """{
   "html_attributions" : [],
   "next_page_token" : "CvQ",
   "results" : [
      {
         "name" : "Café ] } \\" [ \\\\",
         "results" : [ 1, 2, 3 ],
         "types" : [ "university", "establishment" ]
      }
   ],
   "status" : "OK"
}"""
NONE = """{
   "html_attributions" : [],
   "next_page_token" : "CvQ",
   "results" : [],
   "status" : "OK"
}"""


def test_the_first_results_stay_as_google_laid_them_out() -> None:
    assert cut(GOOGLE.encode(), 1).decode() == ONE


def test_a_limit_of_zero_leaves_an_empty_list_as_google_writes_it() -> None:
    assert cut(GOOGLE.encode(), 0).decode() == NONE
    assert cut(NONE.encode(), 0).decode() == NONE


@pytest.mark.parametrize("limit", [3, 4, 20])
def test_fewer_results_than_the_limit_change_nothing(limit: int) -> None:
    assert cut(GOOGLE.encode(), limit).decode() == GOOGLE.rstrip("\n")


@pytest.mark.parametrize(
    ("text", "limit", "left"),
    [
        (b'{"results":[1,2]}', 1, b'{"results":[1]}'),
        (b'{"results":[1,2]}', 0, b'{"results":[]}'),
        (b'{"results" : [ 1 , 2 \t] }  ', 1, b'{"results" : [ 1 \t] }  '),
        (b'{"results":[ ],"a":1}', 0, b'{"results":[ ],"a":1}'),
        (b'{"results":["]",",",2]}', 2, b'{"results":["]",","]}'),
        (b'{"results":[[1,[2]],{"a":[]},3]}', 2, b'{"results":[[1,[2]],{"a":[]}]}'),
        (b'{"a":{"results":[1,2]},"results":[3,4]}', 1, b'{"a":{"results":[1,2]},"results":[3]}'),
        (b'{"a":"\\"results\\":[1,2]","results":[3,4]}', 1, b'{"a":"\\"results\\":[1,2]","results":[3]}'),
        (b'{"results":[1,2],"results":[3,4,5]}', 1, b'{"results":[1],"results":[3]}'),
        (b'{"\\u0072esults":[1,2]}', 1, b'{"\\u0072esults":[1]}'),
        (b'\xef\xbb\xbf{"results":[1,2]}', 1, b'{"results":[1]}'),
        (b'{"a":"\xff\xfe\x80","results":["\xe9","\xed\xa0\x80"]}', 1, b'{"a":"\xff\xfe\x80","results":["\xe9"]}'),
        (b'{"results":[' + b"9" * 9000 + b",1e999,2]}", 2, b'{"results":[' + b"9" * 9000 + b",1e999]}"),
        (b'\n\n{"results":\n\n\n[1\n\n,\n2\n\n]\n\n}\n\n\n', 1, b'{"results":\n[1\n]\n}'),
        (b'{\r\n\r\n"results":[1\r\n\r\n]}\r\n\r\n', 1, b'{\r\n"results":[1\r\n]}'),
    ],
)
def test_all_but_the_surplus_results_and_newlines_is_kept_byte_for_byte(
    text: bytes, limit: int, left: bytes
) -> None:
    assert cut(text, limit) == left


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"   ",
        b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
        b"null",
        b'[{"results":[]}]',
        b'"results"',
        b"{}",
        b'{"status":"OK"}',
        b'{"status":17}',
        b'{"status":"no such word"}',
        b'{"results":{}}',
        b'{"results":"[]"}',
        b'{"results":null,"results":[]}',
        b'{"results":[]',
        b'{"results":[1,2',
        b'{"results":[1,]}',
        b'{"results":[1 2]}',
        b'{"results":[1],}',
        b'{"results" [1]}',
        b"{results:[1]}",
        b'{1:[1],"results":[]}',
        b'{"results":[1]} more',
        b'{"results":[1]}{"results":[1]}',
        b'{"results":[NaN]}',
        b'{"results":[],"a":Infinity}',
        b'{"results":[],"a":-Infinity}',
        b'{"results":["line\nbreak"]}',
        b'{"results":[],"a":"\\x"}',
        b'{"results":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"a":' * 200_000,
        '{"results":[1,2]}'.encode("utf-16"),
    ],
)
def test_what_is_no_nearby_search_answer_is_unavailable(text: bytes) -> None:
    with pytest.raises(Unavailable) as failure:
        cut(text, 1)
    assert failure.value.status == "UNKNOWN_ERROR"


def test_an_answer_without_results_says_its_own_status() -> None:
    with pytest.raises(Unavailable) as failure:
        cut('{"status" : "REQUEST_DENIED", "error_message" : "clé\\u00e9 \\ud800"}'.encode(), 5)
    assert (failure.value.status, failure.value.reason) == ("REQUEST_DENIED", "cléé \ud800")
    assert json.loads(unavailable_text(failure.value))["error_message"] == "cléé ?"


def test_an_unavailable_source_is_told_in_googles_layout() -> None:
    text = unavailable_text(Unavailable("OVER_QUERY_LIMIT", "genug für heute\n\n"))
    assert text.decode() == (
        '{\n   "error_message" : "genug für heute\\n\\n",\n   "html_attributions" : [],\n'
        '   "results" : [],\n   "status" : "OVER_QUERY_LIMIT"\n}'
    )
    assert cut(text, 20) == text
