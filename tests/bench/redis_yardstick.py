"""The yardstick from elsewhere: Redis, which keeps the same positions with GEOADD."""

import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.load import Load
from tests.bench.processes import free_ports, running
from tests.bench.requests import CLIENTS

EXPECTED = 50_000  # requests a second: redis-benchmark is told a number of requests, not a time


def installed() -> bool:
    """Tell whether Debian's redis-server is here; its row is left out where not."""
    return shutil.which("redis-server") is not None


def benchmark_installed() -> bool:
    """Tell whether redis-benchmark is here (Debian: redis-tools)."""
    return installed() and shutil.which("redis-benchmark") is not None


@contextmanager
def redis(folder: Path) -> Iterator[tuple[int, int]]:
    """Run Redis without persistence; gives its process id and port."""
    (port,) = free_ports(1)
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with running(command, port, folder / "redis.out") as pid:
        yield pid, port


def redis_benchmark(port: int, connections: int, seconds: float) -> Load:
    """Run redis-benchmark's own GEOADD, one request in flight per connection."""
    requests = int(EXPECTED * seconds)
    options = f"-p {port} -c {connections} -P 1 -n {requests} -r {CLIENTS} --csv"
    geoadd = "GEOADD herd -118.445127 34.068930 client:__rand_int__"
    started, cpu = time.perf_counter(), _children()
    run = subprocess.run(
        ["redis-benchmark", *options.split(), *geoadd.split()],
        capture_output=True, text=True, check=True, timeout=60 + 10 * seconds,
    )  # fmt: skip
    elapsed = time.perf_counter() - started
    # The last line: "GEOADD ...","68027.21","0.371",... ; its own rate leaves its start-up out.
    rate = float(run.stdout.splitlines()[-1].split('","')[1])
    return Load(requests, requests / rate, (_children() - cpu) * requests / rate / elapsed)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
