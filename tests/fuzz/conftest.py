"""What properties stand on, for as long as a module's examples last: a loop, or a server with its gateway."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.served import Served
from tests.fuzz.wires import Stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Lend a loop."""
    stage = Stage()
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a server called Home."""
    home = Served(tmp_path_factory.mktemp("home"))
    yield home
    home.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lend a folder."""
    return tmp_path_factory.mktemp("files")
