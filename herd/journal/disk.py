"""What a journal needs of a disk, and the real one: everything that a journal reads or writes goes through here.

Writing is done at once, because it only reaches the kernel's memory and an answer waits for it. Syncing takes as
long as the disk takes, so it is awaited: the real disk does it in a thread, a simulated one in its own time.
"""

import asyncio
import fcntl
import os
import threading
from pathlib import Path
from typing import Protocol

# Its size is what may have to be flushed beside the bytes; the time of the last change is of no use to us.
_sync_data = getattr(os, "fdatasync", os.fsync)


class File(Protocol):
    """An open file that grows at its end. Whatever fails is an OSError."""

    def append(self, text: bytes) -> int:
        """Write at the end, and return how many of the bytes were written: on a full disk fewer than given."""

    def truncate(self, size: int) -> None:
        """Cut off what lies behind the first `size` bytes."""

    def size(self) -> int:
        """Return how many bytes it has."""

    def read(self, at: int, most: int) -> bytes:
        """Return at most so many bytes from a place on; none at the end."""

    async def sync(self) -> None:
        """Return when all that was written before is safe from a power cut."""

    async def close(self) -> None:
        """Let go of it. Of a large file that has no name any more this takes a while."""


class Disk(Protocol):
    """A folder. Whatever fails is an OSError."""

    def lock(self, name: str) -> None:
        """Have a name for this process alone until it ends, or `unlock`; BlockingIOError where another has it."""

    def unlock(self) -> None:
        """Let others have the name."""

    def open(self, name: str) -> File:
        """Open a file; where there is none, make one."""

    def remove(self, name: str) -> None:
        """Take a file away, if it is there."""

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, at once and completely, whoever had that name before."""

    async def sync(self) -> None:
        """Return when the names are safe from a power cut."""

    def describe(self, name: str) -> str:
        """Return how a person finds a file."""


class RealFile:
    """A file of the operating system."""

    def __init__(self, path: Path) -> None:
        self._number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        self._closing = threading.Lock()  # a number that was closed may be another file's at once

    def append(self, text: bytes) -> int:
        """Write at the end."""
        return os.write(self._number, text)

    def truncate(self, size: int) -> None:
        """Cut off the rest."""
        os.ftruncate(self._number, size)

    def size(self) -> int:
        """Return how many bytes it has."""
        return os.fstat(self._number).st_size

    def read(self, at: int, most: int) -> bytes:
        """Return bytes."""
        return os.pread(self._number, most, at)

    async def sync(self) -> None:
        """Sync, in a thread."""
        await asyncio.get_running_loop().run_in_executor(None, self._sync)

    async def close(self) -> None:
        """Close, in a thread."""
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _sync(self) -> None:
        with self._closing:
            if self._number >= 0:
                _sync_data(self._number)

    def _close(self) -> None:
        with self._closing:
            number, self._number = self._number, -1
            if number >= 0:
                os.close(number)


class Folder:
    """A folder of the operating system."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = -1

    def lock(self, name: str) -> None:
        """Lock a file beside it, for the journal itself is replaced by newer ones. A lock ends with its process."""
        self._path.mkdir(parents=True, exist_ok=True)
        number = os.open(self._path / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(number)
            raise
        self._lock = number

    def unlock(self) -> None:
        """Unlock."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def open(self, name: str) -> RealFile:
        """Open a file."""
        return RealFile(self._path / name)

    def remove(self, name: str) -> None:
        """Take a file away."""
        (self._path / name).unlink(missing_ok=True)

    def rename(self, old: str, new: str) -> None:
        """Rename."""
        (self._path / old).replace(self._path / new)

    async def sync(self) -> None:
        """Sync, in a thread."""
        await asyncio.get_running_loop().run_in_executor(None, self._sync)

    def describe(self, name: str) -> str:
        """Return the path."""
        return str(self._path / name)

    def _sync(self) -> None:
        number = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(number)
        finally:
            os.close(number)
