"""Reports as GeoJSON (RFC 7946): Features and collections of them, written piece by piece."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from json.encoder import encode_basestring_ascii as quote

from web.clients.trails import Point
from web.feed.frames import see, write_report
from web.schema import to_text

GEOJSON = "application/geo+json"


def write_feature(line: bytes, **more: float) -> str:
    """Return the Feature of an AT line: its place, and as properties the report; `more` are foreign members."""
    seen = see(line)
    point = f'{{"type":"Point","coordinates":[{seen.longitude!r},{seen.latitude!r}]}}'
    return _feature(seen.client, point, write_report(seen), more)


def write_trailed(line: bytes, trail: Sequence[Point]) -> str:
    """Return the same with a trail: a GeometryCollection of the Point and a line, so that every reader draws both.

    The line is a MultiLineString where it crosses the antimeridian (RFC 7946, 3.1.9); as a foreign member `times`
    has the POSIX seconds to its coordinates, one for one. Where there is no line (a point is none), it is a Point.
    """
    if len(trail) < 2:
        return write_feature(line)
    seen = see(line)
    parts = _cut(trail)
    lines = [[point[:2] for point in part] for part in parts]
    times = [[point.time for point in part] for part in parts]
    whole = len(parts) == 1
    track = {"type": "LineString" if whole else "MultiLineString", "coordinates": lines[0] if whole else lines}
    point = {"type": "Point", "coordinates": [seen.longitude, seen.latitude]}
    geometry = _dump({"type": "GeometryCollection", "geometries": [point, track]})
    return _feature(seen.client, geometry, write_report(seen), {"times": times[0] if whole else times})


def begin_collection(**members: object) -> str:
    """Return the beginning of a FeatureCollection with foreign members, up to its first Feature."""
    return _dump({"type": "FeatureCollection", **members})[:-1] + ',"features":[\n'


def end_collection(gone: Iterable[bytes] | None) -> str:
    """Return its end, with the clients to show no more."""
    return "\n]}\n" if gone is None else f'\n],"gone":{_dump([to_text(client) for client in gone])}}}\n'


def _feature(client: bytes, geometry: str, properties: str, more: object) -> str:
    members = f",{_dump(more)[1:-1]}" if more else ""
    name = quote(to_text(client))
    return f'{{"type":"Feature","id":{name},"geometry":{geometry},"properties":{properties}{members}}}'


def _dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _cut(trail: Sequence[Point]) -> list[list[Point]]:
    """Cut a trail where it crosses the antimeridian, so that nothing draws a line around the world."""
    parts = [list(trail[:1])]
    for a, b in pairwise(trail):
        if abs(b.longitude - a.longitude) > 180:
            end, begin = _crossing(a, b)
            parts[-1].append(end)
            parts.append([begin])
        parts[-1].append(b)
    return parts


def _crossing(a: Point, b: Point) -> Iterator[Point]:
    """Yield the point of the antimeridian between two points, by either of its two names."""
    side = 180.0 if a.longitude > 0 else -180.0
    ahead = b.longitude + 2 * side  # as if the world went on there
    share = (side - a.longitude) / (ahead - a.longitude) if ahead != a.longitude else 0.0
    latitude = a.latitude + share * (b.latitude - a.latitude)
    time = a.time + share * (b.time - a.time)
    yield Point(side, latitude, time)
    yield Point(-side, latitude, time)
