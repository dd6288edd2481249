"""Bytes that are nearly what they should be: good ones with a few places changed, and cut anywhere."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from hypothesis import strategies as st

Bytes = st.SearchStrategy[bytes]

# What parsers stumble over: blanks of all kinds, ends, signs, quotes, escapes, other scripts, lone surrogates.
NASTY = [
    b"", b" ", b"  ", b"\t", b"\r", b"\n", b"\r\n", b"\n\n", b"\v", b"\f", b"\0", b"\x1f", b"\x7f", b"\x80", b"\x85",
    b"\xa0", b"\xff", b"\xed\xb3\xbf", b"\xef\xbb\xbf", "\u0661".encode(), "\u2028".encode(), "\U0001f40f".encode(),
    b"+", b"-", b".", b",", b":", b";", b"=", b"&", b"%", b"%00", b"%zz", b"\\", b'"', b"'", b"/", b"..", b"?", b"#",
    b"0", b"9" * 20, b"1e9", b"nan", b"inf", b"1_0", b"[", b"]", b"{", b"}", b"[" * 200, b"<", b">", b"x" * 1025,
]  # fmt: skip


class Edit(NamedTuple):
    """A change: `size` bytes at a place are replaced; a negative size repeats them instead."""

    place: int
    size: int
    new: bytes


EDITS = st.builds(
    Edit,
    st.integers(0, 2**16),
    st.sampled_from([0, 0, 1, 1, 1, 2, 5, 40, -1, -7, -40]),
    st.sampled_from(NASTY) | st.binary(max_size=4),
)


def mutated(good: Bytes, most: int = 3) -> Bytes:
    """Return good bytes, or such with up to `most` changes."""
    return good | st.builds(edited, good, st.lists(EDITS, min_size=1, max_size=most))


def edited(good: bytes, edits: list[Edit]) -> bytes:
    """Return the bytes with the changes made, one after the other."""
    for place, size, new in edits:
        at = place % (len(good) + 1)
        if size < 0:
            good = good[:at] + good[at : at - size] * 2 + good[at - size :]
        else:
            good = good[:at] + new + good[at + size :]
    return good


CUTS = st.lists(st.integers(0, 2**17), max_size=8) | st.just([-1])  # -1: at every byte


def cut_up(whole: bytes, cuts: list[int]) -> list[bytes]:
    """Return the bytes in pieces, none of them empty."""
    places = range(1, len(whole)) if cuts == [-1] else sorted({cut % (len(whole) + 1) for cut in cuts})
    return [whole[start:end] for start, end in pairwise([0, *places, len(whole)]) if start < end]


def joined(parts: st.SearchStrategy[list[bytes]], by: bytes = b"\n") -> Bytes:
    """Return the parts, each with its end."""
    return parts.map(lambda lines: b"".join([line + by for line in lines]))


def without(refused: bytes, some: Bytes) -> Bytes:
    """Return bytes without these."""
    strip: Callable[[bytes], bytes] = lambda raw: raw.translate(None, refused)  # noqa: E731 -- for its type
    return some.map(strip)
