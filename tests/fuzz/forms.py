"""Bodies of POST /iamat: reports as JSON, as forms and as lines, mostly right."""

from hypothesis import strategies as st

from tests.fuzz.mutating import joined, mutated
from tests.fuzz.speaking import ANY_CLIENTS, ANY_LOCATIONS, ANY_TIMES, LINES, mostly

NUMBERS = st.sampled_from(["0", "-0", "1e400", "1.50", "9" * 5000, "-33.8568", "NaN", "Infinity", "1_0", "\u0661"])
TEXTS = st.sampled_from(['""', '"a b"', '"\\ud800"', '"\\udcff"', '"\\u0000"', '"+34.068930-118.445127"', '"kiwi"'])
VALUES = st.recursive(
    NUMBERS | TEXTS | st.sampled_from(["null", "true", "[]", "{}"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]"),
    max_leaves=4,
)
FIELDS = st.sampled_from(["client", "client", "location", "lat", "lon", "time", "more", "\\u0063lient"])
REPORTS = st.lists(st.builds('"{}":{}'.format, FIELDS, VALUES), max_size=5).map(
    lambda parts: f"{{{','.join(parts)}}}"
)
GOOD = st.builds(
    '{{"client":"{}","lat":{},"lon":{},"time":{}}}'.format,
    st.sampled_from(["kiwi", "\\u00e9", "\\udcff"]),
    st.integers(-91, 91),
    st.integers(-181, 181),
    st.integers(0, 10**12),
)
TWICE = st.builds("{{{}:{},{}".format, FIELDS.map('"{}"'.format), VALUES, GOOD.map(lambda report: report[1:]))
ANY_JSON = (
    REPORTS | GOOD | TWICE | st.lists(REPORTS | GOOD | VALUES, max_size=6).map(lambda some: f"[{','.join(some)}]")
).map(str.encode)
FORMS = st.lists(
    st.tuples(
        FIELDS.map(str.encode), st.sampled_from([b"=", b"=", b"", b"=="]), ANY_CLIENTS | ANY_LOCATIONS | ANY_TIMES
    ).map(b"".join),
    max_size=5,
).map(b"&".join)
BODIES = mostly(ANY_JSON, mutated(ANY_JSON), mutated(FORMS), mutated(joined(st.lists(LINES, max_size=8))))
