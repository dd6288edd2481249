"""The fast lane takes no longer than it must; what it does is held to a reference in tests/fuzz/test_lines.py."""

from herd.fastlane import split_commands


def test_a_chunk_of_newlines_is_split_in_linear_time_into_nothing_to_answer() -> None:
    assert split_commands(b"\n" * 65536) == [(b"", b"", b"", b"", b"")]
