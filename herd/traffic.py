"""A server's log file: every line in and out, and notices, written in batches by a thread of its own.

One event is one line, whatever a client sends: bytes outside printable ASCII, and backslashes, are escaped. A line
of the file is `2026-11-22T20:41:14.123Z #12 < IAMAT ...`: when, which connection (`#12` a client's, `to-Hands`
one we dialled, `from-Hands` one that Hands dialled), `<` in, `>` out or `!` a notice, and what.
"""

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

ROTATE_BYTES = 64 * 1024 * 1024  # a file of this size becomes NAME.log.1, and that one NAME.log.2
KEPT_FILES = 2
FLUSH_SECONDS = 0.2
MILLISECOND, SECOND = 10**6, 10**9  # nanoseconds
NEWLINE = 10
TAGS_KEPT = 4_096
QUOTED_BYTES = 100  # of a line in a notice
FLUSH_BYTES = 1024 * 1024
# A disk that is slower than the traffic costs lines of the log, counted in it, never memory or an answer's time.
PENDING_BYTES = 32 * 1024 * 1024

_PLAIN = bytes(range(0x20, 0x7F)).replace(b"\\", b"") + b"\n"
# What stands in neither AUTH nor PROVE as well, so that one quick look finds both what must be escaped and what may
# have to be masked.
_HARMLESS = _PLAIN.replace(b"U", b"").replace(b"V", b"")
_SECRET_WORD = re.compile(rb"AUTH|PROVE")
# Possessive, so that a line of 64 KiB of blanks takes no longer than another.
_SECRETS = re.compile(rb"^([ \t\r\f\v]*+(?:\? [ \t\r\f\v]*+)?(?:AUTH|PROVE)[ \t\r\f\v]++)[^\n]++", re.MULTILINE)


class Traffic(Protocol):
    """What a server needs of its log."""

    def lines(self, connection: str, direction: str, lines: bytes) -> None:
        """Log whole lines, each with its newline: `<` for what came in, `>` for what went out."""

    def many(self, connections: Sequence[str], direction: str, lines: Sequence[bytes]) -> None:
        """Log one line of each of many connections."""

    def notice(self, connection: str, text: str) -> None:
        """Log that something happened to a connection, or to the server."""

    @property
    def missing(self) -> int:
        """How many lines the log lacks."""

    def close(self) -> None:
        """Keep what is left."""


