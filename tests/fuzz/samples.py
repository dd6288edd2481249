"""JSON of any kind, and files as their writers write them, to be damaged."""

import sqlite3
from contextlib import closing

from hypothesis import strategies as st

from tests.fuzz.mutating import Bytes

KEYS = st.text(max_size=5) | st.sampled_from(
    ["results", "results", "status", "error_message", "elements", "features"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
LAYOUTS = st.sampled_from([None, 0, 3])


def tiles() -> bytes:
    """Return a file of tiles."""
    with closing(sqlite3.connect(":memory:")) as found:
        found.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        found.execute("CREATE TABLE metadata (name, value)")
        found.execute("INSERT INTO metadata VALUES ('format', 'png'), ('bounds', '1,2,3,4'), ('attribution', 'me')")
        found.execute("INSERT INTO tiles VALUES (0, 0, 0, x'89504e470d0a')")
        found.commit()
        return found.serialize()


FEATURE = (
    b'{"type":"Feature","id":7,"geometry":{"type":"Polygon","coordinates":[[[1,2],[3,4],[1.5e0,-2]]]},'
    b'"properties":{"name":"Caf\\u00e9","amenity":"cafe","addr:street":"x","tags":{"shop":"yes"}}}'
)
ELEMENT = b'{"type":"way","id":2,"center":{"lat":64.2,"lon":-21.8},"tags":{"name":"Safn","shop":"books","x":"y"}}'
FILES: Bytes = st.sampled_from(
    [
        b'{"type":"FeatureCollection","copyright":"\xc2\xa9 me","features":[\n'
        + FEATURE
        + b",\n"
        + FEATURE
        + b"\n]}\n",
        b'{"version":0.6,"osm3s":{"copyright":"ODbL"},"elements":[' + ELEMENT + b"," + ELEMENT + b'],"remark":"x"}',
    ]
)
