"""Bytes that are nearly what they should be: good ones with a few places changed, and cut anywhere."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from hypothesis import strategies as st

Bytes = st.SearchStrategy[bytes]

# What parsers stumble over: blanks of all kinds, ends, signs, quotes, escapes, other scripts, lone surrogates.
NASTY = [
    *(bytes([byte]) for byte in b" \t\r\n\v\f\0\x1f\x7f\x80\x85\xa0\xff+-.,:;=&%\\\"'/?#0[]{}<>"),
    *(b"", b"  ", b"\r\n", b"\n\n", b"..", b"%00", b"%zz", b"9" * 20, b"1e9", b"nan", b"inf", b"1_0", b"x" * 1025),
    *("\u0661".encode(), "\u2028".encode(), "\U0001f40f".encode(), b"\xed\xb3\xbf", b"\xef\xbb\xbf", b"[" * 200),
]


def listed(text: str) -> list[str]:
    """Return what stands in a text between blanks: a long list that stays short to read."""
    return text.split()


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


EVERYWHERE = [-1]  # at each of so many bytes
EVERYWHERE_MOST = 300
CUTS = st.lists(st.integers(0, 2**17), max_size=8) | st.just(EVERYWHERE)


def cut_up(whole: bytes, cuts: list[int]) -> list[bytes]:
    """Return the bytes in pieces, none of them empty."""
    size = len(whole)
    everywhere = range(1, min(size, EVERYWHERE_MOST))
    places = everywhere if cuts == EVERYWHERE else sorted({cut % (size + 1) for cut in cuts})
    return [whole[start:end] for start, end in pairwise([0, *places, len(whole)]) if start < end]


def joined(parts: st.SearchStrategy[list[bytes]], by: bytes = b"\n") -> Bytes:
    """Return the parts, each with its end."""
    return parts.map(lambda lines: b"".join([line + by for line in lines]))


def without(refused: bytes, some: Bytes) -> Bytes:
    """Return bytes without these."""
    strip: Callable[[bytes], bytes] = lambda raw: raw.translate(None, refused)  # noqa: E731 -- for its type
    return some.map(strip)
