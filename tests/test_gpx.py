"""Recorded tracks of every kind that recorders write, and files that are none."""

from pathlib import Path

import pytest

from herd.gpx import TrackError, TrackPoint, read_track

TIMED = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="test" {namespace}>
  <metadata><time>2001-01-01T00:00:00Z</time></metadata>
  <wpt lat="1" lon="1"/>
  <trk><name>one</name>
    <trkseg>
      <trkpt lat="34.068930" lon="-118.445127"><ele>1</ele><time>2018-03-02T20:52:14Z</time></trkpt>
      <trkpt lat="34.06900" lon="-118.4452"><time>2018-03-02T20:52:15.25Z</time></trkpt>
    </trkseg>
    <trkseg><trkpt lat="34" lon="-118"><time>2018-03-02T21:52:20+01:00</time></trkpt></trkseg>
  </trk>
  <trk><trkseg><trkpt lat="+0.5" lon=".5"><time> 2018-03-02T20:53:14 </time></trkpt></trkseg></trk>
</gpx>
"""
NAMESPACES = [
    "",
    'xmlns="http://www.topografix.com/GPX/1/0"',
    'xmlns="http://www.topografix.com/GPX/1/1"',
]


def write(folder: Path, *points: str) -> Path:
    """Write a track of these points, each given as its attributes, or with |time."""
    path = folder / "track.gpx"
    body = ""
    for point in points:
        attributes, _, time = point.partition("|")
        body += f"<trkpt {attributes}>{f'<time>{time}</time>' if time else ''}</trkpt>\n"
    path.write_text(f"<gpx><trk><trkseg>{body}</trkseg></trk></gpx>", "utf-8")
    return path


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_all_points_of_all_segments_come_with_their_seconds_from_the_first(tmp_path: Path, namespace: str) -> None:
    path = tmp_path / "track.gpx"
    path.write_text(TIMED.format(namespace=namespace), "utf-8")
    track = read_track(path)
    assert track.skipped == 0
    assert track.points == [
        TrackPoint(b"+34.068930-118.445127", 0.0),
        TrackPoint(b"+34.06900-118.4452", 1.25),
        TrackPoint(b"+34-118", 6.0),
        TrackPoint(b"+0.5+0.5", 60.0),
    ]


def test_without_times_the_points_are_a_second_apart(tmp_path: Path) -> None:
    track = read_track(write(tmp_path, 'lat="1" lon="1"', 'lat="2" lon="2"', 'lat="3" lon="3"|yesterday'))
    assert [point.offset for point in track.points] == [0.0, 1.0, 2.0]


def test_points_out_of_order_are_sorted_by_time_and_those_of_one_time_stay_as_they_are(tmp_path: Path) -> None:
    late, early = "2020-01-01T00:00:09Z", "2020-01-01T00:00:00Z"
    points = [('lat="1" lon="1"', late), ('lat="2" lon="2"', early), ('lat="3" lon="3"', early)]
    track = read_track(write(tmp_path, *(f"{place}|{time}" for place, time in points)))
    assert track.points == [TrackPoint(b"+2+2", 0.0), TrackPoint(b"+3+3", 0.0), TrackPoint(b"+1+1", 9.0)]


def test_a_point_without_a_time_is_reached_with_the_one_before_it(tmp_path: Path) -> None:
    times = ["", "2020-01-01T00:00:00Z", "", "2020-01-01T00:00:05Z", "nonsense"]
    track = read_track(write(tmp_path, *(f'lat="{i}" lon="0"|{time}' for i, time in enumerate(times))))
    assert [point.offset for point in track.points] == [0.0, 0.0, 0.0, 5.0, 5.0]
    assert [point.location for point in track.points] == [b"+%d+0" % i for i in range(5)]


@pytest.mark.parametrize(
    ("lat", "lon", "location"),
    [
        ("90.0", "-180.000", b"+90.0-180.000"),
        ("-0.0", "-0", b"-0.0-0"),
        ("5.", ".25", b"+5+0.25"),
        ("0034.5", "007", b"+34.5+7"),
        (" 1.5 ", "\n2", b"+1.5+2"),
        ("3.4068930e1", "1E-5", b"+34.068930+0.00001"),
        ("1.1234567890123456789", "-1.9999999999999999", b"+1.123456789012346-2.000000000000000"),
        ("1e-30", "0", b"+0.000000000000000+0"),
    ],
)
def test_the_digits_of_the_file_are_kept_as_iso_6709(tmp_path: Path, lat: str, lon: str, location: bytes) -> None:
    (point,) = read_track(write(tmp_path, f'lat="{lat}" lon="{lon}"')).points
    assert point.location == location


@pytest.mark.parametrize(
    "place",
    [
        "",
        'lat="1"',
        'lat="" lon=""',
        'lat="NaN" lon="NaN"',
        'lat="inf" lon="1"',
        'lat="90.1" lon="0"',
        'lat="0" lon="180.001"',
        'lat="0" lon="359"',
        'lat="1,5" lon="2"',
        'lat="1_0" lon="2"',
        'lat="+1+2" lon=""',
        'lat="\u0661" lon="2"',
        'lat="1e99" lon="2"',
        'lat="0x10" lon="2"',
    ],
)
def test_a_point_without_a_position_is_left_out_and_counted(tmp_path: Path, place: str) -> None:
    track = read_track(write(tmp_path, 'lat="1" lon="1"', place, 'lat="2" lon="2"'))
    assert [point.location for point in track.points] == [b"+1+1", b"+2+2"]
    assert track.skipped == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "not a GPX file"),
        (b"hello", "not a GPX file"),
        (b"<gpx><trk>", "not a GPX file"),
        (b"\xff\xfe\x00", "not a GPX file"),
        (b'<?xml version="1.0" encoding="klingon"?><gpx/>', "not a GPX file"),
        (b"<html><body/></html>", "its root is <html>"),
        (b"<gpx/>", "no track points with a position, of 0 in all"),
        (b'<gpx><wpt lat="1" lon="1"/></gpx>', "no track points"),
        (b'<gpx><trk><trkseg><trkpt lat="x" lon="1"/></trkseg></trk></gpx>', "of 1 in all"),
    ],
)
def test_a_file_that_is_no_track_is_an_error_with_its_name(tmp_path: Path, text: bytes, reason: str) -> None:
    path = tmp_path / "walk.gpx"
    path.write_bytes(text)
    with pytest.raises(TrackError, match=reason) as error:
        read_track(path)
    assert str(error.value).startswith(f"{path}: ")


def test_a_file_that_is_not_there_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(TrackError, match=r"none\.gpx: No such file"):
        read_track(tmp_path / "none.gpx")
    with pytest.raises(TrackError, match="Is a directory"):
        read_track(tmp_path)
