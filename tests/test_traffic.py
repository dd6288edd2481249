"""The log of a server: one event one line, no secrets, and never in anybody's way."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

import pytest

from herd.traffic import KEPT_FILES, ROTATE_BYTES, TrafficLog
from tests.herding import PATIENCE, ROOT, until

NOW = 1_520_023_935_001_999_999
STAMP = re.compile(r"2018-03-02T20:52:15\.001[0-9]*Z ")


def clock() -> int:
    return NOW


def logged(path: Path, log: Callable[[TrafficLog], None]) -> list[str]:
    """Return the lines of a log into which this was logged, without the time that each begins with."""
    traffic = TrafficLog(path, clock)
    log(traffic)
    traffic.close()
    text = path.read_text("ascii")
    assert text.endswith("\n")
    lines = text.split("\n")[:-1]
    assert all(STAMP.match(line) and line.isprintable() for line in lines)
    return [line.partition(" ")[2] for line in lines]


def test_a_line_says_when_on_which_connection_which_way_and_what(tmp_path: Path) -> None:
    def log(traffic: TrafficLog) -> None:
        traffic.lines("#12", "<", b"IAMAT a\nWHATSAT b\n")
        traffic.lines("Goloman", ">", b"AT c\n")
        traffic.notice("-", "Hands listens")

    assert logged(tmp_path / "a.log", log) == [
        "#12 < IAMAT a",
        "#12 < WHATSAT b",
        "Goloman > AT c",
        "- ! Hands listens",
    ]


def test_one_event_is_one_line_of_printable_ascii_whatever_bytes_a_client_sends(tmp_path: Path) -> None:
    random = Random(3)
    said = [random.randbytes(200).replace(b"\n", b"") for _ in range(200)]
    said += [bytes([byte]) for byte in range(256) if byte != 10]

    def log(traffic: TrafficLog) -> None:
        for line in said:
            traffic.lines("#1", "<", line + b"\n")

    lines = logged(tmp_path / "a.log", log)
    assert len(lines) == len(said)
    for line, bytes_ in zip(lines, said, strict=True):
        # It can be read back: what is escaped is escaped as Python does.
        shown = line.removeprefix("#1 < ")
        assert shown.encode().decode("unicode_escape").encode("latin-1") == bytes_


def test_a_backslash_that_was_sent_is_never_taken_for_an_escape(tmp_path: Path) -> None:
    lines = logged(
        tmp_path / "a.log", lambda traffic: traffic.lines("#1", "<", b"\\x0a\n\r\x0b\x85\xe2\x80\xa8\n\\n\n")
    )
    assert lines == [rf"#1 < {shown}" for shown in (r"\\x0a", r"\r\x0b\x85\xe2\x80\xa8", r"\\n")]


def test_lines_of_many_connections_are_logged_as_if_each_came_by_itself(tmp_path: Path) -> None:
    random = Random(4)
    said = [random.randbytes(20).replace(b"\n", b"") + b"\n" for _ in range(20)]
    said += [b"IAMAT a\n", b"AUTH secret\n", b"? PROVE secret\n", b"x\\y\n", b"OUTSIDE VAUTH\n"]
    plain = [b"IAMAT %d\n" % number for number in range(20)]

    def log_many(traffic: TrafficLog) -> None:
        for lines in (said, plain, plain[:1]):
            traffic.many([f"#{number}" for number in range(len(lines))], "<", lines)

    def log_each(traffic: TrafficLog) -> None:
        for lines in (said, plain, plain[:1]):
            for number, line in enumerate(lines):
                traffic.lines(f"#{number}", "<", line)

    assert logged(tmp_path / "a.log", log_many) == logged(tmp_path / "b.log", log_each)


def test_a_notice_with_newlines_is_one_line(tmp_path: Path) -> None:
    def log(traffic: TrafficLog) -> None:
        traffic.notice("#1", "closed: [Errno 104]\nConnection\r\nreset\n")
        traffic.notice("Zoë", "é\udcff")

    assert logged(tmp_path / "a.log", log) == [
        "#1 ! closed: [Errno 104] Connection\\r reset ",
        "Zo\\xeb ! \\xc3\\xa9\\xff",
    ]


SECRET = b"hunter2"


@pytest.mark.parametrize("word", [b"AUTH", b"PROVE"])
@pytest.mark.parametrize(
    "before", [b"", b" ", b"\t\v\f\r ", b"? ", b"?  ", b"? \t\v", b"x\n", b"\n\n", b"\xff\n\\\n"]
)
@pytest.mark.parametrize("between", [b" ", b"\t", b"\v", b"\f", b"\r", b" \t \r\v\f "])
@pytest.mark.parametrize("after", [b"", b" more", b"\r", b" hunter2 \xff", b"\nx"])
def test_what_proves_who_one_is_is_masked_in_whatever_white_space(
    tmp_path: Path, word: bytes, before: bytes, between: bytes, after: bytes
) -> None:
    said = before + word + between + SECRET + after + b"\n"
    lines = logged(tmp_path / "a.log", lambda traffic: traffic.lines("#1", "<", said))
    assert len(lines) == said.count(b"\n")
    assert any(f"{word.decode()}" in line and line.endswith("***") for line in lines)
    assert SECRET.decode() not in "\n".join(lines)


def test_secrets_among_many_lines_are_all_masked_and_nothing_else_is(tmp_path: Path) -> None:
    said = b"IAMAT AUTH +1+1 1\nAUTH hunter2\nAUTHOR x\nPROVE hunter2 12\nAUTH\n AUTH \nx AUTH y\n"
    said += b"? AUTH hunter2\n? AUTH\n"
    lines = logged(tmp_path / "a.log", lambda traffic: traffic.lines("#1", "<", said))
    assert [line.removeprefix("#1 < ") for line in lines] == [
        "IAMAT AUTH +1+1 1",
        "AUTH ***",
        "AUTHOR x",
        "PROVE ***",
        "AUTH",
        " AUTH ",
        "x AUTH y",
        "? AUTH ***",
        "? AUTH",
    ]


def test_closing_writes_all_that_is_left_and_a_new_log_goes_on_behind_it(tmp_path: Path) -> None:
    count = 50_000

    def log(traffic: TrafficLog) -> None:
        for number in range(count):
            traffic.lines("#1", "<", b"%d\n" % number)

    lines = logged(tmp_path / "a.log", log)
    assert [line.rpartition(" ")[2] for line in lines] == [str(number) for number in range(count)]
    assert len(logged(tmp_path / "a.log", log)) == 2 * count


def test_the_log_makes_its_folder(tmp_path: Path) -> None:
    assert logged(tmp_path / "new" / "er" / "a.log", lambda traffic: traffic.notice("-", "x")) == ["- ! x"]


def ends(path: Path, line: str) -> bool:
    """Tell whether a file that is written to ends with this line by now."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 300))
        return file.read().endswith(line.encode() + b"\n")


