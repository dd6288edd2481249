"""The yardstick of the journal: the same server without one. What is known ends with it.

python -m tests.bench.unkept_server CONFIG NAME LOG
"""

import asyncio
import sys
from pathlib import Path
from random import Random

from herd.config import load
from herd.server import run_server
from herd.traffic import TrafficLog
from web.serve import collect_rarely


async def _run(config: Path, name: str, log: Path) -> None:
    async with run_server(load(config, {}), name, lambda: TrafficLog(log), Random()):
        await asyncio.Event().wait()


if __name__ == "__main__":
    collect_rarely()
    asyncio.run(_run(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
