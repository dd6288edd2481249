"""What is a location, and what it is not."""

import pytest

from herd.position import Malformed, parse_location

NINES, ZEROS = "9" * 15, "0" * 15


@pytest.mark.parametrize(
    ("location", "latitude", "longitude"),
    [
        ("+34.068930-118.445127", "34.068930", "-118.445127"),
        ("-0+0", "-0", "0"),
        ("+5-5", "5", "-5"),
        ("+05-005", "5", "-5"),
        ("+05-05", "5", "-5"),
        ("+00.0+000.0", "0.0", "0.0"),
        ("+90-180", "90", "-180"),
        (f"-90.{ZEROS}+180.{ZEROS}", f"-90.{ZEROS}", f"180.{ZEROS}"),
        (f"+89.{NINES}-179.{NINES}", f"89.{NINES}", f"-179.{NINES}"),
        (f"+0.{'0' * 14}1-0.{'0' * 14}1", f"0.{'0' * 14}1", f"-0.{'0' * 14}1"),
        ("+9-99", "9", "-99"),
        ("+89+100", "89", "100"),
        ("+1+170.5", "1", "170.5"),
    ],
)
def test_a_location_is_read_exactly(location: str, latitude: str, longitude: str) -> None:
    position = parse_location(location.encode())
    # Compared as text, for Decimal("1.0") == Decimal("1").
    assert [f"{number:f}" for number in position] == [latitude, longitude]


@pytest.mark.parametrize(
    "location",
    [
        "",
        "+",
        "+-",
        "+34.0",
        "34.0-118.0",
        "+34.0118.0",
        "+34.0 -118.0",
        "+34.0,-118.0",
        "+34.0-118.0/",
        "+34.0-118.0+12.0",
        "+34.0-118.0\n",
        " +34.0-118.0",
        "++34.0-118.0",
        "+34.0--118.0",
        "+34.-118.0",
        "+.5-118.0",
        "+34.0-118.",
        "+34.0-.5",
        "+90.000000000000001-118.0",
        "-90.1+0",
        "+91+0",
        "+99+0",
        "+090+0",
        "+100+0",
        "+034.0+0",
        "+0+180.000000000000001",
        "+0-181",
        "+0+190",
        "+0+200",
        "+0+360",
        "+0+0180",
        "+0+0000",
        f"+34.{ZEROS}0-118.0",
        f"+34.0-118.{ZEROS}0",
        f"+90.{ZEROS}0-118.0",
        "+3e1-118.0",
        "+34.0-1.18e2",
        "+nan-118.0",
        "+inf-inf",
        "+3_4.0-118.0",
        "+\u0663\u0664.0-118.0",
        "+\uff13\uff14.0-118.0",
        "\u221234.0-118.0",
        "+34.0-118.0\0",
    ],
)
def test_anything_else_is_malformed(location: str) -> None:
    with pytest.raises(Malformed):
        parse_location(location.encode())


def test_malformed_is_a_value_error_that_says_what_a_location_is() -> None:
    with pytest.raises(ValueError, match="both signs"):
        parse_location(b"\xff")
