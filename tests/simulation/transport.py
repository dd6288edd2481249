"""One end of a simulated TCP connection: bytes in order, split and merged anywhere, late, stuck, cut off.

What is written waits in `_unsent` until the window has room (that is the buffer which asyncio's transports count),
then flies, and rests in `_landed` at the other end until the application there reads.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from tests.simulation.loop import Process

if TYPE_CHECKING:
    from tests.simulation.network import Network

_FIN = b""  # in the place of a segment: nothing more comes
HIGH = 64 * 1024  # asyncio's own limit before writing pauses


class Transport(asyncio.Transport):
    """A connection's end in one process; `other` is the far one."""

    def __init__(self, network: "Network", process: Process, number: int, addresses: tuple[Any, Any]) -> None:
        super().__init__({"sockname": addresses[0], "peername": addresses[1]})
        self.process = process
        self.other: Transport
        self.stuck = False  # what is sent from here never arrives, and nobody says so
        self.gone = False  # closed, reset, or its process died
        self.links = False  # two servers: then somebody set a limit
        self.extra = 0  # bytes of digests that were written, which a link sends without looking at `high`
        self.high = self.low = 0
        self.window = network.window()
        self._network = network
        self._number = number
        self._protocol: Any = None
        self._unsent = bytearray()
        self._flying: deque[tuple[float, bytes]] = deque()  # segments to the other end, with their arrival
        self._airborne = 0  # bytes sent that the other application has not read
        self._last = 0.0  # when the last segment sent arrives
        self._landed: deque[bytes] = deque()  # here, unread
        self._reading = True
        self._closing = self._paused_writing = self._ended = self._eof = False
        self.set_write_buffer_limits()

    def __hash__(self) -> int:
        return self._number

    def attach(self, protocol: asyncio.BaseProtocol) -> None:
        """Begin to be its protocol's."""
        self._protocol = protocol
        protocol.connection_made(self)
        self._take_soon()

    # What a protocol calls.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send, or keep what the window has no room for."""
        if self._closing or self.gone or not self.process.alive or not data:
            return
        assert not self._eof, "written after write_eof"
        self._unsent += data
        self._send()
        if self._network.is_server(self.process):
            self._network.watch.written(self, bytes(data))
        if len(self._unsent) > self.high and not self._paused_writing:
            self._paused_writing = True
            self._network.sometimes("writing paused")
            self._protocol.pause_writing()

    def writelines(self, list_of_data: Any) -> None:
        """Send all."""
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        """Send what is left, then close."""
        if not self._closing:
            self._closing = True
            self._send()

    def abort(self) -> None:
        """Close at once."""
        if not self.gone:
            self._closing = True
            self._unsent.clear()
            if self._network.aborts_loudly(self.process):
                self._network.later(self.other.process, self.other.reset)
            else:
                self._send()
            self._lose(None)

    def write_eof(self) -> None:
        """Send nothing more."""
        self._eof = True
        self._send()

    def can_write_eof(self) -> bool:
        """Whether one direction can be ended: yes."""
        return True

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._closing or self.gone

    def is_reading(self) -> bool:
        """Whether what comes is read."""
        return self._reading

    def pause_reading(self) -> None:
        """Let what comes wait."""
        self._reading = False

    def resume_reading(self) -> None:
        """Read on."""
        if not self._reading:
            self._reading = True
            self._take_soon()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another protocol take over."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return whose it is."""
        protocol: asyncio.BaseProtocol = self._protocol
        return protocol

    def get_write_buffer_size(self) -> int:
        """Return the bytes that wait here."""
        return len(self._unsent)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Say when to pause writing; a seed may want it earlier."""
        self.links = high is not None
        self.high = min(HIGH if high is None else high, self._network.knobs.buffer)
        self.low = self.high // 4 if low is None else min(low, self.high)

    # What the network does.

    def reset(self) -> None:
        """Let this end learn that the connection is no more."""
        self._lose(ConnectionResetError(104, "Connection reset by peer"))

    def land(self) -> None:
        """Take from the air what has come by now, unless the way is cut."""
        now, other = self._network.loop.time(), self.other
        if other.stuck or self._network.is_cut(other.process.name, self.process.name):
            return  # it is sent again when the way is free
        flying = other._flying
        while flying and flying[0][0] <= now:
            self._landed.append(flying.popleft()[1])
        if self.gone or not self.process.alive:
            self._bounce()
        elif self._reading:
            self._take()

    def fall_silent(self) -> None:
        """End without a word: the process died with its machine, or a box on the way forgot the connection."""
        self.gone = True

    def _bounce(self) -> None:
        """Bytes for nobody: the machine, if there is one, answers that there is no such connection."""
        if self._landed and not self.other.gone and self._network.is_up(self.process.name):
            self._landed.clear()
            self._network.later(self.other.process, self.other.reset)

    def _send(self) -> None:
        """Put into the air what the window has room for."""
        network = self._network
        while self._unsent and self._airborne < self.window:
            size = min(network.segment(len(self._unsent)), self.window - self._airborne)
            if size < len(self._unsent):
                network.split(self._unsent, size)
            self._launch(bytes(self._unsent[:size]))
            del self._unsent[:size]
        if (self._closing or self._eof) and not self._unsent and not self._ended:
            self._ended = True
            self._launch(_FIN)
            if self._closing:
                network.loop.call_soon(self._lose, None, context=self.process.context)

    def _launch(self, segment: bytes) -> None:
        self._airborne += len(segment)
        self._last = max(self._last, self._network.arrival())
        self._flying.append((self._last, segment))
        self._network.loop.call_at(self._last, self.other.land, context=self.other.process.context)

    def _take_soon(self) -> None:
        self._network.loop.call_soon(self._take, context=self.process.context)

    def _take(self) -> None:
        """Let the protocol read what is here."""
        if self._protocol is None or self.gone or self._closing or not self._reading or not self._landed:
            return
        data = b"".join(self._landed)
        ended = self._landed[-1] == _FIN
        self._landed.clear()
        if data:
            self._network.loop.call_soon(self.other._read, len(data), context=self.other.process.context)
            self._network.trace("read", self._number, data)
            self._protocol.data_received(data)
        if ended and not self.is_closing() and not self._protocol.eof_received():
            self.close()

    def _read(self, size: int) -> None:
        """Go on sending: the other application has read so much."""
        self._airborne -= size
        if self.gone:
            return
        self._send()
        if self._paused_writing and len(self._unsent) <= self.low:
            self._paused_writing = False
            self._protocol.resume_writing()

    def _lose(self, reason: Exception | None) -> None:
        if self.gone:
            return
        self.gone = self._closing = True
        self._unsent.clear()
        self._network.forget(self)
        if self._protocol is not None and self.process.alive:
            self._network.trace("lost", self._number, str(reason).encode())
            self._network.loop.call_soon(self._protocol.connection_lost, reason, context=self.process.context)
