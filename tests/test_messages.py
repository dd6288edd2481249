"""The line protocol: one table of lines and messages drives reading and writing alike."""

from dataclasses import FrozenInstanceError, astuple
from decimal import Decimal
from itertools import combinations, pairwise

import pytest

from herd.messages import (
    CLIENT_LIMIT,
    ECHO_LIMIT,
    FUTURE_LIMIT,
    LINE_LIMIT,
    NAME_LIMIT,
    SECOND,
    At,
    IAmAt,
    WhatsAt,
    format_skew,
    nanoseconds,
    parse_at,
    parse_command,
    refuse,
)
from herd.position import Malformed

HERE = b"+34.068930-118.445127"
TIME = b"1520023934.918963997"
IDS = [
    b"kiwi.cs.ucla.edu",
    b"?",
    b"IAMAT",
    b"\x00",
    b"a\x00b",
    b"\xff\xfe",
    b"\xc2\xa0",  # U+00A0, U+0085 and U+2028 are white space to str.split()
    b"\xa0\x85",
    b"\xc2\x85",
    b"\xe2\x80\xa8",
    b"\x1c\x1d\x1e\x1f",
    "日本".encode(),
    b"i" * CLIENT_LIMIT,
]
WHITE = [b" ", b"\t", b"\r", b"\n", b"\f", b"\v"]

COMMANDS = [
    *((b"IAMAT %b %b %b" % (name, HERE, TIME), IAmAt(name, HERE, TIME)) for name in IDS),
    (b"IAMAT a +90-180.0 0", IAmAt(b"a", b"+90-180.0", b"0")),
    (b"IAMAT a +1+1 000000000000", IAmAt(b"a", b"+1+1", b"000000000000")),
    (
        b"IAMAT a +1+1 999999999999.999999999999999999",
        IAmAt(b"a", b"+1+1", b"999999999999.999999999999999999"),
    ),
    (b"IAMAT a +1+1 1.0", IAmAt(b"a", b"+1+1", b"1.0")),
    *((b"WHATSAT %b 10 5" % name, WhatsAt(name, Decimal(10), 5)) for name in IDS),
    (b"WHATSAT a 0 0", WhatsAt(b"a", Decimal(0), 0)),
    (b"WHATSAT a 50 20", WhatsAt(b"a", Decimal(50), 20)),
    (b"WHATSAT a 50.000 020", WhatsAt(b"a", Decimal("50.000"), 20)),
    (b"WHATSAT a 0050 0000000020", WhatsAt(b"a", Decimal(50), 20)),
    (b"WHATSAT a 000.5 00", WhatsAt(b"a", Decimal("0.5"), 0)),
    (b"WHATSAT a 0.0 09", WhatsAt(b"a", Decimal("0.0"), 9)),
    (b"WHATSAT a 49.%b 19" % (b"9" * 60_000), WhatsAt(b"a", Decimal("49." + "9" * 60_000), 19)),
    (b"WHATSAT a 50.%b 10" % (b"0" * 60_000), WhatsAt(b"a", Decimal("50." + "0" * 60_000), 10)),
    (b"WHATSAT a %b7 1" % (b"0" * 60_000), WhatsAt(b"a", Decimal(7), 1)),
    (b"WHATSAT a 1 %b7" % (b"0" * 60_000), WhatsAt(b"a", Decimal(1), 7)),
    (b"WHATSAT a %b 1" % (b"0" * 60_000), WhatsAt(b"a", Decimal(0), 1)),
    (b"WHATSAT a 1 %b" % (b"0" * 60_000), WhatsAt(b"a", Decimal(1), 0)),
]

