"""A machine's disk on virtual time: it fills up, fails, is slow, and of a power cut it keeps what it likes.

What was written stays through the death of its process. A power cut leaves what was synced, and of the rest all, a
part that ends at any byte, or blocks that never came: zeroes, or something else. As Linux does, it speaks of a
failed sync once; what should have been synced then is in no later sync either. Names are safe once the folder is.
"""

# ruff: noqa: D102 -- herd.journal.disk says what each of them does

import asyncio
import errno
import os
from random import Random

from tests.simulation.loop import Process
from tests.simulation.watch import Watch

READ_MOST = 700  # bytes at once, at times: a journal is read in pieces that end anywhere
BLOCKS = (16, 64, 512)  # bytes that reach the disk together


def error(number: int) -> OSError:
    """Return what the system says."""
    return OSError(number, os.strerror(number))


class Contents:
    """What a file holds for whoever reads it, and what of that is safe."""

    def __init__(self) -> None:
        self.text = bytearray()
        self.safe = b""
        self.lost: list[tuple[int, int]] = []  # which a failed sync threw away: from where to where

    def snapshot(self) -> bytes:
        """Return what a sync that begins now makes safe."""
        text = bytearray(self.text)
        for start, end in self.lost:
            text[start:end] = bytes(len(text[start:end]))
        return bytes(text)

    def lose_power(self, random: Random) -> str:
        """Keep what was synced, and something of the rest; return what became of that."""
        safe, text = self.safe, self.snapshot()
        common = next(
            (at for at, (a, b) in enumerate(zip(safe, text, strict=False)) if a != b), min(len(safe), len(text))
        )
        if text == safe:
            how = "nothing to lose"
        elif common < len(safe):  # cut off, or cut off and written over, and not synced since
            how, safe = random.choice([("the cut undone", safe), ("the cut kept", text[:common])])
        else:
            how, safe = self._tear(random, safe, text[common:])
        self.text, self.safe, self.lost = bytearray(safe), bytes(safe), []
        return how

    @staticmethod
    def _tear(random: Random, safe: bytes, rest: bytes) -> tuple[str, bytes]:
        how = random.choice(["all lost", "all kept", "torn", "zeroes", "garbage", "a digit"])
        cut = random.randrange(len(rest) + 1)
        if how == "all lost":
            return how, safe
        if how == "torn":
            return how, safe + rest[:cut]
        if how in ("zeroes", "garbage"):
            size = random.choice(BLOCKS)
            bad = bytes(size) if how == "zeroes" else random.randbytes(size)
            rest = (rest[:cut] + bad + rest[cut + size :])[: len(rest)]
        if how == "a digit":  # so that each line by itself is a good one
            places = [place for place, byte in enumerate(rest) if byte in b"0123456789"]
            if places:
                place = random.choice(places)
                rest = rest[:place] + (b"7" if rest[place : place + 1] != b"7" else b"3") + rest[place + 1 :]
        return how, safe + rest


class Platter:
    """A machine's disk through all lives of its server."""

    def __init__(self, random: Random, watch: Watch) -> None:
        self.room: int | None = None  # bytes, None: no end of them
        self.failing: set[str] = set()  # operations that fail now and then
        self.slow = 0.0  # seconds that a sync takes at most, beyond the usual
        self.usual = random.choice([0.0, 0.0005, 0.02])
        self.holder: Process | None = None
        self.names: dict[str, Contents] = {}
        self.random, self.watch = random, watch
        self._history: list[dict[str, Contents]] = [{}]  # the names as they are safe, and after each step since

    def mend(self) -> None:
        """Be a good disk again."""
        self.room, self.slow = None, 0.0
        self.failing.clear()

    def did(self, what: str) -> None:
        """Fail, at times, in what is failing."""
        if what in self.failing and self.random.random() < 0.7:
            self.watch.sometimes(f"a disk that fails to {what}")
            raise error(errno.EIO)

    def renamed(self) -> None:
        """Note that the names changed."""
        self._history.append(dict(self.names))

    def marked(self) -> int:
        """Return how far the names have come, for `safe`."""
        return len(self._history) - 1

    def safe(self, mark: int) -> None:
        """Have the names safe as they were."""
        del self._history[: min(mark, len(self._history) - 1)]

    def lose_power(self) -> None:
        """Keep what a power cut leaves."""
        which = self.random.randrange(len(self._history))
        if which < len(self._history) - 1:
            self.watch.sometimes("a power cut undid a name")
        self.names = dict(self._history[which])
        self._history = [dict(self.names)]
        for contents in self.names.values():
            self.watch.sometimes(f"a power cut: {contents.lose_power(self.random)}")


