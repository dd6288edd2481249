"""One server called Home as a process of its own, for tests of what signals and limits do to it."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.herding import HOST, PATIENCE, ROOT, free_ports, until


class Solo:
    """The process, its ports and its files."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.tcp, self.http = free_ports(2)
        self.folder = folder
        self.config = folder / "herd.toml"
        self.write(settings)
        options = ["--config", str(self.config), "--data", str(folder), "--log-level", "info"]
        with (folder / "out").open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "run.py"), "Home", *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def write(self, settings: str) -> None:
        """Write other settings beside those of where it listens."""
        servers = f'[servers.Home]\ntcp = "{HOST}:{self.tcp}"\nhttp = "{HOST}:{self.http}"\n'
        self.config.write_text(settings + servers)

    def said(self) -> str:
        """Return what it printed."""
        return (self.folder / "out").read_text()

    def logged(self) -> str:
        """Return its log."""
        return (self.folder / "Home.log").read_text()

    def tell(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    async def hears(self, number: signal.Signals, word: str) -> None:
        """Send a signal, and wait until one more line with this word was printed."""
        before = self.said().count(word)
        self.tell(number)
        await until(lambda: self.said().count(word) > before, f"{word!r} in {self.said()}")

    async def ended(self) -> int:
        """Wait for the end; return the status."""
        return await asyncio.to_thread(self.process.wait, PATIENCE)


@asynccontextmanager
async def solo(folder: Path, settings: str = "") -> AsyncIterator[Solo]:
    """Run the server until the block's end; it must not have met a defect."""
    home = Solo(folder, settings)
    try:
        await until(lambda: ", and http" in home.said() or home.process.poll() is not None, "the server")
        assert home.process.poll() is None, home.said()
        yield home
    finally:
        home.process.kill()
        home.process.wait()
    assert "Traceback" not in home.said(), home.said()
