"""Reads what came on many connections in one pass, where asyncio would make a callback of each.

An epoll is a file that can be polled, too: so the loop sees one file that is ready, and behind it stand all the
connections that are. To the transport of such a connection its reading is paused; all else is left to it: it writes
and closes, and reads again where there is an end or an error to be met. Without epoll, and under TLS, it reads all.

Measured at 50 connections with one request in flight: 12.0 us of CPU a request without this, 10.6 with it.
"""

import asyncio
import os
import select
from typing import Protocol

from herd.guard import Guard

READ = 64 * 1024  # bytes at once; what is left comes in the next turn
PASS = 1_000  # connections read in one pass


class Listener(Protocol):
    """Who has a connection."""

    transport: asyncio.Transport

    def data_received(self, data: bytes) -> None:
        """Hear what came."""

    def dismiss(self, reason: str) -> None:
        """Close at once."""


class Ears:
    """The connections of one server that are read here, by the numbers of their files."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._epoll: select.epoll | None = None  # once there is something to read
        self._listeners: dict[int, Listener] = {}

    def listen(self, listener: Listener) -> None:
        """Read on."""
        transport = listener.transport
        number = _number(transport)
        if number in self._listeners or transport.is_closing():
            return
        if number < 0:
            transport.resume_reading()
            return
        if self._epoll is None:
            self._epoll = select.epoll()
            asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._read)
        transport.pause_reading()
        self._epoll.register(number, select.EPOLLIN)
        self._listeners[number] = listener

    def rest(self, listener: Listener) -> None:
        """Read no more, until `listen`."""
        if not self._leave(_number(listener.transport)):
            listener.transport.pause_reading()

    def forget(self, listener: Listener) -> None:
        """Read nothing any more: the connection is closed as soon as this returns."""
        self._leave(_number(listener.transport))

    def close(self) -> None:
        """Read nothing any more from anybody."""
        if self._epoll is not None:
            asyncio.get_running_loop().remove_reader(self._epoll.fileno())
            self._epoll.close()
            self._epoll = None
            self._listeners.clear()

    def _leave(self, number: int) -> bool:
        if self._listeners.pop(number, None) is None:
            return False
        assert self._epoll is not None
        self._epoll.unregister(number)
        return True

    def _read(self) -> None:
        assert self._epoll is not None
        ready, listener = iter(self._epoll.poll(0, PASS)), None
        while True:  # a defect must not cost the others theirs
            with self._guard.contain("hearing a connection"):
                for number, event in ready:
                    listener = self._listeners.get(number)
                    if listener is None:  # it left in this very pass
                        continue
                    try:
                        whole = event == select.EPOLLIN and not listener.transport.is_closing()
                        data = os.read(number, READ) if whole else b""
                    except OSError:
                        data = b""
                    if data:
                        listener.data_received(data)
                    else:  # its end, or an error: for asyncio to meet
                        self._leave(number)
                        listener.transport.resume_reading()
                return
            if listener is not None:
                listener.dismiss("a defect")


def _number(transport: asyncio.Transport) -> int:
    """Return the number of the file to be read, -1 if there is none: it is simulated, or what comes is TLS."""
    sock = transport.get_extra_info("socket")
    if sock is None or transport.get_extra_info("sslcontext") is not None or not hasattr(select, "epoll"):
        return -1
    number: int = sock.fileno()
    return number
