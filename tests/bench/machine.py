"""What the kernel knows: the machine that figures come from, and the CPU seconds that a process has used."""

import os
import platform
import time
from collections.abc import Iterable
from pathlib import Path

CALM = 0.05  # cores: a process that uses less is idle but for its heartbeats
CALM_PATIENCE = 10.0  # seconds


def describe() -> str:
    """Return one line: processor, cores, kernel, Python and how busy the machine is."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, {python}, "
        f"load {os.getloadavg()[0]:.1f}"
    )


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of all living threads of a process; no busy neighbour disturbs them."""
    tasks = Path(f"/proc/{pid}/task")
    try:
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9
    except FileNotFoundError:  # a kernel without schedstat, or a thread that ended meanwhile
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def private_bytes(pid: int) -> int:
    """Return the memory of a process that is in use and its own: not the kernel's, no files."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the kernel does not tell RssAnon")


def wait_for_calm(pids: Iterable[int]) -> None:
    """Wait, but not for ever, until these processes have worked off what came before."""
    watched = list(pids)
    end = time.monotonic() + CALM_PATIENCE
    before = sum(map(cpu_seconds, watched))
    while time.monotonic() < end:
        time.sleep(0.2)
        after = sum(map(cpu_seconds, watched))
        if (after - before) / 0.2 < CALM * max(1, len(watched)):
            return
        before = after
