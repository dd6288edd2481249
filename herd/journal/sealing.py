"""How a batch stands in a journal: its lines, then a seal, by which a torn or damaged one is told from a good one.

    AT Goloman +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997
    AT Goloman +0.000100000 moa +0.0+0.0 1520023935.182837383
    SEAL 17 144 9b1deb4d

The seal says the number of the feed that the batch brings a reader to, the bytes of its lines, and the CRC-32 of
those, begun with the number. A line of a report never begins so, and no line holds a newline, so a seal is found
wherever reading begins.
"""

import re
from collections.abc import Iterator
from zlib import crc32

LONGEST = 4 * 1024 * 1024  # bytes of a batch's lines: five times what a turn of one origin can bring

_SEAL = re.compile(rb"SEAL ([0-9]{1,18}) ([0-9]{1,10}) ([0-9a-f]{8})\n")
_BEGIN = b"\nSEAL "
_CRC = 0xFFFFFFFF


def seal(lines: bytes, number: int) -> bytes:
    """Return whole lines, at least one, with their seal behind them."""
    return b"%bSEAL %d %d %08x\n" % (lines, number, len(lines), crc32(lines, number & _CRC))


class Unsealing:
    """Finds the good batches in a file that is read piece by piece, and counts what lies between them."""

    def __init__(self) -> None:
        self.end = 0  # of the last good batch, in bytes from the file's beginning
        self.batches = 0
        self.damaged = 0  # batches that were skipped, as far as their seals tell
        self.damaged_bytes = 0
        self._data = b""
        self._begin = 0  # where in the file `_data` begins
        self._next = 0  # where in it to look for the next seal
        self._failed = 0  # seals that did not fit, since the last good batch

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Take the next piece, and yield the lines of each good batch that it completes."""
        self._data += piece
        while (at := self._data.find(_BEGIN, self._next)) >= 0:
            found = _SEAL.match(self._data, at + 1)
            if found is None and self._data.find(b"\n", at + 1) < 0:
                self._next = at  # the rest of the seal comes with the next piece
                break
            self._next = at + 1
            if found is not None and (lines := self._lines(found)):
                yield lines
            else:
                self._failed += 1
        else:
            self._next = max(0, len(self._data) - len(_BEGIN))
        self._shorten()

    def _lines(self, found: re.Match[bytes]) -> bytes:
        """Return the lines in front of a seal, if they are what was sealed."""
        number, length, crc = int(found[1]), int(found[2]), int(found[3], 16)
        start = found.start() - length
        if start < self.end - self._begin:
            return b""
        lines = self._data[start : found.start()]
        if crc32(lines, number & _CRC) != crc:
            return b""
        if gap := self._begin + start - self.end:
            self.damaged += max(1, self._failed)
            self.damaged_bytes += gap
        self.batches, self._failed = self.batches + 1, 0
        self.end = self._begin + found.end()
        return lines

    def _shorten(self) -> None:
        """Forget what no batch can begin in any more."""
        cut = max(self.end - self._begin, len(self._data) - 2 * LONGEST, 0)
        self._data = self._data[cut:]
        self._begin += cut
        self._next = max(0, self._next - cut)
