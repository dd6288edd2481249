"""What one connection to a peer was told."""

from collections import Counter
from zlib import crc32

from herd import words
from herd.digest import hash_of


class Told:
    """What one connection to a peer was told."""

    def __init__(self) -> None:
        self.lines: set[bytes] = set()
        self.changes: Counter[bytes] = Counter()  # of each client, when it was told last
        self.wanted: set[int] = set()  # hashes of lines that the peer asked for in repairs
        self.empty: set[int] = set()  # buckets of which it had nothing
        self.offered_nothing = False  # whether the last digest was of nothing: a link's first question

        self.begins = False  # whether the last digest was of everything
        self.acknowledged = False  # while that went on, whoever told it

    def asked_for(self, line: bytes, client: bytes) -> bool:
        """Tell whether a repair may send the line, again or back."""
        return crc32(client) % words.BUCKETS in self.empty or hash_of(line) in self.wanted
