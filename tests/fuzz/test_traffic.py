"""The log of a server: one event one line of printable ASCII that can be read back, without anybody's secret."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from herd.traffic import TrafficLog, quote
from tests.fuzz import reference
from tests.fuzz.mutating import mutated, without
from tests.fuzz.speaking import LINES, NOISE, NOW, PEER_LINES

SECRET = b"hunter2"
BLANKS = st.text(" \t\r\v\f", max_size=3).map(str.encode)
WORDS = st.sampled_from([b"AUTH", b"PROVE"])
PROOFS = st.builds(
    b"%b%b%b%b %b%b".__mod__,
    st.tuples(st.sampled_from([b"", b"", b"? "]), BLANKS, WORDS, BLANKS, st.just(SECRET), BLANKS),
)
SAID = without(b"\n", mutated(PROOFS) | LINES | PEER_LINES | NOISE)
STAMP = re.compile(r"2018-03-02T20:52:15\.000Z (#1|to-Hands|Zo\\xeb) ([<>!]) (.*)")
LABELS = st.sampled_from(["#1", "to-Hands", "Zoë"])


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "a.log"


@settings(max_examples=80)
@given(st.lists(st.tuples(LABELS, st.sampled_from("<>!"), st.lists(SAID, min_size=1, max_size=5)), max_size=6))
@example([("#1", "<", [b" \tAUTH\v" + SECRET, b"PROVE " + SECRET + b" \xff"])])
def test_what_is_logged_can_be_read_back_but_for_secrets(
    file: Path, events: list[tuple[str, str, list[bytes]]]
) -> None:
    file.unlink(missing_ok=True)
    log = TrafficLog(file, clock=lambda: NOW)
    expected = []
    for label, direction, lines in events:
        if direction == "!":
            log.notice(label, lines[0].decode("utf-8", "surrogateescape"))
            expected.append((label, "!", lines[0]))
        else:
            log.lines(label, direction, b"".join([line + b"\n" for line in lines]))
            expected += [(label, direction, line) for line in lines]
    log.close()
    text = file.read_bytes().decode("ascii")
    written = text.split("\n")
    assert written.pop() == ""
    assert len(written) == len(expected)
    for line, (label, direction, said) in zip(written, expected, strict=True):
        found = STAMP.fullmatch(line)
        assert found
        assert line.isprintable()
        assert (_plain(found[1]), found[2]) == (label.encode("latin-1"), direction)
        assert _plain(found[3]) == _masked(said)


def _plain(text: str) -> bytes:
    """Undo the escapes."""
    return text.encode("ascii").decode("unicode_escape").encode("latin-1")


def _masked(line: bytes) -> bytes:
    """Return what may be known of a line: of `AUTH` and `PROVE`, also of their refusal, nothing behind the word."""
    fields = reference.split(line)
    start = line.index(fields[0]) if fields else 0
    if fields[:1] == [b"?"] and line[start + 1 : start + 2] == b" ":
        fields = fields[1:]
        start = line.index(fields[0], start + 2) if fields else 0
    if len(fields) < 2 or fields[0] not in {b"AUTH", b"PROVE"}:
        return line
    end = line.index(fields[1], start + len(fields[0]))
    return line[:end] + b"***"


@settings(max_examples=80)
@given(SAID)
def test_a_notice_quotes_the_beginning_of_a_line_and_no_secret(line: bytes) -> None:
    said = quote(line)
    assert said.isprintable()
    assert said.isascii()
    assert said == repr(_masked(line)[:100])
