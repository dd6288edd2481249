"""What flows on a proven link beside AT lines: marks, acknowledgements, and the comparison of digests.

    dialler   MARK 1234 1795467890123456789 5678            you have all of this life up to 1234; my clock, in ns;
                                                            and how far it has come, unless that is 1234 as well
    dialler   SEEN 77ab... 917 02c4... 88                   behind which you also have all that these lives had at
                                                            these numbers of theirs
    dialler   TREE 3 Goloman Hands                           my place in the tree: how many links its root has, and
                                                            the way from the root to me
    listener  ACK 1234                                       I have all that you had at 1234, whoever told me; MORE
                                                            behind it: others are telling me, so have patience
    dialler   DIGEST 7 1795467830000000000 0 0 9f3a... ...   round, heard before, heard above, stamped above, and a
                                                            sum for each bucket
    listener  FLOOR 7 1795460000000000000 0                 too much: here counts only what is above; begin again
    listener  DIFFER 7 3=0 17=41bc...                        the buckets that differ, with the listener's sums
    dialler   HAVE 7 17 8c11... 02fe...                      hashes of the lines in a bucket
    listener  WANT 7 17 02fe...                              those it lacks; they come as AT lines
    dialler   DONE 7

Numbers are decimal, sums and hashes hexadecimal without leading zeros.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from herd.messages import NAME_LIMIT, NOT_WHITE

BUCKETS = 1024
HASHES_A_LINE = 3_000  # at most 17 bytes each: within the longest line
LIVES_MOST = 500  # that one line says to have seen: at most 84 bytes each
WAY_MOST = 64  # servers from the root of a tree to its end

_NUMBER = rb"([0-9]{1,18})"
_MARK = re.compile(rb"MARK %b ([0-9]{1,24})(?: %b)?" % (_NUMBER, _NUMBER))
_LIFE = rb"[0-9a-f]{16,64}"
_CLAIM = re.compile(rb" (%b) %b" % (_LIFE, _NUMBER))
_SEEN = re.compile(rb"SEEN((?: %b [0-9]{1,18}){1,%d})" % (_LIFE, LIVES_MOST))
_NAME = rb"%b{1,%d}" % (NOT_WHITE, NAME_LIMIT)
_TREE = re.compile(rb"TREE ([0-9]{1,6})((?: %b){1,%d})" % (_NAME, WAY_MOST))
_ACK = re.compile(rb"ACK " + _NUMBER + rb"( MORE)?")
_TIME = rb"([0-9]{1,24})"
_DIGEST = re.compile(rb"DIGEST %b %b %b %b((?: [0-9a-f]{1,16}){%d})" % (_NUMBER, _TIME, _TIME, _TIME, BUCKETS))
_FLOOR = re.compile(rb"FLOOR %b %b %b" % (_NUMBER, _TIME, _TIME))
_DIFFER = re.compile(rb"DIFFER %b((?: [0-9]{1,4}=[0-9a-f]{1,16}){0,%d})" % (_NUMBER, BUCKETS))
_HASHES = re.compile(rb"(HAVE|WANT) %b ([0-9]{1,4})((?: [0-9a-f]{1,16}){0,%d})" % (_NUMBER, HASHES_A_LINE))
_DONE = re.compile(rb"DONE " + _NUMBER)


class Span(NamedTuple):
    """What a digest covers, in ns since 1970: reports heard above and before, FORGETs stamped above; 0 for all."""

    before: int
    above: int = 0
    stamped: int = 0


class Place(NamedTuple):
    """Where a server stands in the spanning tree of the herd, as it says to its neighbours."""

    links: int  # of the root
    way: tuple[bytes, ...]  # names from the root to the server, both with it

    @property
    def parent(self) -> bytes | None:
        """The neighbour on the way to the root; None of the root itself."""
        return self.way[-2] if len(self.way) > 1 else None


def mark(number: int, clock: int, newest: int = 0) -> bytes:
    """Say how far the feed has been told, what time it is here (ns since 1970), and how far the feed has come."""
    said = b"MARK %d %d" % (number, clock)
    return b"%b %d" % (said, newest) if newest > number else said


def parse_mark(line: bytes) -> tuple[int, int, int] | None:
    """Read number and clock of a mark, and how far the feed has come."""
    found = _MARK.fullmatch(line)
    return found and (int(found[1]), int(found[2]), int(found[3] or found[1]))


def seen(claims: Iterable[tuple[bytes, int]]) -> bytes:
    """Say what else the other end has: all that each of these lives had at a number of its own."""
    return b"SEEN " + b" ".join([b"%b %d" % claim for claim in claims])


def parse_seen(line: bytes) -> list[tuple[bytes, int]] | None:
    """Read lives and their numbers."""
    found = _SEEN.fullmatch(line)
    return [(life, int(number)) for life, number in _CLAIM.findall(found[1])] if found else None


def tree(place: Place) -> bytes:
    """Say where this server stands in the tree."""
    return b" ".join([b"TREE %d" % place.links, *place.way])


def parse_tree(line: bytes) -> Place | None:
    """Read where the other end stands."""
    found = _TREE.fullmatch(line)
    return Place(int(found[1]), tuple(found[2].split())) if found else None


def ack(number: int, more: bool = False) -> bytes:
    """Acknowledge a number, and say whether more may come from others."""
    return b"ACK %d MORE" % number if more else b"ACK %d" % number


def parse_ack(line: bytes) -> tuple[int, bool] | None:
    """Read the number that is acknowledged, and whether more may come from others."""
    found = _ACK.fullmatch(line)
    return found and (int(found[1]), bool(found[2]))


def digest(number: int, span: Span, sums: Iterable[int]) -> bytes:
    """Offer the sums of all buckets over a span."""
    return b"DIGEST %d %d %d %d %b" % (number, *span, b" ".join([b"%x" % s for s in sums]))


def parse_digest(line: bytes) -> tuple[int, Span, list[int]] | None:
    """Read round, span and sums."""
    found = _DIGEST.fullmatch(line)
    if not found:
        return None
    number, before, above, stamped, sums = found.groups()
    return int(number), Span(int(before), int(above), int(stamped)), [int(s, 16) for s in sums.split()]


def floor(number: int, above: int, stamped: int) -> bytes:
    """Answer a digest that covers too much: reports count here above one time, FORGETs above another."""
    return b"FLOOR %d %d %d" % (number, above, stamped)


def parse_floor(line: bytes) -> tuple[int, int, int] | None:
    """Read round and both times."""
    found = _FLOOR.fullmatch(line)
    return found and (int(found[1]), int(found[2]), int(found[3]))


def differ(number: int, sums: dict[int, int]) -> bytes:
    """Answer a digest: the buckets that differ here, with their sums here."""
    return b" ".join([b"DIFFER %d" % number, *[b"%d=%x" % item for item in sums.items()]])


def parse_differ(line: bytes) -> tuple[int, dict[int, int]] | None:
    """Read round and differing sums by bucket."""
    found = _DIFFER.fullmatch(line)
    if not found:
        return None
    pairs = [pair.split(b"=") for pair in found[2].split()]
    sums = {int(bucket): int(s, 16) for bucket, s in pairs}
    return (int(found[1]), sums) if all(bucket < BUCKETS for bucket in sums) else None


def hashes(word: bytes, number: int, bucket: int, values: Iterable[int]) -> bytes:
    """Name lines of a bucket by their hashes: HAVE offers them, WANT asks for them."""
    return b" ".join([b"%b %d %d" % (word, number, bucket), *[b"%x" % value for value in values]])


def parse_hashes(line: bytes) -> tuple[bytes, int, int, list[int]] | None:
    """Read word, round, bucket and hashes of a HAVE or a WANT."""
    found = _HASHES.fullmatch(line)
    if not found or int(found[3]) >= BUCKETS:
        return None
    return found[1], int(found[2]), int(found[3]), [int(value, 16) for value in found[4].split()]


def done(number: int) -> bytes:
    """End a round."""
    return b"DONE %d" % number


def parse_done(line: bytes) -> int | None:
    """Read the round that is over."""
    found = _DONE.fullmatch(line)
    return int(found[1]) if found else None
