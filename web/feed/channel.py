"""What viewers that ask for the same are shown alike: a form of frames, and the part of the map they cover."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from herd.messages import SECOND
from web.box import Box
from web.feed.frames import Head, JsonPage, Page, see
from web.feed.packed import Names, PackedPage
from web.feed.wrapping import binary_message, chunked_event, event, text_message

FRAME_MOST = 10_000  # reports in a frame


@dataclass(frozen=True, slots=True)
class Form:
    """How frames are written, and laid into the connection."""

    page: Callable[[Names], Page]
    wrap: Callable[[bytes, Head], bytes]
    named: bool  # whether a client's name is told once only
    slice: int  # reports written between two pauses: about 1 ms


JSON = Form(lambda names: JsonPage(), text_message, named=False, slice=200)
BINARY = Form(PackedPage, binary_message, named=True, slice=500)
EVENTS = Form(lambda names: JsonPage(), event, named=False, slice=200)
CHUNKED_EVENTS = Form(lambda names: JsonPage(), chunked_event, named=False, slice=200)


class Stretch(NamedTuple):
    """AT lines of a part of the feed, and who is gone: they bring a viewer that came to `before` to `after`."""

    type: Literal["snapshot", "changes"]
    before: int
    after: int
    lines: Sequence[bytes]
    more: bool  # whether another stretch follows at once
    gone: Sequence[bytes] = ()  # clients that nobody knows any more


class Teller(NamedTuple):
    """Who tells the feed: a server's name, its life, and its clock in ns since 1970."""

    server: str
    life: str
    clock: Callable[[], int]


class Told:
    """What each viewer of a channel that is up to date was told of each client, so that it need not be repeated.

    A viewer that comes or falls behind is shown its own frames, which repeat all; so whoever is up to date again
    knows what stands here: the name of a client that is shown, and of one outside the box that it is.
    """

    _SHOWN, _GONE = 1, 2

    def __init__(self, names: Names) -> None:
        self._names = names
        self._clients = bytearray()  # by index

    def enter(self, indices: Sequence[int]) -> list[int]:
        """Note that clients are shown; return the indices of those that were not before."""
        self._reach(max(indices))
        shown = self._clients
        new = [index for index in indices if shown[index] != self._SHOWN]
        for index in new:
            shown[index] = self._SHOWN
        return new

    def enters(self, client: bytes) -> bool:
        """Note that a client is shown; tell whether it was not before."""
        return self._note(client, self._SHOWN)

    def leaves(self, client: bytes) -> bool:
        """Note that a client is gone; tell whether viewers must be told."""
        return self._note(client, self._GONE)

    def _note(self, client: bytes, what: int) -> bool:
        index = self._names.index(client)
        self._reach(index)
        changed = self._clients[index] != what
        self._clients[index] = what
        return changed

    def _reach(self, index: int) -> None:
        if index >= len(self._clients):
            self._clients.extend(bytes(index + 1))  # at least doubled


class Channel:
    """Writes the feed in one form and for one box, or the whole world."""

    def __init__(self, form: Form, box: Box | None, names: Names, teller: Teller) -> None:
        self.box = box
        self._form = form
        self._names = names
        self._teller = teller
        self._told = Told(names) if form.named or box else None

    async def tell(self, stretch: Stretch) -> bytes:
        """Return the frames of a stretch, side by side, for those that are up to date."""
        return await self._write(stretch, self._told)

    async def tell_again(self, stretch: Stretch) -> bytes:
        """Return the frames of a stretch for viewers of whom nothing is known but their number."""
        return await self._write(stretch, None)

    async def _write(self, stretch: Stretch, told: Told | None) -> bytes:
        lines, frames = stretch.lines, []
        pieces = [lines[i : i + FRAME_MOST] for i in range(0, len(lines), FRAME_MOST)] or [lines]
        for place, piece in enumerate(pieces, 1):
            last = place == len(pieces)
            number = stretch.after if last else stretch.before
            server, life, clock = self._teller
            head = Head(stretch.type, server, life, number, stretch.more or not last, clock() / SECOND)
            page = self._form.page(self._names)
            for client in stretch.gone if last else ():
                if told is None or told.leaves(client):
                    page.leave(client)
            for start in range(0, len(piece), self._form.slice):
                self._fill(page, piece[start : start + self._form.slice], told, stretch.type == "changes")
                await asyncio.sleep(0)
            frames.append(self._form.wrap(page.finish(head), head))
        return b"".join(frames)

    def _fill(self, page: Page, lines: Sequence[bytes], told: Told | None, leaving: bool) -> None:
        box = self.box
        if box is None and page.add_plain(lines, told.enter if told else None):
            return
        for line in lines:
            seen = see(line)
            if box is None or box.holds(seen.latitude, seen.longitude):
                page.add(seen, told is None or told.enters(seen.client))
            elif leaving and (told is None or told.leaves(seen.client)):
                page.leave(seen.client)
