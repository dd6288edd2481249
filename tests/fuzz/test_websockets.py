"""/ws and /live: frames of every kind, right ones answered, wrong ones closed with the code of RFC 6455."""

import struct
from typing import NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from herd.sections.limits import FRAME as FRAME_LIMIT
from tests.fuzz import reference
from tests.fuzz.mutating import CUTS, Bytes, cut_up, mutated
from tests.fuzz.served import Served, talk, throw
from tests.fuzz.speaking import LINES, NOW
from tests.webbing import Gateway

UPGRADE = (
    b"GET %b HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: aGVyZCBsaXZlIGhlcmQhIQ==\r\n\r\n"
)
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FINAL = 0x80
NORMAL, PROTOCOL_ERROR, INVALID_TEXT, TOO_BIG = 1000, 1002, 1007, 1009


class Frame(NamedTuple):
    """A frame: the byte with its opcode and bits, and the payload."""

    first: int
    payload: bytes


def write(frame: Frame, key: bytes = b"herd") -> bytes:
    """Return a frame as clients send it, masked."""
    size = len(frame.payload)
    if size < 126:
        length = struct.pack("!B", 128 | size)
    else:
        length = struct.pack("!BH", 128 | 126, size) if size < 2**16 else struct.pack("!BQ", 128 | 127, size)
    masked = bytes([byte ^ key[place % 4] for place, byte in enumerate(frame.payload[: FRAME_LIMIT + 2])])
    return bytes([frame.first]) + length + key + masked


def read(said: bytes) -> list[Frame]:
    """Read the whole frames that a server sends behind its handshake."""
    _, _, rest = said.partition(b"\r\n\r\n")
    assert said[:13] == b"HTTP/1.1 101 "[: len(said)]
    frames: list[Frame] = []
    while len(rest) >= 10 or (len(rest) >= 2 and rest[1] <= 125):
        size, start = rest[1], 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(rest[2:start], "big")
        if len(rest) < start + size:
            break
        frames.append(Frame(rest[0], rest[start : start + size]))
        rest = rest[start + size :]
    return frames


def is_closed(said: bytes) -> bool:
    """Tell whether the server has closed, or said that it does."""
    return any(frame.first == FINAL | CLOSE for frame in read(said))


def code(frame: Frame) -> int:
    """Return the code of a frame that closes."""
    assert frame.first == FINAL | CLOSE
    return int.from_bytes(frame.payload[:2], "big")


# Each with the code that it is closed by.
WRONG = st.sampled_from(
    [
        (Frame(FINAL | 3, b""), PROTOCOL_ERROR),  # reserved opcodes
        (Frame(FINAL | 15, b"x"), PROTOCOL_ERROR),
        (Frame(FINAL | 0x40 | TEXT, b"x"), PROTOCOL_ERROR),  # compressed, as nobody agreed to
        (Frame(FINAL | 0x10 | BINARY, b"x"), PROTOCOL_ERROR),
        (Frame(PING, b""), PROTOCOL_ERROR),  # a fragment of a control frame
        (Frame(FINAL | PING, b"x" * 126), PROTOCOL_ERROR),
        (Frame(FINAL | CONTINUATION, b"x"), PROTOCOL_ERROR),  # of nothing
        (Frame(FINAL | CLOSE, b"x"), PROTOCOL_ERROR),  # half a code
        (Frame(FINAL | CLOSE, struct.pack("!H", 999)), PROTOCOL_ERROR),
        (Frame(FINAL | CLOSE, struct.pack("!H", 1005)), PROTOCOL_ERROR),
        (Frame(FINAL | CLOSE, struct.pack("!H", 1000) + b"\xff"), INVALID_TEXT),
        (Frame(FINAL | TEXT, b"\xff"), INVALID_TEXT),
        (Frame(FINAL | TEXT, b"\xed\xa0\x80"), INVALID_TEXT),
        (Frame(FINAL | BINARY, b"y" * (FRAME_LIMIT + 1)), TOO_BIG),
        (Frame(FINAL | CLOSE, struct.pack("!H", 1000) + b"bye"), NORMAL),
        (Frame(FINAL | CLOSE, b""), NORMAL),
    ]
)
SAID = st.lists(st.tuples(LINES, st.integers(0, 3)), max_size=6)


