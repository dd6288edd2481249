"""Many connections read in one pass: what comes, what ends, what breaks, and who wants no more."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from herd.ears import Ears
from herd.guard import Guard
from tests.herding import until, within


class Listener(asyncio.Protocol):
    """Collects what it hears."""

    transport: asyncio.Transport

    def __init__(self, ears: Ears) -> None:
        self.heard = b""
        self.over = ""
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._ears = ears

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have the ears read it."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        # Not at once: some releases of asyncio begin to read after this, whatever was said here.
        asyncio.get_running_loop().call_soon(self._ears.listen, self)

    def data_received(self, data: bytes) -> None:
        """Remember it."""
        if data == b"break":
            raise ZeroDivisionError
        self.heard += data
        if data == b"rest":
            self._ears.rest(self)

    def eof_received(self) -> None:
        """Remember it."""
        self.over += "end"

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember why."""
        self._ears.forget(self)
        self.lost.set_result(exc)

    def dismiss(self, reason: str) -> None:
        """Close at once."""
        self.over += reason
        self.transport.abort()


class Room:
    """Connections whose far ends are sockets of the test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.guard = Guard()
        self.ears = Ears(self.guard)
        stack.callback(self.ears.close)
        self._stack = stack

    async def enter(self) -> tuple[Listener, socket.socket]:
        """Connect one more."""
        with socket.create_server(("127.0.0.1", 0)) as door:
            far = socket.create_connection(door.getsockname())
            near, _ = door.accept()
        self._stack.callback(far.close)
        _, listener = await asyncio.get_running_loop().create_connection(lambda: Listener(self.ears), sock=near)
        self._stack.callback(listener.transport.abort)
        return listener, far


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        yield Room(stack)


async def test_what_comes_on_many_connections_is_heard_and_their_transports_read_nothing(room: Room) -> None:
    pairs = [await room.enter() for _ in range(20)]
    for number, (_, far) in enumerate(pairs):
        far.send(b"%d" % number)
    for number, (listener, _) in enumerate(pairs):
        await until(lambda listener=listener: listener.heard, "what was sent")  # type: ignore[misc]
        assert listener.heard == b"%d" % number
        assert not listener.transport.is_reading()


async def test_who_rests_hears_nothing_until_it_listens_again(room: Room) -> None:
    (listener, far), (other, marker) = await room.enter(), await room.enter()
    far.send(b"rest")
    await until(lambda: listener.heard, "what was sent")
    far.send(b"more")
    marker.send(b"x")
    await until(lambda: other.heard, "what was sent later, to another")
    assert listener.heard == b"rest"
    room.ears.listen(listener)
    room.ears.listen(listener)
    await until(lambda: listener.heard == b"restmore", "the rest")


async def test_the_end_and_an_error_are_met_by_the_transport(room: Room) -> None:
    ending, far = await room.enter()
    far.send(b"last")
    far.shutdown(socket.SHUT_WR)
    assert await within(ending.lost) is None
    assert (ending.heard, ending.over) == (b"last", "end")
    failing, far = await room.enter()
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()
    assert isinstance(await within(failing.lost), ConnectionResetError)
    assert failing.over == ""


async def test_nothing_is_heard_on_a_connection_that_is_being_closed(room: Room) -> None:
    listener, far = await room.enter()
    while not listener.transport.get_write_buffer_size():  # then closing takes until the other end has read
        listener.transport.write(bytes(100_000))
    listener.transport.close()
    far.send(b"late")
    other, marker = await room.enter()
    marker.send(b"x")
    await until(lambda: other.heard, "what was sent later, to another")
    assert listener.heard == b""
    far.close()
    await within(listener.lost)


async def test_what_breaks_on_one_connection_costs_the_others_nothing(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    pairs = [await room.enter() for _ in range(3)]
    for (_, far), said in zip(pairs, (b"a", b"break", b"c"), strict=True):
        far.send(said)
    await until(lambda: pairs[0][0].heard and pairs[2][0].heard, "what the others said")
    await within(pairs[1][0].lost)
    assert pairs[1][0].over == "a defect"
    assert room.guard.caught == 1
    assert "hearing a connection" in caplog.text
