"""Frames of the live feed: written from any report, read by decoders that are written from the description."""

import json
from fractions import Fraction
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from herd.messages import At, parse_at
from tests.fuzz import reference
from tests.fuzz.speaking import PEER_LINES, PLAIN_ATS
from web.feed.frames import Head, JsonPage, Page, see, write_report
from web.feed.packed import Names, PackedPage
from web.feed.wrapping import binary_message, text_message
from web.schema import to_bytes, to_json

HEADS = st.builds(
    Head, st.sampled_from(["changes", "snapshot"]), st.sampled_from(["Goloman", "é\udcff\""]), st.just("9f3a"),
    st.integers(0, 2**53), st.booleans(), st.just(1520023934.75),
)  # fmt: skip
LINES = PEER_LINES.filter(lambda line: reference.read_report(line) is not None)
FEW = st.lists(LINES, max_size=12)
GONE = st.lists(st.sampled_from([b"kiwi", b"gone", b"\xff"]), max_size=3)
SCREEN = 10**7  # units of a degree


@settings(max_examples=80)
@given(LINES)
@example(b'AT a"b +0.000000000 \\\x00\xff<img/src=x/onerror="a">\xc3\xa9 +0.0-0.0 0')
def test_a_report_in_a_frame_is_what_every_endpoint_says(line: bytes) -> None:
    said = write_report(see(line))
    assert said == json.dumps(to_json(parse_at(line)), separators=(",", ":"))
    again = json.loads(said)
    fields = ("server", "skew", "client", "location", "time")
    assert At(*[to_bytes(again[name]) for name in fields]) == parse_at(line)
    place, report = reference.location(to_bytes(again["location"])), reference.read_report(line)
    assert place
    assert report
    assert (again["lat"], again["lon"]) == tuple(map(float, place))
    assert to_bytes(again["heard"]) == reference.print_skew(report.rank[2]).removeprefix(b"+")


def read_packed(payload: bytes) -> dict[str, Any]:
    """Read a binary frame as the README describes it."""
    size = int.from_bytes(payload[:4], "little")
    header: dict[str, Any] = json.loads(payload[4 : 4 + size])
    assert (4 + size) % 4 == 0
    count, columns = header["count"], payload[4 + size :]
    assert len(columns) == 5 * 4 * count
    words = [columns[at : at + 4] for at in range(0, len(columns), 4)]
    signed = [int.from_bytes(word, "little", signed=at // max(count, 1) in {1, 2}) for at, word in enumerate(words)]
    rows = [signed[row::count] for row in range(count)]
    names = dict(header["names"])
    header["rows"] = [
        (names.get(index), longitude, latitude, time, header["servers"][server & 0xFFFF], server >> 16)
        for index, longitude, latitude, time, server in rows
    ]
    return header


@settings(max_examples=80)
@given(HEADS, FEW, GONE)
def test_a_binary_frame_says_of_each_report_what_the_reference_reads_in_its_line(
    head: Head, lines: list[bytes], gone: list[bytes]
) -> None:
    names = Names()
    page = PackedPage(names)
    for line in lines:
        page.add(see(line), new=True)
    for client in gone:
        page.leave(client)
    said = read_packed(page.finish(head))
    assert {name: said[name] for name in head._fields} == head._asdict()
    assert len(said["rows"]) == len(lines)
    for (client, longitude, latitude, time, server, odd), line in zip(said["rows"], lines, strict=True):
        _, by, skew, whom, where, when = line.split(b" ")
        place, late, told = reference.location(where), reference.skew(skew), reference.time(when)
        assert place is not None
        assert late is not None
        assert told is not None
        assert (to_bytes(client), to_bytes(server)) == (whom, by)
        assert time == min(told // reference.SECOND, 2**32 - 1)
        assert odd == (abs(late) > 10 * reference.SECOND)
        for unit, exact in ((latitude, place[0]), (longitude, place[1])):
            assert abs(Fraction(unit, SCREEN) - exact) <= Fraction(6, 10 * SCREEN)
    indices = {client: index for index, client in said["names"]}
    known = [to_bytes(client) for client in indices]
    assert [names.index(client) for client in gone] == said["gone"]
    assert all(indices[name] == names.index(client) for name, client in zip(indices, known, strict=True))


@settings(max_examples=80)
@given(st.lists(PLAIN_ATS | LINES, min_size=1, max_size=12))
@example([b"AT Goloman +0.263873386 kiwi +34.068930-118.445127 3999999999.5"])
@example([b"AT Goloman -9.999999999 \x85\xa0 +0-180.0 0"] * 2)
def test_reports_told_at_once_are_told_as_one_by_one(lines: list[bytes]) -> None:
    head = Head("changes", "Goloman", "9f3a", 7, more=False, now=1520023934.75)
    at_once, one_by_one = PackedPage(Names()), PackedPage(Names())
    empty = PackedPage(Names()).finish(head)
    new = set()
    for line in lines:
        seen = see(line)
        one_by_one.add(seen, new=seen.client not in new)
        new.add(seen.client)
    if at_once.add_plain(lines, None):
        assert _without_repeats(at_once.finish(head)) == _without_repeats(one_by_one.finish(head))
    else:
        assert at_once.finish(head) == empty


def _without_repeats(payload: bytes) -> dict[str, Any]:
    said = read_packed(payload)
    said["names"] = dict(said["names"])
    return said


@settings(max_examples=100)
@given(HEADS, FEW, GONE, st.binary(max_size=20))
def test_json_and_binary_frames_say_the_same_and_are_messages_of_their_length(
    head: Head, lines: list[bytes], gone: list[bytes], more: bytes
) -> None:
    pages: list[Page] = [JsonPage(), PackedPage(Names())]
    for page in pages:
        for line in lines:
            page.add(see(line), new=True)
        for client in gone:
            page.leave(client)
    written = [page.finish(head) for page in pages]
    in_json, in_binary = json.loads(written[0]), read_packed(written[1])
    assert [report["client"] for report in in_json["reports"]] == [row[0] for row in in_binary["rows"]]
    assert [report["server"] for report in in_json["reports"]] == [row[4] for row in in_binary["rows"]]
    assert [to_bytes(client) for client in in_json.get("gone", [])] == gone
    assert in_json.get("more", False) == in_binary["more"] == head.more
    assert {name: in_json[name] for name in ("type", "server", "life", "number")} == {
        name: in_binary[name] for name in ("type", "server", "life", "number")
    }
    for payload, wrap, first in ((written[0], text_message, 0x81), (written[1] + more, binary_message, 0x82)):
        message = wrap(payload, head)
        code, start = message[1], {126: 4, 127: 10}.get(message[1], 2)
        size = code if code < 126 else int.from_bytes(message[2:start], "big")
        assert (message[0], size, message[start:]) == (first, len(payload), payload)