NO_COMMANDS = [
    b"",
    b"IAMAT",
    b"WHATSAT",
    b"HELLO a b c",
    b"iamat a +1+1 1",
    b"Iamat a +1+1 1",
    b"whatsat a 1 1",
    b"IAMAT\x00 a +1+1 1",
    b"IAMAT a +1+1",
    b"IAMAT a +1+1 1 1",
    b"IAMAT a b +1+1 1",
    b"WHATSAT a 1",
    b"WHATSAT a 1 1 1",
    b"IAMAT\xc2\xa0a +1+1 1",
    b"IAMAT a\x1f+1+1 1",
    b"IAMAT %b +1+1 1" % (b"i" * (CLIENT_LIMIT + 1)),
    b"WHATSAT %b 1 1" % (b"i" * (CLIENT_LIMIT + 1)),
    b"IAMAT a 1+1 1",
    b"IAMAT a +91+1 1",
    b"IAMAT a +1+1/ 1",
    b"IAMAT a +90.000000000000001+1 1",
    *(
        b"IAMAT a +1+1 " + time
        for time in (
            b"+1",
            b"-1",
            b"1.",
            b".5",
            b"1e9",
            b"1_0",
            b"0x1",
            b"nan",
            b"inf",
            b"1,5",
            b"1.5.5",
            b"1000000000000",
            b"0000000000000",
            b"1." + b"0" * 19,
            b"1\x00",
            "\u0661".encode(),
        )
    ),
    *(
        b"WHATSAT a %b 1" % radius
        for radius in (
            b"51",
            b"50.1",
            b"50.0000000000000000000000000000000000001",
            b"50." + b"0" * 60_000 + b"1",
            b"100",
            b"0" * 60_000 + b"51",
            b"9" * 60_000,
            b"+1",
            b"-1",
            b"-0",
            b"1.",
            b".5",
            b"1e1",
            b"1_0",
            b"nan",
            b"inf",
            b"0x1",
            "\u0661".encode(),
        )
    ),
    *(
        b"WHATSAT a 1 " + limit
        for limit in (
            b"21",
            b"30",
            b"99",
            b"100",
            b"0" * 60_000 + b"21",
            b"9" * 60_000,
            b"020.0",
            b"5.0",
            b"+5",
            b"-5",
            b"-0",
            b"1e0",
            b"1_0",
            b"\xb2",
            "\u0661".encode(),
        )
    ),
    b"AT Goloman +0.263873386 kiwi %b %b" % (HERE, TIME),
]

REPORTS = [
    At(b"Goloman", b"+0.263873386", b"kiwi.cs.ucla.edu", HERE, TIME),
    At(b"Goloman", b"-0.000000001", b"a", b"+1+1", b"0"),
    At(b"Goloman", b"+0.000000000", b"a", b"+1+1", b"0"),
    At(b"Goloman", b"-0.000000000", b"a", b"+1+1", b"0"),
    At(
        b"n" * NAME_LIMIT, b"-999999999999.999999999", b"i" * CLIENT_LIMIT, b"-90-180", b"9" * 12 + b"." + b"9" * 18
    ),
    *(At(name[:NAME_LIMIT], b"+1.000000000", name, b"+1+1", b"1.5") for name in IDS),
]

NO_REPORTS = [
    b"",
    b"AT",
    b"at S +0.000000000 a +1+1 1",
    b"AT S +0.000000000 a +1+1",
    b"AT S +0.000000000 a +1+1 1 1",
    b"AT  S +0.000000000 a +1+1 1",
    b" AT S +0.000000000 a +1+1 1",
    b"AT S +0.000000000 a +1+1 1 ",
    b"AT S +0.000000000 a +1+1 1\n",
    b"AT S +0.000000000 a +1+1 1\r",
    b"AT\tS +0.000000000 a +1+1 1",
    b"AT  +0.000000000 a +1+1 1",
    b"AT S +0.000000000  +1+1 1",
    b"AT S\tT +0.000000000 a +1+1 1",
    b"AT S +0.000000000 a\rb +1+1 1",
    b"AT %b +0.000000000 a +1+1 1" % (b"n" * (NAME_LIMIT + 1)),
    b"AT S +0.000000000 %b +1+1 1" % (b"i" * (CLIENT_LIMIT + 1)),
    b"AT S +0.000000000 a 1+1 1",
    b"AT S +0.000000000 a +1+1 -1",
    *(
        b"AT S %b a +1+1 1" % skew
        for skew in (
            b"0.000000000",
            b"+0",
            b"+0.",
            b"+.000000000",
            b"+0.00000000",
            b"+0.0000000000",
            b"+1e-09",
            b"+-0.000000000",
            b"+1000000000000.000000000",
            b"+nan",
        )
    ),
]