async def test_a_full_file_becomes_an_older_one_and_no_line_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    first, second, third = [path.with_name(f"a.log.{age}") for age in (1, 2, 3)]
    traffic = TrafficLog(path, clock)
    portion = (b"x" * 999 + b"\n") * 16_000  # less than may wait for the disk
    told = 0
    for rotation in range(KEPT_FILES + 1):
        for _ in range(ROTATE_BYTES // len(portion) + 1):
            told += 1
            traffic.lines("#1", "<", portion)
            traffic.notice("-", f"so far {told}")
            await until(partial(ends, path, f"so far {told}"), "the portion to be written")
        assert [file.exists() for file in (first, second, third)] == [rotation > 0, rotation > 1, False]
        traffic.notice("-", f"rotation {rotation}")
        await until(partial(ends, path, f"rotation {rotation}"), "the next file")
        assert path.stat().st_size < 300
    traffic.close()
    assert first.stat().st_size > ROTATE_BYTES
    assert second.stat().st_size > ROTATE_BYTES
    assert not third.exists()
    assert first.read_bytes().count(b"\n") == 1 + (ROTATE_BYTES // len(portion) + 1) * 16_001
    for file in (path, first, second):
        file.unlink()


def test_a_disk_that_takes_nothing_neither_raises_nor_holds_up_anybody(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.symlink_to("/dev/full")
    traffic = TrafficLog(path, clock)
    for _ in range(100):
        traffic.lines("#1", "<", b"x\n" * 500_000)  # far more than may wait for the disk
    traffic.close()


# The disk is full where a file may not grow; SIGXFSZ tells of each attempt to write nevertheless.
FULL_DISK = """
import resource, signal, sys, time
from pathlib import Path
from herd.traffic import TrafficLog

failed = []

def until(condition):
    deadline = time.monotonic() + 50
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)

path = Path(sys.argv[1])
traffic = TrafficLog(path)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
signal.signal(signal.SIGXFSZ, lambda *_: failed.append(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
for number in range(1000):
    traffic.lines("#1", "<", b"lost\\n")
until(lambda: len(failed) > 2)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
until(lambda: b"missing" in path.read_bytes())
traffic.lines("#1", "<", b"kept\\n")
traffic.close()
"""


@pytest.mark.parametrize("room", [0, 30])
def test_after_a_full_disk_the_log_says_on_a_line_of_its_own_how_many_are_missing(
    tmp_path: Path, room: int
) -> None:
    path = tmp_path / "a.log"
    command = [sys.executable, "-c", FULL_DISK, str(path), str(room)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    said = [line.partition(" ")[2] for line in path.read_text().splitlines()]
    # A line that was cut off may stand there, if the next one does not begin in it.
    assert [line for line in said if line != "#1 < "] == [
        "- ! 1000 lines are missing here: disk too slow or full",
        "#1 < kept",
    ]


def test_a_folder_or_file_that_cannot_be_had_is_an_error_at_the_start(tmp_path: Path) -> None:
    before = threading.active_count()
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder.log").mkdir()
    for path in (tmp_path / "file" / "a.log", tmp_path / "file" / "er" / "a.log", tmp_path / "folder.log"):
        with pytest.raises(OSError, match=re.escape(str(path.parent))):
            TrafficLog(path, clock)
    assert threading.active_count() == before
