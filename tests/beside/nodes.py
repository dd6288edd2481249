"""The processes of one system: two nodes that can be stopped and started, and the link between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from tests.beside.link import Link
from tests.beside.program import Program

Side = Literal["A", "B"]
A: Side = "A"
B: Side = "B"


class Nodes:
    """Node A and node B, each a program whose first port is for clients; others run on A's side of the link."""

    def __init__(self, link: Link, a: Program, b: Program, *others: Program) -> None:
        self.link = link
        self._programs = {A: a, B: b}
        self._all = (*others, a, b)

    def port(self, side: Side) -> int:
        """Return where clients connect to a node."""
        return self._programs[side].ports[0]

    async def start(self, side: Side) -> None:
        """Start a node until it listens."""
        await self._programs[side].start()

    async def stop(self, side: Side) -> None:
        """End a node as an operator does."""
        await self._programs[side].stop()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Nodes"]:
        """Run them all."""
        try:
            await asyncio.gather(*[program.start() for program in self._all])
            yield self
        finally:
            await asyncio.gather(*[program.stop() for program in self._all])
            await self.link.close()