class TrafficLog:
    """Collects what passes and hands it to its writing thread; `close` writes what is left."""

    def __init__(self, path: Path, clock: Callable[[], int] = time.time_ns) -> None:
        self._path = path
        self._clock = clock
        self._stamped = -SECOND  # the millisecond, in ns since 1970, that the stamp says
        self._stamped_second, self._second = -1, ""
        self._stamp = b""
        self._tags: dict[str, dict[str, bytes]] = {
            "<": {},
            ">": {},
            "!": {},
        }  # "#12 < " by direction and connection
        # Each of these is changed by one thread only, but for the deque.
        self._pending: deque[bytes] = deque()
        self._appended = 0
        self._taken = 0
        self._overflowed = 0  # lines for which there was no room
        self._lost = 0  # lines that could not be written
        self._told_missing = 0  # how many of both the file tells of
        self._wanted = threading.Event()
        self._closing = False
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._thread = threading.Thread(target=self._write_all, name="traffic log", daemon=True)
        self._thread.start()

    def lines(self, connection: str, direction: str, lines: bytes) -> None:
        """Log whole lines, each with its newline: `<` for what came in, `>` for what went out.

        Measured: 1.0 us for one line, then 0.05 us for each further one. Hence the ready-made pieces.
        """
        now = self._clock()
        if not 0 <= now - self._stamped < MILLISECOND:
            self._make_stamp(now)
        tag = self._tags[direction].get(connection) or self._make_tag(connection, direction)
        if lines.translate(None, _HARMLESS):
            lines = _clean(lines)
        prefix = self._stamp + tag
        if lines.find(b"\n") != len(lines) - 1:
            lines = lines[:-1].replace(b"\n", b"\n" + prefix) + b"\n"
        self._add(prefix + lines)

    def many(self, connections: Sequence[str], direction: str, lines: Sequence[bytes]) -> None:
        """Log one line of each of many connections.

        Measured: 0.2 us for each of 25.
        """
        now = self._clock()
        if not 0 <= now - self._stamped < MILLISECOND:
            self._make_stamp(now)
        known, stamp = self._tags[direction].get, self._stamp
        tags = [known(connection) or self._make_tag(connection, direction) for connection in connections]
        text = b"".join(lines)
        # The words are looked for only where one of their letters is, for that takes ten times as long.
        if text.translate(None, _HARMLESS) and (text.translate(None, _PLAIN) or _SECRET_WORD.search(text)):
            lines = [_clean(line) for line in lines]
        self._add(stamp + stamp.join([tag + line for tag, line in zip(tags, lines, strict=True)]))

    def notice(self, connection: str, text: str) -> None:
        """Log that something happened to a connection, or to the server."""
        self.lines(connection, "!", text.replace("\n", " ").encode("utf-8", "surrogateescape") + b"\n")

    @property
    def missing(self) -> int:
        """How many lines the file lacks: the disk was too slow, or full."""
        return self._overflowed + self._lost

    def close(self) -> None:
        """Write what is left and close the file."""
        self._closing = True
        self._wanted.set()
        self._thread.join()
        self._file.close()

    def _make_stamp(self, now: int) -> None:
        second, nanos = divmod(now, SECOND)
        millis = nanos // MILLISECOND
        self._stamped = now - nanos + millis * MILLISECOND
        if second != self._stamped_second:
            self._stamped_second, self._second = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        self._stamp = f"{self._second}.{millis:03d}Z ".encode()

    def _make_tag(self, connection: str, direction: str) -> bytes:
        tags = self._tags[direction]
        if len(tags) >= TAGS_KEPT:
            tags.clear()
        tag = tags[connection] = f"{connection} {direction} ".encode("ascii", "backslashreplace")
        return tag

    def _add(self, text: bytes) -> None:
        waiting = self._appended - self._taken
        if waiting > FLUSH_BYTES and not self._write_now(waiting):
            self._overflowed += text.count(b"\n")
            return
        self._pending.append(text)
        self._appended += len(text)

    def _write_now(self, waiting: int) -> bool:
        """Wake the thread; tell whether there is room for more."""
        if not self._wanted.is_set():
            self._wanted.set()
        return waiting <= PENDING_BYTES

    def _write_all(self) -> None:
        size, torn = self._file.tell(), b""
        while not (self._closing and not self._pending):
            self._wanted.wait(FLUSH_SECONDS)
            self._wanted.clear()
            missing = self.missing - self._told_missing
            before = torn + self._missing_line(missing)
            lines = self._take(before)
            rest = memoryview(lines)  # megabytes, which are not to be copied once more
            try:
                if size > ROTATE_BYTES:
                    self._rotate()
                    size = 0
                while rest:
                    written = self._file.write(rest)
                    size, torn = size + written, b"" if rest[written - 1] == NEWLINE else b"\n"
                    rest = rest[written:]
                self._told_missing += missing
            except OSError:  # a full disk: the next batch says how much is missing
                self._lost += lines.count(b"\n") - before.count(b"\n")

    def _take(self, before: bytes) -> bytes:
        taken = [self._pending.popleft() for _ in range(len(self._pending))]
        self._taken += sum(map(len, taken))
        return b"".join([before, *taken])

    def _missing_line(self, missing: int) -> bytes:
        if not missing:
            return b""
        return b"%b- ! %d lines are missing here: disk too slow or full\n" % (self._stamp, missing)

    def _rotate(self) -> None:
        # Opened first: where that fails, nothing was moved and the next try finds all as it was.
        opened = self._path.with_name(f"{self._path.name}.new")
        full, self._file = self._file, opened.open("ab", buffering=0)
        for age in range(KEPT_FILES, 0, -1):
            newer = self._path.with_name(f"{self._path.name}.{age - 1}") if age > 1 else self._path
            if newer.exists():
                newer.replace(self._path.with_name(f"{self._path.name}.{age}"))
        opened.replace(self._path)
        full.close()


def quote(line: bytes) -> str:
    """Return the beginning of a line for a notice, without what may be a secret."""
    return repr(_SECRETS.sub(rb"\1***", line)[:QUOTED_BYTES])


def _clean(lines: bytes) -> bytes:
    """Mask secrets; escape all but printable ASCII, line by line, as Python's bytes literals do."""
    lines = _SECRETS.sub(rb"\1***", lines)
    if not lines.translate(None, _PLAIN):
        return lines
    escaped = [line.decode("latin-1").encode("unicode_escape") for line in lines[:-1].split(b"\n")]
    return b"\n".join(escaped) + b"\n"
