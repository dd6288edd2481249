"""What clients and servers say to each other: mostly right, often at the edge of what is, now and then wrong."""

from hypothesis import strategies as st

from tests.fuzz.mutating import NASTY, Bytes, joined, mutated, without
from tests.fuzz.reference import WHITE

NOW = 1_520_023_935 * 10**9  # what the server's clock shows
SECRET = b"fuzz"

DIGITS = st.text("0123456789", min_size=1, max_size=16)
SIGNS = st.sampled_from("+-")

# Few names, so that they meet again.
CLIENTS = st.sampled_from([b"kiwi", b"kiwi", b"a", b"AT", b"IAMAT", b"?", b"\xff\0\x1f", "é\xa0\x85".encode()])
ODD_CLIENTS = st.sampled_from([b"x" * 1024, b"x" * 1025, b"\xc2\x85" * 512, b""]) | without(
    WHITE, st.binary(min_size=1, max_size=8)
)


def degrees(most: int) -> st.SearchStrategy[str]:
    """Return degrees, a few of them too many."""
    whole = st.integers(0, most + 1).map(str) | st.sampled_from([str(most), f"{most:04}", "00", "000", "07", ""])
    edge = st.sampled_from([f"+{most}", f"-{most}.0", f"+{most}." + "0" * 15, f"-{most}.000000000000001", "+-1"])
    return edge | st.builds("{}{}.{}".format, SIGNS, whole, DIGITS) | st.builds("{}{}".format, SIGNS, whole)


_PLAIN_PLACES = st.builds(
    "{:+010.6f}{:+011.6f}".format, st.integers(-89, 89).map(float), st.integers(-179, 179).map(float)
)
LOCATIONS = st.sampled_from(["+34.068930-118.445127", "-27.595700+153.019200"]) | _PLAIN_PLACES
ANY_LOCATIONS = (LOCATIONS | st.builds("{}{}".format, degrees(90), degrees(180))).map(str.encode)

# Around what the clock shows, and around a minute after it, where a report begins to count as of the future.
_SECONDS = st.integers(-3, 3).map(lambda off: NOW // 10**9 + off) | st.integers(57, 63).map(
    lambda off: NOW // 10**9 + off
)
_NANOS = st.sampled_from(["000000000", "000000001", "999999999", "5", "918963997"])
TIMES = (
    st.builds("{}.{}".format, _SECONDS, _NANOS)
    | st.builds("{}".format, _SECONDS)
    | st.builds("{}.{}".format, st.integers(0, 10**12), DIGITS)
    | st.sampled_from(
        ["0", "999999999999.999999999999999999", "4102444800.000000001", "0000000000.0", "1e9", "-1.0"]
    )
).map(str.encode)

BLANKS = st.sampled_from([b" ", b" ", b" ", b" ", b"  ", b"\t", b"\v\f\r", b"\xa0", b"\x1f", b""])


def spaced(*words: Bytes) -> Bytes:
    """Return words with something between them, nearly always white space."""
    gaps = [word for between in words for word in (BLANKS, between)][1:]
    return st.tuples(*gaps).map(b"".join) | st.tuples(*words).map(b" ".join)


ANY_CLIENTS = CLIENTS | CLIENTS | ODD_CLIENTS
PLAIN_IAMATS = st.tuples(st.just(b"IAMAT"), CLIENTS, LOCATIONS.map(str.encode), TIMES).map(b" ".join)
IAMATS = PLAIN_IAMATS | spaced(
    st.sampled_from([b"IAMAT", b"IAMAT", b"iamat", b" IAMAT"]), ANY_CLIENTS, ANY_LOCATIONS, TIMES
)
RADII = st.sampled_from(
    [
        b"0",
        b"10",
        b"50",
        b"50.0",
        b"050.000",
        b"50.0000001",
        b"51",
        b"0.5",
        b".5",
        b"5.",
        b"-0",
        b"0" * 5000,
        b"1e1",
    ]
)
LIMITS = st.sampled_from([b"0", b"5", b"20", b"020", b"21", b"1.0", b"+1", b"0" * 5000 + b"7", b"9" * 5000])
WHATSATS = spaced(st.sampled_from([b"WHATSAT", b"WHATSAT", b"whatsat"]), ANY_CLIENTS, RADII, LIMITS) | st.builds(
    b"WHATSAT %b 10 5".__mod__, CLIENTS
)

SKEWS = st.sampled_from(
    [
        b"+0.000000000",
        b"+0.263873386",
        b"-0.000000001",
        b"-59.999999999",
        b"-60.000000000",
        b"-61.000000000",
        b"-060.000000001",
        b"+275444.500000000",
        b"+999999999999.999999999",
        b"-999999999999.000000000",
        b"+1e3",
        b"0.000000000",
        b"+0.0",
        b"-61.0",
    ]
)
SERVERS = st.sampled_from([b"Goloman", b"Hands", b"Hands", b"\xff", b"x" * 64, b"x" * 65, b""])
PLAIN_ATS = st.tuples(st.just(b"AT"), SERVERS, SKEWS, CLIENTS, LOCATIONS.map(str.encode), TIMES).map(b" ".join)
ATS = PLAIN_ATS | spaced(st.just(b"AT"), SERVERS, SKEWS, ANY_CLIENTS, ANY_LOCATIONS, TIMES)

NOISE = without(b"\n", st.binary(max_size=40) | st.sampled_from(NASTY))
OVERLONG = st.sampled_from([65_535, 65_536, 65_537, 70_000, 200_000]).map(lambda size: b"y" * size)

CLIENT_LINES = st.one_of(IAMATS, IAMATS, WHATSATS, ATS, NOISE, mutated(IAMATS), mutated(WHATSATS))
# One line never has a newline in it, whatever was changed.
LINES = without(b"\n", CLIENT_LINES)
PEER_LINES = without(b"\n", st.one_of(ATS, ATS, mutated(ATS), NOISE))
STREAMS = joined(st.lists(LINES, max_size=12))
