"""Frames that were written lately, for the next viewer that needs the same."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import NamedTuple

# All frames that are kept. When a server or a network comes back all its viewers come at once, and to write for
# each of 500 what 10,000 clients changed would take half a minute.
KEPT_MOST = 32 * 1024 * 1024  # bytes


class Piece(NamedTuple):
    """Frames, side by side, and the number to which they bring a viewer."""

    after: int
    frames: bytes


class Kept:
    """Pieces by what they tell, the last used."""

    def __init__(self) -> None:
        self._pieces: OrderedDict[Hashable, Piece] = OrderedDict()
        self._size = 0
        self._writing = asyncio.Lock()

    async def get(self, key: Hashable, write: Callable[[], Awaitable[Piece]]) -> Piece:
        """Return what is kept, or else what `write` returns."""
        async with self._writing:  # whoever comes while it is being written finds it written
            piece = self._pieces.pop(key, None)
            if piece is None:
                piece = await write()
                self._size += len(piece.frames)
            self._pieces[key] = piece
            while self._size > KEPT_MOST:
                _, oldest = self._pieces.popitem(last=False)
                self._size -= len(oldest.frames)
            return piece

    def clear(self) -> None:
        """Keep nothing."""
        self._pieces.clear()
        self._size = 0