def at(time: str, skew: str, server: str = "S", location: str = "+1+1") -> At:
    return At(server.encode(), skew.encode(), b"a", location.encode(), time.encode())


def short(value: object) -> str:
    """Name a case by its beginning: some have 60,000 digits."""
    return ascii(value)[:60]


@pytest.mark.parametrize(("line", "message"), COMMANDS, ids=short)
def test_a_command_is_read_to_its_fields(line: bytes, message: IAmAt | WhatsAt) -> None:
    assert parse_command(line) == message


@pytest.mark.parametrize("white", WHITE)
def test_white_space_is_the_six_ascii_characters_and_any_number_of_them(white: bytes) -> None:
    for line, message in COMMANDS:
        assert parse_command(white * 2 + line.replace(b" ", white * 3) + white) == message


@pytest.mark.parametrize("line", NO_COMMANDS, ids=short)
def test_no_other_line_is_a_command(line: bytes) -> None:
    with pytest.raises(Malformed):
        parse_command(line)


@pytest.mark.parametrize("report", REPORTS, ids=short)
def test_a_report_that_is_written_is_read_again(report: At) -> None:
    assert parse_at(bytes(report)) == report
    assert bytes(report).split(b" ") == [b"AT", *astuple(report)]


@pytest.mark.parametrize("line", NO_REPORTS, ids=short)
def test_no_other_line_is_a_report(line: bytes) -> None:
    with pytest.raises(Malformed):
        parse_at(line)


def test_messages_are_frozen() -> None:
    for message in (IAmAt(b"a", HERE, TIME), WhatsAt(b"a", Decimal(1), 1), REPORTS[0]):
        with pytest.raises(FrozenInstanceError):
            message.client = b"b"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("skew", "text"),
    [
        (0, b"+0.000000000"),
        (1, b"+0.000000001"),
        (-1, b"-0.000000001"),
        (263873386, b"+0.263873386"),
        (SECOND, b"+1.000000000"),
        (-SECOND, b"-1.000000000"),
        (-SECOND + 1, b"-0.999999999"),
        (10**21 - 1, b"+999999999999.999999999"),
        (1 - 10**21, b"-999999999999.999999999"),
    ],
)
def test_a_skew_is_signed_seconds_with_nine_decimals(skew: int, text: bytes) -> None:
    assert format_skew(skew) == text
    assert nanoseconds(text) == skew


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (b"0", 0),
        (b"1520023934.918963997", 1520023934918963997),
        (b"1.5", 1_500_000_000),
        (b"1.0000000019999999", 1_000_000_001),
        (b"0.000000000999999999", 0),
        (b"999999999999.999999999999999999", 10**21 - 1),
        (b"-0.5", -500_000_000),
        (b"-0.000000001", -1),
        (b"+0.000000001", 1),
    ],
)
def test_time_is_whole_nanoseconds_and_digits_beyond_the_ninth_are_not_looked_at(text: bytes, whole: int) -> None:
    assert nanoseconds(text) == whole


@pytest.mark.parametrize(
    ("time", "now", "skew"),
    [
        (TIME, 1520023934918963997 + 263873386, b"+0.263873386"),
        (TIME, 1520023934918963997, b"+0.000000000"),
        (TIME, 1520023934918963996, b"-0.000000001"),
        (b"1520023934.918963997999999999", 1520023934918963997, b"+0.000000000"),
        (b"0", 1520023934918963997, b"+1520023934.918963997"),
        (b"999999999999", 0, b"-999999999999.000000000"),
    ],
)
def test_the_skew_is_the_servers_clock_minus_the_clients_time(time: bytes, now: int, skew: bytes) -> None:
    report = IAmAt(b"kiwi", HERE, time).heard_by(b"Goloman", now)
    assert report == At(b"Goloman", skew, b"kiwi", HERE, time)
    assert report.heard == now
    assert parse_at(bytes(report)) == report


