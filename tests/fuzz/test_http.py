"""HTTP: queries, paths, headers and raw bytes of every kind; never a 500, and JSON that is JSON."""

from urllib.parse import quote_from_bytes

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.answers import check, read
from tests.fuzz.forms import BODIES
from tests.fuzz.mutating import CUTS, NASTY, cut_up, mutated
from tests.fuzz.served import Served, throw
from tests.fuzz.speaking import ANY_CLIENTS, LIMITS, ODD_LIMITS, ODD_RADII, RADII, degrees, mostly
from tests.webbing import Gateway

PATHS = st.sampled_from(
    b"""/ /clients /clients /clients/kiwi /clients/%FF%00%1F /clients/? /whatsat /herd /healthz /readyz /metrics
    /openapi.json /api /static/js/main.js /static/../run.py /static/%2e%2e/run.py /tiles/1/1/1 /tiles/99/9/9 /ws
    /live /iamat //evil.example/ *""".split()
)
DEGREES = (
    degrees(90).map(str.encode) | degrees(180).map(str.encode) | st.sampled_from([b"34.06893", b"-118.4", b"0"])
)
CLIENT = st.builds(b"client=%b".__mod__, ANY_CLIENTS.map(lambda client: quote_from_bytes(client).encode()))
NEAR = st.builds(b"near=%b,%b".__mod__, st.tuples(DEGREES, DEGREES)) | st.sampled_from(
    [b"near=0,0", b"near=90,180"]
)
BOX = st.builds(b"bbox=%b,%b,%b,%b".__mod__, st.tuples(*[DEGREES] * 4)) | st.just(b"bbox=170,-30,-170,30")
RADIUS = st.builds(b"radius=%b".__mod__, RADII | ODD_RADII | st.sampled_from([b"20100", b"20100.1"]))
LIMIT = st.builds(b"limit=%b".__mod__, LIMITS | ODD_LIMITS | st.sampled_from([b"10000", b"10001"]))
SINCE = st.sampled_from(b"since=LIFE:0 since=LIFE:1 since=LIFE:999999999999999999 since=x:0 since=LIFE:-1".split())
OTHER = st.sampled_from([*b"trail=1 trail=0 trail=2 format=binary format=json %zz =".split(), b""])
QUERIES = mostly(
    st.sampled_from(
        b"near=1,1&radius=5&limit=7 bbox=-1,-1,1,1&since=LIFE:0 client=kiwi&trail=1 client=kiwi&limit=5".split()
    ),
    st.tuples(NEAR, RADIUS, LIMIT).map(b"&".join),
    st.tuples(st.just(b"near=1,1"), LIMIT).map(b"&".join),
    st.tuples(BOX, SINCE).map(b"&".join),
    st.tuples(CLIENT, RADIUS, LIMIT).map(b"&".join),
    st.lists(NEAR | BOX | CLIENT | RADIUS | LIMIT | SINCE | OTHER, max_size=3).map(b"&".join),
)
TARGETS = mostly(
    st.tuples(st.sampled_from([b"/clients?", b"/whatsat?", b"/live?", b"/clients/kiwi?"]), QUERIES).map(b"".join),
    st.tuples(mutated(PATHS, most=2), st.just(b"?"), mutated(QUERIES, most=2)).map(b"".join),
    mutated(PATHS, most=2),
)
VALUES_OF = {
    b"Host": b"localhost 127.0.0.1:80 [::1]:1 evil.example localhost: [ \xff a@b".split(),
    b"Origin": b"http://localhost https://localhost:443 null http://evil.example :// \xff".split(),
    b"Accept": b"text/plain */* text/plain;q=0.5,*/*;q=0 q=1 ; , a/b;q=nan text/plain;q".split(),
    b"Accept-Encoding": b"gzip * gzip;q=0 br;q=1,gzip;q=2 ;, identity".split(),
    b"If-None-Match": b'* W/"x" " x ," W/"0-0",W/"LIFE-0"'.split(),
    b"Last-Event-ID": b"LIFE:0 x : LIFE:999999999999999999".split(),
    b"Upgrade": b"websocket h2c".split(),
    b"Connection": b"Upgrade keep-alive".split(),
    b"Sec-WebSocket-Version": b"13 8 x".split(),
    b"Sec-WebSocket-Key": b"aGVyZCBsaXZlIGhlcmQhIQ== x".split(),
    b"Access-Control-Request-Method": b"GET POST x".split(),
    b"Range": b"bytes=0-1 bytes=5-1 bytes=- x".split(),
    b"If-Modified-Since": [b"Thu, 01 Jan 1970 00:00:00 GMT", b"x"],
    b"Content-Length": b"0 5".split(),
    b"Expect": b"100-continue x".split(),
    b"Authorization": [*(b"Bearer " + token for token in (b"x", b"\xff", b"a b", b"")), b"Basic eDp5", b"Bearer"],
    b"Cookie": b"a=b ;;=".split(),
}
NAMES = st.sampled_from(sorted(VALUES_OF))
GOOD_HEADERS = NAMES.flatmap(lambda name: st.sampled_from(VALUES_OF[name]).map(lambda value: name + b": " + value))
HEADERS = mostly(GOOD_HEADERS, GOOD_HEADERS, mutated(GOOD_HEADERS, most=1))
METHODS = st.sampled_from([*[b"GET"] * 9, b"HEAD", b"OPTIONS", b"POST", b"PUT", b"DELETE", b"get", b"\xff"])


@settings(max_examples=80)
@given(METHODS, TARGETS, st.lists(HEADERS, max_size=3))
def test_any_question_is_answered_without_a_defect(
    home: Served, method: bytes, target: bytes, headers: list[bytes]
) -> None:
    # What cannot stand in a request's first line is the business of the next property.
    target = target.translate(None, b" \t\r\n\f\v\0") or b"/"
    if target.startswith(b"/events"):
        return  # it has no end
    lines = [
        header.translate(None, b"\r\n\0") for header in headers if not header.startswith((b"Content-L", b"Expect"))
    ]
    if not any(line.startswith(b"Host: ") for line in lines):
        lines.insert(0, b"Host: localhost")

    async def say(home: Gateway) -> bytes:
        life = home.server.node.life
        request = b"\r\n".join([b"%b %b HTTP/1.1" % (method, target), *lines, b"", b""]).replace(b"LIFE", life)
        return await throw(home.port, [request])

    said = home.run(say)
    if said and not said.startswith(b"HTTP/1.1 101 "):
        check(read(said, method))


REQUESTS = st.builds(
    lambda method, target, version, headers, body: b"\r\n".join(
        [b"%b %b %b" % (method, target, version), b"Host: localhost", *headers, b"", body]
    ),
    METHODS | st.just(b"POST"),
    TARGETS,
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.10", b""]),
    st.lists(
        HEADERS | st.sampled_from([b"Transfer-Encoding: chunked", b"Content-Length: 12", b" x", b":"]), max_size=4
    ),
    BODIES | st.sampled_from([b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n", b"-1\r\n", b"0\r\n", *NASTY]),
)


@settings(max_examples=80)
@given(mutated(st.lists(REQUESTS, min_size=1, max_size=3).map(b"".join), most=6), CUTS)
def test_bytes_of_any_kind_on_the_port_of_http_are_no_defect(home: Served, sent: bytes, cuts: list[int]) -> None:
    pieces = cut_up(sent, cuts)

    async def say(home: Gateway) -> bytes:
        return await throw(home.port, pieces)

    said = home.run(say)
    assert b"HTTP/1.1 500" not in said
    assert b"HTTP/1.0 500" not in said