class SimulatedFile:
    """A file as one process has it open: what that does after its death, nobody sees."""

    def __init__(self, platter: Platter, contents: Contents, process: Process) -> None:
        self._platter, self._contents, self._process = platter, contents, process

    def append(self, text: bytes) -> int:
        if not self._process.alive:
            return len(text)
        disk, given = self._platter, len(text)
        if "write" in disk.failing and text and disk.random.random() < 0.5:  # a part, and the error after it
            text = text[: disk.random.randrange(len(text)) + 1]
        else:
            disk.did("write")
        if disk.room is not None:
            if not disk.room:
                disk.watch.sometimes("a full disk")
                raise error(errno.ENOSPC)
            text = text[: disk.room]
            disk.room -= len(text)
        if len(text) < given:
            disk.watch.sometimes("a short write")
        self._contents.text += text
        return len(text)

    def truncate(self, size: int) -> None:
        if self._process.alive:
            self._platter.did("truncate")
            freed = len(self._contents.text) - size
            del self._contents.text[size:]
            self._contents.lost = [(a, min(b, size)) for a, b in self._contents.lost if a < size]
            if self._platter.room is not None:
                self._platter.room += max(0, freed)

    def size(self) -> int:
        return len(self._contents.text)

    def read(self, at: int, most: int) -> bytes:
        self._platter.did("read")
        return bytes(self._contents.text[at : at + min(most, self._platter.random.choice([READ_MOST, most]))])

    async def sync(self) -> None:
        disk, contents = self._platter, self._contents
        text = contents.snapshot()
        await asyncio.sleep(disk.usual + disk.random.uniform(0, disk.slow))
        if not self._process.alive:
            return
        try:
            disk.did("sync")
        except OSError:
            contents.lost.append((len(contents.safe), len(contents.text)))
            raise
        contents.safe = text

    async def close(self) -> None:
        await asyncio.sleep(0)


class SimulatedDisk:
    """A disk as one process sees it."""

    def __init__(self, platter: Platter, process: Process) -> None:
        self._platter, self._process = platter, process

    def lock(self, name: str) -> None:
        holder = self._platter.holder
        if holder is not None and holder.alive and holder is not self._process:
            raise BlockingIOError(errno.EWOULDBLOCK, name)
        self._platter.holder = self._process

    def unlock(self) -> None:
        if self._platter.holder is self._process:
            self._platter.holder = None

    def open(self, name: str) -> SimulatedFile:
        disk = self._platter
        if self._process.alive:
            disk.did("open")
            if name not in disk.names:
                disk.names[name] = Contents()
                disk.renamed()
        return SimulatedFile(disk, disk.names.get(name) or Contents(), self._process)

    def remove(self, name: str) -> None:
        if self._process.alive and name in self._platter.names:
            del self._platter.names[name]
            self._platter.renamed()

    def rename(self, old: str, new: str) -> None:
        if self._process.alive:
            self._platter.did("rename")
            self._platter.names[new] = self._platter.names.pop(old)
            self._platter.renamed()

    async def sync(self) -> None:
        disk, mark = self._platter, self._platter.marked()
        await asyncio.sleep(disk.usual)
        if self._process.alive:
            disk.did("sync the folder")
            disk.safe(mark)

    def describe(self, name: str) -> str:
        return f"the simulated {name}"
