"""The README names tests, files and commands that are there."""

import re

from herd.arguments import PARSERS
from tests.herding import ROOT

TEXT = (ROOT / "README.md").read_text("utf-8")
TESTS = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


def test_every_test_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", TEXT))
    assert len(named) > 20
    assert [name for name in sorted(named) if f"def {name}(" not in TESTS] == []


def test_every_file_that_the_readme_links_to_exists() -> None:
    linked = set(re.findall(r"\]\(([^)#:]+)\)", TEXT)) | set(re.findall(r"src(?:set)?=\"([^\":]+)\"", TEXT))
    assert len(linked) > 20
    assert [path for path in sorted(linked) if not (ROOT / path).exists()] == []


def test_every_command_that_the_readme_shows_exists() -> None:
    shown = set(re.findall(r"run\.py ([a-z]+)", TEXT))
    assert shown >= {"test", "bench", "simulate", "chaos", "compare"}
    assert shown <= set(PARSERS)
