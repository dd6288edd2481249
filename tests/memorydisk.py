"""A disk in memory for tests of the journal: it fills up, breaks, takes its time to sync, and loses its power."""

# ruff: noqa: D102 -- herd.journal.disk says what each of them does

import asyncio
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from herd.counts import Kept
from herd.journal.loading import Loading
from herd.store import Store


def error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


class MemoryFile:
    """A file; `synced` is what a power cut leaves of it."""

    def __init__(self, disk: "MemoryDisk", text: bytes = b"") -> None:
        self.text = bytearray(text)
        self.synced = text
        self.closed = False
        self._disk = disk

    def append(self, text: bytes) -> int:
        assert not self.closed
        disk = self._disk
        disk.did("append")
        if disk.room is not None:
            if not disk.room:
                raise error(errno.ENOSPC)
            text = text[: disk.room]
            disk.room -= len(text)
        self.text += text
        disk.appended += 1
        return len(text)

    def truncate(self, size: int) -> None:
        assert not self.closed
        self._disk.did("truncate")
        del self.text[size:]

    def size(self) -> int:
        return len(self.text)

    def read(self, at: int, most: int) -> bytes:
        self._disk.did("read")
        return bytes(self.text[at : at + (self._disk.reads_most or most)])

    async def sync(self) -> None:
        assert not self.closed
        disk, text = self._disk, bytes(self.text)
        disk.syncing += 1
        try:
            await disk.lets_sync.wait()
            await asyncio.sleep(0)
            disk.did("sync")
        finally:
            disk.syncing -= 1
        self.synced = text
        disk.syncs += 1
        disk.done()

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.closed = True


class MemoryDisk:
    """A folder; `fails` says which operations do, and with what."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = {name: MemoryFile(self, text) for name, text in (files or {}).items()}
        self.names_synced = dict(self.files)  # what a power cut leaves of the names
        self.room: int | None = None  # bytes, None: no end of them
        self.reads_most: int | None = None  # bytes at once
        self.fails: dict[str, OSError] = {}
        self.lets_sync = asyncio.Event()
        self.lets_sync.set()
        self.syncing = self.syncs = self.appended = 0
        self.done: Callable[[], None] = lambda: None  # called after each step that a power cut may follow
        self.locked: str | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no sync end inside the block, but where the test lets it."""
        self.lets_sync.clear()
        try:
            yield
        finally:
            self.lets_sync.set()

    def did(self, what: str) -> None:
        if what in self.fails:
            raise self.fails[what]

    def lock(self, name: str) -> None:
        assert self.locked is None
        self.locked = name

    def unlock(self) -> None:
        self.locked = None

    def open(self, name: str) -> MemoryFile:
        self.did("open")
        return self.files.setdefault(name, MemoryFile(self))

    def remove(self, name: str) -> None:
        self.files.pop(name, None)

    def rename(self, old: str, new: str) -> None:
        self.did("rename")
        self.files[new] = self.files.pop(old)
        self.done()

    async def sync(self) -> None:
        names = dict(self.files)
        await asyncio.sleep(0)
        self.did("sync folder")
        self.names_synced = names
        self.done()

    def describe(self, name: str) -> str:
        return f"memory/{name}"

    def after_a_power_cut(self) -> dict[str, bytes]:
        """Return the files that are left."""
        return {name: file.synced for name, file in self.names_synced.items()}

    def after_a_kill(self) -> dict[str, bytes]:
        """Return the files as the system has them."""
        return {name: bytes(file.text) for name, file in self.files.items()}


async def known(files: dict[str, bytes], name: str = "Home.journal") -> dict[bytes, bytes]:
    """Return the lines by client that a server would know after a start with these files."""
    store = Store(b"test")
    disk = MemoryDisk(files)
    await Loading(disk.open(name), store, Kept()).run(lambda _: None)
    return {client: report[1] for client, report in store.reports.items()}