def test_of_two_reports_the_one_with_the_later_time_is_newer_whoever_heard_it_first() -> None:
    early, late = at("100.000000001", "+9.000000000"), at("100.000000002", "+0.000000000")
    assert early.heard > late.heard
    assert early.rank < late.rank


def test_digits_beyond_the_ninth_make_no_report_newer_by_time() -> None:
    more, less = at("100.0000000019", "+0.000000000"), at("100.000000001", "+0.000000001")
    assert more.rank < less.rank  # the times are the same, and this one was heard later


def test_a_time_in_the_future_counts_at_most_a_minute_beyond_its_hearing() -> None:
    now = 1000
    frozen = at("999999999999", f"-{999999999999 - now}.000000000")
    assert frozen.rank[0] == now * SECOND + FUTURE_LIMIT
    assert at("1059.999999999", "-59.999999999").rank < frozen.rank
    assert frozen.rank < at("1060.000000001", "+0.000000000").rank


@pytest.mark.parametrize(
    ("time", "skew", "first"),
    [
        ("1060", "-60.000000000", 1060 * SECOND),
        ("1060.000000001", "-60.000000001", 1060 * SECOND),
        ("1059.999999999", "-59.999999999", 1060 * SECOND - 1),
        ("1000", "+5.000000000", 1000 * SECOND),
    ],
)
def test_exactly_a_minute_ahead_is_still_the_clients_own_time(time: str, skew: str, first: int) -> None:
    assert at(time, skew).rank[0] == first


def test_ties_are_decided_by_time_then_heard_then_the_bytes_of_the_line() -> None:
    now = 1000
    in_order = [
        at("1060", "-60.000000000"),
        at("2000", f"-{2000 - now}.000000000"),  # both count as 1060, this one says it is later
        at("2000", f"-{2000 - now}.000000000", location="+2+1"),
        at("2000", f"-{2000 - now}.000000000", server="T"),
        at("2000.0", f"-{2000 - now}.000000000", server="T"),
        at("2000.0", f"-{2000 - now - 1}.999999999"),
    ]
    assert all(older.rank < newer.rank for older, newer in pairwise(in_order))
    heard_later = at("100", "+2.000000000", server="A")
    assert at("100", "+1.000000000", server="Z").rank < heard_later.rank


def test_any_two_lines_that_differ_have_ranks_that_differ() -> None:
    lines = [
        at(time, skew, server)
        for time in ("1", "1.0", "1.0000000001")
        for skew in ("+0.000000000", "-0.000000000", "+1.000000000")
        for server in ("S", "T")
    ]
    assert all(one.rank != other.rank for one, other in combinations(lines, 2))


def test_a_repetition_is_the_same_place_and_time_byte_for_byte() -> None:
    report = at("1.5", "+0.000000000")
    assert report.repeats(at("1.5", "+7.000000000", server="T"))
    assert not report.repeats(at("1.50", "+0.000000000"))
    assert not report.repeats(at("1.5", "+0.000000000", location="+1+1.0"))
    assert not report.repeats(At(b"S", b"+0.000000000", b"b", b"+1+1", b"1.5"))


@pytest.mark.parametrize(
    "line",
    [b"", b"x", b"\xff\x00 \r", b"  IAMAT a  b\t", b"? ?", b"x" * LINE_LIMIT, b"x" * (ECHO_LIMIT + 1)],
    ids=short,
)
def test_a_refusal_is_an_exact_copy(line: bytes) -> None:
    assert refuse(line) == b"? " + line


@pytest.mark.parametrize("size", [LINE_LIMIT + 1, 3_000_000])
def test_the_refusal_of_an_overlong_line_repeats_its_beginning(size: int) -> None:
    line = (b"0123456789" * (size // 10 + 1))[:size]
    assert refuse(line) == b"? " + line[:ECHO_LIMIT]
