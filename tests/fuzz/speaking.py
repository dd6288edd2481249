"""What clients and servers say to each other: plain lines, and such with an odd field, odd blanks, or anything."""

from hypothesis import strategies as st

from tests.fuzz.mutating import NASTY, Bytes, listed, mutated, without
from tests.fuzz.reference import WHITE

NOW = 1_520_023_935 * 10**9  # what the server's clock shows
SECRET = b"fuzz"

# Of the plain fields there are few, so that reports meet: of one client, place or time.
CLIENTS = st.sampled_from([b"kiwi", b"kiwi", b"moa", b"\xff\x85"])
ODD_CLIENTS = st.sampled_from([b"x" * 1024, b"x" * 1025, b"\xc2\x85" * 512, b"", b"AT", b"?", b"\0\x1f"]) | without(
    WHITE, st.binary(min_size=1, max_size=8)
)

DIGITS = st.text("0123456789", min_size=1, max_size=16)
SIGNS = st.sampled_from("+-")


def degrees(most: int) -> st.SearchStrategy[str]:
    """Return degrees, some of them too many."""
    whole = st.integers(0, most).map(str) | st.sampled_from([str(most), f"{most:04}", "00", "000", "07", ""])
    edge = st.sampled_from([f"+{most}", f"-{most}.0", f"+{most}." + "0" * 15, f"-{most}.000000000000001", "+-1"])
    beyond = st.builds("{}{}.{}".format, SIGNS, st.integers(most, most + 9), DIGITS)
    return (
        edge | beyond | st.builds("{}{}.{}".format, SIGNS, whole, DIGITS) | st.builds("{}{}".format, SIGNS, whole)
    )


LOCATIONS = st.sampled_from([b"+34.068930-118.445127", b"-27.595700+153.019200"])
ODD_LOCATIONS = (
    st.builds("{}-118.445127".format, degrees(90))
    | st.builds("+34.068930{}".format, degrees(180))
    | st.builds("{}{}".format, degrees(90), degrees(180))
).map(str.encode)

# Around what the clock shows, and around a minute after it, where a report begins to count as of the future.
TIMES = st.builds(
    "{}.{}".format,
    st.sampled_from([-1, 0, 60, 61]).map(lambda later: NOW // 10**9 + later),
    st.sampled_from(["000000000", "999999999"]),
).map(str.encode)
ODD_TIMES = (
    st.builds("{}.{}".format, st.integers(0, 10**12), DIGITS)
    | st.builds("{}".format, st.integers(-3, 120).map(lambda later: NOW // 10**9 + later))
    | st.sampled_from(listed("0 999999999999.999999999999999999 4102444800.000000001 0000000000.0 1e9 -1.0"))
).map(str.encode)

SKEWS = st.sampled_from(b"+0.000000000 +0.263873386 -0.000000001 -59.999999999 -60.000000000 -61.000000000".split())
ODD_SKEWS = st.sampled_from(
    b"""-060.000000001 +275444.500000000 +999999999999.999999999 -999999999999.000000000 +1e3 0.000000000 +0.0
    -61.0""".split()
)
SERVERS = st.sampled_from([b"Goloman", b"Hands", b"Hands"])
ODD_SERVERS = st.sampled_from([b"\xff", b"x" * 64, b"x" * 65, b""])

RADII = st.sampled_from(b"0 10 50".split())
ODD_RADII = st.sampled_from([*b"50.0 050.000 50.0000001 51 0.5 .5 5. -0 1e1".split(), b"0" * 5000])
LIMITS = st.sampled_from(b"0 1 5 20".split())
ODD_LIMITS = st.sampled_from([*b"020 21 1.0 +1".split(), b"0" * 5000 + b"7", b"9" * 5000])

BLANKS = st.sampled_from([b" ", b" ", b" ", b" ", b"  ", b"\t", b"\v\f\r", b"\xa0", b"\x1f", b""])


def spaced(*words: Bytes) -> Bytes:
    """Return words with something around them, mostly white space."""
    return st.tuples(*[part for word in words for part in (BLANKS, word)], BLANKS).map(b"".join)


def plain(*fields: tuple[Bytes, Bytes]) -> Bytes:
    """Return plain fields; of each, the other strategy is the odd one."""
    return st.tuples(*[usual for usual, _ in fields]).map(b" ".join)


def odd(*fields: tuple[Bytes, Bytes]) -> Bytes:
    """Return fields of which one is odd, or the blanks between them, or some bytes of them all."""
    one_odd = [
        st.tuples(*[usual if at != place else unusual for at, (usual, unusual) in enumerate(fields)]).map(b" ".join)
        for place in range(len(fields))
    ]
    return st.one_of(*one_odd, spaced(*[usual for usual, _ in fields]), mutated(plain(*fields)))


CLIENT, PLACE, TIME = (CLIENTS, ODD_CLIENTS), (LOCATIONS, ODD_LOCATIONS), (TIMES, ODD_TIMES)
IAMAT = (st.just(b"IAMAT"), st.sampled_from([b"iamat", b" IAMAT", b"IAMAT\0"])), CLIENT, PLACE, TIME
WHATSAT = (st.just(b"WHATSAT"), st.just(b"whatsat")), CLIENT, (RADII, ODD_RADII), (LIMITS, ODD_LIMITS)
FORGET = (st.just(b"FORGET"), st.just(b"forget")), (SERVERS, ODD_SERVERS), CLIENT, (TIMES, ODD_TIMES)
AT = (st.just(b"AT"), st.just(b" AT")), (SERVERS, ODD_SERVERS), (SKEWS, ODD_SKEWS), CLIENT, PLACE, TIME

ANY_CLIENTS, ANY_LOCATIONS, ANY_TIMES = CLIENTS | ODD_CLIENTS, LOCATIONS | ODD_LOCATIONS, TIMES | ODD_TIMES
PLAIN_IAMATS, PLAIN_WHATSATS, PLAIN_ATS = plain(*IAMAT), plain(*WHATSAT), plain(*AT)
BLANK_LINES = st.sampled_from([b"", b" ", b"\t\r", b"\v\f "])
NOISE = without(b"\n", st.binary(max_size=40) | st.sampled_from(NASTY))
OVERLONG = st.sampled_from([65_535, 65_536, 65_537, 70_000, 200_000]).map(lambda size: b"y" * size)

# One line never has a newline in it, whatever was changed.
ODD_COMMANDS = without(b"\n", odd(*IAMAT) | odd(*WHATSAT) | PLAIN_ATS | NOISE | BLANK_LINES)
PLAIN_FORGETS = plain(*FORGET)
ODD_FACTS = without(b"\n", odd(*AT) | odd(*FORGET) | NOISE | BLANK_LINES)


def mostly(*strategies: Bytes) -> Bytes:
    """Return one of these, each as often as any other: `|` would weigh each by the alternatives that it has."""
    return st.sampled_from(strategies).flatmap(lambda strategy: strategy)


LINES = mostly(PLAIN_IAMATS, PLAIN_WHATSATS, ODD_COMMANDS)
PEER_LINES = mostly(PLAIN_ATS, PLAIN_ATS, PLAIN_FORGETS, ODD_FACTS, ODD_FACTS)
