"""The simulated network: who listens where, which ways are cut, how late and in what pieces bytes arrive."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

from tests.simulation.knobs import Knobs
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.transport import Transport
from tests.simulation.watch import Watch

SYN_SECONDS = 1.0  # between two attempts to connect over a way that is cut
SEGMENTS_MOST = 8  # about, of one write
FIRST_PORT = 40_000


class Listener:
    """A process that accepts connections at an address."""

    def __init__(self, network: "Network", process: Process, factory: Callable[[], asyncio.BaseProtocol]) -> None:
        self.process = process
        self.factory = factory
        self._network = network

    def close(self) -> None:
        """Accept nothing more."""
        for address, listener in list(self._network.listeners.items()):
            if listener is self:
                del self._network.listeners[address]

    async def wait_closed(self) -> None:
        """Return: it closes at once."""


class Network:
    """All connections, and what is wrong with the ways between processes."""

    def __init__(self, loop: VirtualLoop, random: Random, knobs: Knobs, watch: Watch) -> None:
        self.loop = loop
        self.knobs = knobs
        self.watch = watch
        self.trace = watch.trace
        self.sometimes = watch.sometimes
        self.names: dict[str, str] = {}  # of the processes, by host
        self.listeners: dict[tuple[str, int], Listener] = {}
        self.open: dict[Transport, None] = {}
        self.silent = 0.0  # the share of connections that are accepted and then silent
        self._random = random
        self._cuts: dict[tuple[str, str], None] = {}
        self._down: dict[str, None] = {}  # machines without power
        self._count = 0

    # What the loop's connections are made of.

    def listen(self, factory: Callable[[], asyncio.BaseProtocol], host: str, port: int) -> Listener:
        """Accept connections for the current process."""
        if (host, port) in self.listeners:
            raise OSError(98, "Address already in use")
        listener = self.listeners[host, port] = Listener(self, Process.current(), factory)
        return listener

    async def connect(
        self, factory: Callable[[], asyncio.BaseProtocol], host: str, port: int
    ) -> tuple[Transport, asyncio.BaseProtocol]:
        """Connect the current process to an address, some time later."""
        process = Process.current()
        await asyncio.sleep(self._delay())
        listener = self.listeners.get((host, port))
        while self._unreachable(process, host):
            self.sometimes("dialled into a void")
            if self.silent:  # a box on the way that forgets whom it should have let through
                await self.loop.create_future()
            await asyncio.sleep(SYN_SECONDS)
            listener = self.listeners.get((host, port))
        if listener is None:
            raise ConnectionRefusedError(111, f"Connect call failed ({host!r}, {port})")
        near, far = self._pair(process, listener.process, (host, port))
        protocol = factory()
        near.attach(protocol)
        self.loop.call_soon(self._accept, far, listener, context=listener.process.context)
        return near, protocol

    def _accept(self, far: Transport, listener: Listener) -> None:
        if listener.process.alive and not far.gone:
            far.attach(listener.factory())

    def _pair(self, process: Process, other: Process, address: tuple[str, int]) -> tuple[Transport, Transport]:
        self._count += 2
        here = (address[0], FIRST_PORT + self._count)
        near = Transport(self, process, self._count, (here, address))
        far = Transport(self, other, self._count + 1, (address, here))
        near.other, far.other = far, near
        for end in (near, far):
            self.open[end] = None
        if self._random.random() < self.silent:
            self.sometimes("accepted, then silent")
            near.stuck = far.stuck = True
        self.trace("connect", near.process.name, far.process.name.encode())
        return near, far

    def _unreachable(self, process: Process, host: str) -> bool:
        name = self.names[host]
        return name in self._down or self.is_cut(process.name, name) or self.is_cut(name, process.name)

    # What a transport asks.

    def arrival(self) -> float:
        """Return when what is sent now arrives."""
        return self.loop.time() + self._delay()

    def _delay(self) -> float:
        delay = self.knobs.delay
        return self.knobs.floor + (self._random.expovariate(1 / delay) if delay else 0)

    def segment(self, waiting: int) -> int:
        """Return how many bytes travel together; a large write is not cut into ever so many."""
        segments = self.knobs.segments
        return segments[int(self._random.random() * len(segments))] + waiting // SEGMENTS_MOST

    def window(self) -> int:
        """Return how many bytes may be under way on a connection."""
        return self._random.choice(self.knobs.windows)

    def aborts_loudly(self, process: Process) -> bool:
        """Whether an abort sends a reset, as clients' do; a server's may look like a close."""
        return not self.is_server(process) or self._random.random() < 0.5

    def is_server(self, process: Process) -> bool:
        """Whether a process is one of the herd."""
        return process.name in self.names.values()

    def split(self, data: bytearray, at: int) -> None:
        """Count where a line is split."""
        self.sometimes("a line split inside a character" if 0x80 <= data[at] < 0xC0 else "a line split")

    def is_cut(self, source: str, target: str) -> bool:
        """Whether nothing gets from one process to the other."""
        return (source, target) in self._cuts

    def is_up(self, name: str) -> bool:
        """Whether the machine of a process has power."""
        return name not in self._down

    def later(self, process: Process, callback: Callable[..., Any]) -> None:
        """Let news reach a process."""
        self.loop.call_at(self.arrival(), callback, context=process.context)

    def forget(self, end: Transport) -> None:
        """Count an end that is closed out."""
        self.open.pop(end, None)

    # What the faults do.

    def cut(self, source: str, target: str) -> None:
        """Let nothing get from one process to the other."""
        self._cuts[source, target] = None

    def mend(self, source: str, target: str) -> None:
        """Let everything pass again, first what was held up."""
        if self._cuts.pop((source, target), "none") is None:
            for end in self.ends(target):
                if end.other.process.name == source:
                    self.later(end.process, end.land)

    def ends(self, name: str) -> list[Transport]:
        """Return the open ends in processes of a name."""
        return [end for end in self.open if end.process.name == name]

    def die(self, process: Process, power: bool) -> None:
        """Close all of a process that is no more; without power nobody is told."""
        if power:
            self._down[process.name] = None
        for address, listener in list(self.listeners.items()):
            if listener.process is process:
                del self.listeners[address]
        for end in [end for end in self.open if end.process is process]:
            end.fall_silent()
            self.forget(end)
            if not power:
                self.later(end.other.process, end.other.reset)

    def power(self, name: str) -> None:
        """Give a machine its power back: it knows of no old connection."""
        self._down.pop(name, None)
