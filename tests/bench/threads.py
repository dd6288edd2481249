"""What each kind of thread of a running browser uses of the processors."""

import os
from collections.abc import Iterator
from pathlib import Path

TICKS = 1 / os.sysconf("SC_CLK_TCK")  # seconds: the kernel's unit in /proc/PID/stat
# Threads by what they do for a page; Linux cuts their names at 15 bytes.
KINDS = {"page": "page", "Compositor": "compositor", "CompositorTileW": "raster", "VizCompositorTh": "screen"}


def thread_seconds(browser: int) -> dict[str, float]:
    """Return the CPU seconds of the browser's threads, by kind."""
    found: dict[str, float] = {}
    for process, role in _processes(browser):
        for task in Path(f"/proc/{process}/task").iterdir():
            try:
                comm, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
            except FileNotFoundError:
                continue
            name = "page" if role == "renderer" and task.name == str(process) else KINDS.get(comm, f"other {role}")
            fields = rest.split()
            found[name] = found.get(name, 0) + (int(fields[11]) + int(fields[12])) * TICKS
    return found


def _processes(browser: int) -> Iterator[tuple[int, str]]:
    parents, roles = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        _, _, kind = command.partition("--type=")
        roles[int(folder.name)] = kind.split(" ")[0] or "browser"
    for process, role in roles.items():
        above = process
        while above > 1 and above != browser:
            above = parents.get(above, 0)
        if above == browser:
            yield process, role
