"""A process that is compared: started until it listens, ended by its own id."""

import asyncio
import shutil
import subprocess
from pathlib import Path

from tests.beside.link import HOST

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0  # seconds; only what fails takes so long
POLL = 0.02  # seconds between two looks at a condition
ASK_AGAIN = 100  # looks


def find(name: str) -> str | None:
    """Return where a program is; Debian has servers in /usr/sbin, which not every PATH names."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


def version(*command: str) -> str:
    """Return the first line that a program says of itself, on whichever stream it does."""
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    return (said.stdout + said.stderr).partition("\n")[0].partition(" sha=")[0]  # Redis says how it was built


class Program:
    """A command, which listens on ports while it runs."""

    def __init__(self, command: list[str], ports: tuple[int, ...], log: Path) -> None:
        self.ports = ports
        self._command = command
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it and wait until it listens on all its ports."""
        self._process = process = self._run()
        async with asyncio.timeout(PATIENCE):
            for port in self.ports:
                while not await _listens(port):
                    if process.poll() is not None:
                        said = self._log.read_text()[-2000:]
                        raise RuntimeError(f"{self._command} ended at its start:\n{said}")
                    await asyncio.sleep(POLL)

    async def stop(self) -> None:
        """Ask it to end, as an operator would; whoever does not is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                looks = 0
                while process.poll() is None:
                    if looks % ASK_AGAIN == 0:  # Redis does not end while it writes its first file, and forgets it
                        process.terminate()
                    looks += 1
                    await asyncio.sleep(POLL)
        finally:
            process.kill()
            process.wait()

    def _run(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as out:
            return subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.transport.abort()
    return True