@settings(max_examples=80)
@given(SAID, WRONG, CUTS)
@example([(b"IAMAT kiwi +1+1 1", 0)] * 40, (Frame(FINAL | TEXT, b"\xff"), INVALID_TEXT), [])
@example([(b"IAMAT kiwi +1+1 1", 0)] * 400, (Frame(FINAL | CLOSE, b""), NORMAL), [])
def test_what_was_said_is_answered_in_order_and_the_connection_closed_with_the_right_code(
    home: Served, said: list[tuple[bytes, int]], wrong: tuple[Frame, int], cuts: list[int]
) -> None:
    lines = [(line, parts) for line, parts in said if not reference.read_question(reference.split(line))]
    frames = [frame for line, parts in lines for frame in _in_parts(line, parts)]
    sent = b"".join(map(write, frames))
    pieces = [UPGRADE % b"/ws", *cut_up(sent, cuts), write(wrong[0])]

    async def say(home: Gateway) -> bytes:
        return await talk(home.port, pieces, is_closed)

    *answers, last = read(home.run(say))
    herd = reference.Herd(b"Home")
    expected = [herd.answer(line, NOW)[:-1] for line, _ in lines]
    told = [frame for frame in answers if frame.first != FINAL | PONG]
    kinds = [FINAL | (TEXT if line.isascii() else BINARY) for line, _ in lines]
    wanted = [Frame(kind, text) for kind, text in zip(kinds, expected, strict=True) if text]
    # Who breaks the protocol need not be answered any more.
    assert told == (wanted if wrong[1] == NORMAL else wanted[: len(told)])
    assert code(last) == wrong[1]


def _in_parts(line: bytes, parts: int) -> list[Frame]:
    """Return a line as a frame, or as fragments with a ping among them."""
    kind = TEXT if line.isascii() else BINARY
    if not parts:
        return [Frame(FINAL | kind, line)]
    pieces = cut_up(line, [parts * 3]) or [b""]
    first, *rest = [Frame(0, piece) for piece in pieces]
    whole = [Frame(kind, first.payload), Frame(FINAL | PING, b"?"), *rest]
    return [*whole, Frame(FINAL, b"")]


ANY_FRAMES = st.builds(
    lambda first, payload, key: write(Frame(first, payload), key),
    st.integers(0, 255) | st.sampled_from([FINAL | TEXT, FINAL | BINARY, FINAL | PING, TEXT, BINARY, FINAL]),
    LINES | st.binary(max_size=130),
    st.binary(min_size=4, max_size=4),
)
HEADS = st.sampled_from(
    [b"\x81\x7f" + b"\xff" * 8, b"\x81\xff\x7f" + b"\xff" * 7, b"\x82\xfe\xff\xff", b"\x81\x05hello", b"\0\x80"]
)
STREAMS: Bytes = mutated(st.lists(ANY_FRAMES | ANY_FRAMES | HEADS, max_size=6).map(b"".join), most=4)
DOORS = st.sampled_from([b"/ws", b"/live", b"/live?format=binary", b"/live?bbox=1,1,2,2"])


@settings(max_examples=100)
@given(DOORS, STREAMS, CUTS)
def test_frames_of_any_kind_end_a_connection_with_a_code_at_most(
    home: Served, door: bytes, sent: bytes, cuts: list[int]
) -> None:
    pieces = [UPGRADE % door, *cut_up(sent, cuts)]

    async def say(home: Gateway) -> bytes:
        return await throw(home.port, pieces)

    said = home.run(say)
    if said:
        frames = read(said)
        for frame in frames[:-1]:
            assert frame.first in {FINAL | TEXT, FINAL | BINARY, FINAL | PONG, FINAL | PING}
        if frames and frames[-1].first == FINAL | CLOSE:
            last = code(frames[-1])  # a client's own code is repeated to it
            assert last in {0, NORMAL, PROTOCOL_ERROR, INVALID_TEXT, TOO_BIG} or 1000 < last < 5000
