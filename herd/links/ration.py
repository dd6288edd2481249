"""What a peer's lines may cost in one turn of the loop; the rest waits, and then the others have their turn."""

import asyncio
from collections import deque
from collections.abc import Callable

from herd.links.wire import Wire

A_TURN = 2_000  # quick lines, or 200 slow ones, as many as a client has: about 5 ms
QUICK = 1  # a mark or an acknowledgement
SLOW = 10  # what is parsed exactly, compared, or skipped with a word in the log


class Ration:
    """Takes lines in order. While any wait nothing is read, so that no more wait than came in one piece."""

    def __init__(self, wire: Wire, take: Callable[[bytes], int]) -> None:
        """`take` takes one line in and returns what that cost: QUICK or SLOW."""
        self._wire = wire
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._spent = 0
        self._left: deque[bytes] = deque()

    def begin(self) -> None:
        """Begin a turn."""
        self._spent = 0

    def take(self, line: bytes) -> None:
        """Take a line in, now or when those before it have been."""
        if self._left:
            self._left.append(line)
        elif self._spent < A_TURN:
            self._spent += self._take(line)
        else:
            self._left.append(line)
            self._wire.pause_reading()
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._spent = 0
        while self._left and self._spent < A_TURN and not self._wire.lost.done():
            self._spent += self._take(self._left.popleft())
        if self._wire.lost.done():
            self._left.clear()  # it will be told again
        elif self._left:
            self._loop.call_soon(self._go_on)
        else:
            self._wire.resume_reading()
