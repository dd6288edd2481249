"""Frames of the live feed: what they say in JSON and in binary, and how they are laid into a connection."""

import struct

import pytest

from herd.messages import SECOND
from herd.store import Store
from tests.watching import Frame, Picture, known, put, split
from web.box import Box, parse_box
from web.feed.channel import BINARY, FRAME_MOST, JSON, Channel, Form, Stretch, Teller
from web.feed.frames import Head
from web.feed.kept import Kept
from web.feed.packed import OTHERS, SERVERS_MOST, Names, PackedPage
from web.feed.snapshot import Snapshot
from web.feed.wrapping import binary_message, chunked_event, event, text_message
from web.search.grid import Grid

HEAD = Head("changes", "Goloman", "9f3a", 7, more=False, now=1520023934.75)
PACIFIC = Box(170, -30, -170, 30)


def test_nearly_all_reports_can_be_told_at_once() -> None:
    line = b"AT Goloman %b kiwi.cs.ucla.edu %b %b"
    usual = line % (b"+0.263873386", b"+34.068930-118.445127", b"1520023934.918963997")
    unusual = [
        line % (b"+10.000000001", b"+34.068930-118.445127", b"1520023934.918963997"),
        line % (b"+0.263873386", b"+34.068930-118.445127", b"4294967296"),
    ]
    assert PackedPage(Names()).add_plain([usual] * 3, None)
    assert not any(PackedPage(Names()).add_plain([usual, odd], None) for odd in unusual)


def test_servers_that_a_peer_makes_up_do_not_fill_every_frame() -> None:
    names = Names()
    places = [names.place(b"server%d" % number) for number in range(1000)]
    assert places[:SERVERS_MOST] == list(range(SERVERS_MOST))
    assert set(places[SERVERS_MOST:]) == {SERVERS_MOST}
    assert names.servers[SERVERS_MOST:] == [OTHERS]
    assert names.place(b"server3") == 3


@pytest.mark.parametrize("size", [0, 125, 126, 2**16 - 1, 2**16])
def test_a_message_says_its_length_as_rfc_6455_has_it(size: int) -> None:
    payload = b"x" * size
    for wrapped, first in ((text_message(payload, HEAD), 0x81), (binary_message(payload, HEAD), 0x82)):
        assert wrapped[0] == first
        if size < 126:
            length, start = wrapped[1], 2
        else:
            code, start = ("!H", 4) if size < 2**16 else ("!Q", 10)
            assert wrapped[1] == (126 if start == 4 else 127)
            (length,) = struct.unpack_from(code, wrapped, 2)
        assert (length, wrapped[start:]) == (size, payload)


def test_an_event_bears_the_number_from_which_a_browser_resumes() -> None:
    assert event(b"{}", HEAD) == b"id: 9f3a:7\ndata: {}\n\n"
    assert chunked_event(b"{}", HEAD) == b"15\r\nid: 9f3a:7\ndata: {}\n\n\r\n"


def test_a_box_may_cross_the_antimeridian() -> None:
    assert parse_box("170,-30,-170,30") == PACIFIC
    assert [PACIFIC.holds(0, longitude) for longitude in (170, 180, -180, -170, 169.9, -169.9, 0)] == [
        *[True] * 4,
        *[False] * 3,
    ]
    assert not PACIFIC.holds(30.1, 180)


@pytest.mark.parametrize("box", [Box(170, -1, 180, 1), Box(-180, -1, -170, 1), PACIFIC, Box(-180, -1, 180, 1)])
def test_a_box_that_ends_at_the_antimeridian_holds_it_by_both_its_names(box: Box) -> None:
    assert box.holds(0, 180)
    assert box.holds(0, -180)
    assert not box.holds(60, 180)
    assert not Box(170, -1, 179.9, 1).holds(0, -180)


def test_a_box_is_read_from_its_four_edges() -> None:
    assert parse_box("-118.5,34,-118,34.5") == Box(-118.5, 34, -118, 34.5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2,3",
        "1,2,3,4,5",
        "a,0,1,1",
        "nan,0,1,1",
        "1e1,0,1,1",
        "0,1,1,0",
        "-181,0,0,0",
        "0,0,0,91",
        "0,0,\u0661,1",
    ],
)
def test_what_is_no_box_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="bbox"):
        parse_box(text)


async def frames_of(channel: Channel, stretch: Stretch) -> list[Frame]:
    return split(await channel.tell_again(stretch))


async def snapshot_of(snapshot: Snapshot, channel: Channel) -> list[Frame]:
    pieces = [await snapshot.frame(channel, place) for place in range(await snapshot.frames(channel))]
    return [split(piece.frames)[0] for piece in pieces]


@pytest.mark.parametrize(
    ("inside", "outside", "frames"), [(0, 25_000, 1), (20_000, 25_000, 2), (55_000, 15_000, 7)]
)
async def test_a_box_is_told_in_no_more_frames_than_it_needs_and_if_it_is_full_as_the_world_is(
    inside: int, outside: int, frames: int
) -> None:
    store = Store(b"life")
    put(store, *[(b"in%d" % number, 1, 1) for number in range(inside)])
    put(store, *[(b"out%d" % number, 50, 50) for number in range(outside)])
    grid, box = Grid(store), Box(0, 0, 2, 2)
    for _ in grid.fill():
        pass
    channel = Channel(JSON, box, Names(), Teller("Goloman", "life", lambda: 1_520_023_934 * SECOND))
    parts = await snapshot_of(Snapshot(store, Kept(), grid.within), channel)
    assert len(parts) == frames
    assert [part["number"] for part in parts] == [0] * (frames - 1) + [store.number]
    picture = Picture()
    for part in parts:
        picture.apply(part)
    assert picture.clients == known(store, box)


@pytest.mark.parametrize("form", [JSON, BINARY], ids=["json", "binary"])
async def test_a_number_may_be_resumed_from_only_once_all_up_to_it_was_told(form: Form) -> None:
    store = Store(b"life")
    put(store, *[(b"%d" % number, 1, 1) for number in range(FRAME_MOST + 1)])
    channel = Channel(form, None, Names(), Teller("Goloman", "life", lambda: 1_520_023_934 * SECOND))
    lines = [report[1] for report in store.snapshot()]
    changes = await frames_of(channel, Stretch("changes", 3, store.number, lines, more=False))
    assert [(frame["number"], frame.get("more", False)) for frame in changes] == [(3, True), (store.number, False)]
    parts = await snapshot_of(Snapshot(store, Kept(), Grid(store).within), channel)
    assert [(part["number"], part.get("more", False)) for part in parts] == [(0, True), (store.number, False)]
    assert [part["type"] for part in parts] == ["snapshot"] * 2
    picture = Picture()
    for part in parts:
        picture.apply(part)
    assert picture.clients == known(store)
