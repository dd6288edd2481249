"""Walks a client along a recorded track through the herd, in the rhythm in which it was recorded."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from random import Random
from typing import TextIO

from herd.backoff import Backoff
from herd.client import Client, Disconnected, TimedOut, command_line
from herd.gpx import Track, TrackPoint
from herd.position import Malformed

FIRST_WAIT, LONGEST_WAIT = 0.5, 5.0  # seconds before a lost server is dialled again
SLOWEST, FASTEST = 0.01, 1e6
TICK = 1.0  # seconds after which the time left is shown anew while nothing happens
REDRAW = 0.1  # seconds between two states of the line on a terminal: faster, nobody can read it
LINE_EVERY = 10.0  # seconds between two lines where the output is kept


class Progress:
    """How far a walk has come, told to a person: one line that changes on a terminal, else one now and then."""

    def __init__(self, track: Track, output: TextIO, clock: Callable[[], float]) -> None:
        self.done = 0  # points reported
        self._track = track
        self._output = output
        self._clock = clock
        self._terminal = output.isatty()
        self._shown = -LINE_EVERY

    def step(self, left: float) -> None:
        """Count one more point; `left` is the seconds from here to the end."""
        self.done += 1
        self.show(left)

    def show(self, left: float) -> None:
        """Say where the walk is, unless that was just done."""
        now = self._clock()
        if now - self._shown < (REDRAW if self._terminal else LINE_EVERY):
            return
        self._shown = now
        points = self._track.points
        location = points[max(self.done - 1, 0)].location.decode()
        line = f"point {self.done} of {len(points)}  {location}  {timedelta(seconds=round(left))} left"
        self._output.write(f"\r{line}\x1b[K" if self._terminal else f"{line}\n")
        self._output.flush()

    def note(self, text: str) -> None:
        """Say something that stays to be read."""
        self._output.write(f"\r{text}\x1b[K\n" if self._terminal else f"{text}\n")
        self._output.flush()

    def end(self) -> None:
        """Say what was done, however the walk ended."""
        skipped = self._track.skipped
        left_out = f"; {skipped} more in the file had no position" if skipped else ""
        self.note(f"reported {self.done} of {len(self._track.points)} points{left_out}")


class Replay:
    """Reports the points of tracks to one server."""

    def __init__(
        self,
        connect: Callable[[], AbstractAsyncContextManager[Client]],
        output: TextIO,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._connect = connect
        self._output = output
        self._clock = clock
        self._sleep = sleep

    async def walk(self, track: Track, client: str, speed: float) -> None:
        """Report every point when it is due, with the time of then.

        A server that goes away is dialled until it is back, and meanwhile the walk stands still: points that
        are late are not sent all at once. One that is not there in the beginning is Disconnected.
        """
        if not SLOWEST <= speed <= FASTEST:  # nor is it NaN
            raise Malformed(f"a speed is a number from {SLOWEST:g} to {FASTEST:,.0f}, not {speed:g}")
        command_line(b"IAMAT", client, track.points[0].location, b"0")  # a bad client ID needs no connection
        progress = Progress(track, self._output, self._clock)
        try:
            await self._walk(track.points, client, speed, progress)
        finally:
            if progress.done:
                progress.end()

    async def _walk(self, points: list[TrackPoint], client: str, speed: float, progress: Progress) -> None:
        backoff = Backoff(FIRST_WAIT, LONGEST_WAIT, Random())  # noqa: S311 - jitter is no secret
        while progress.done < len(points):
            try:
                async with self._connect() as herd:
                    start = self._clock() - points[progress.done].offset / speed
                    for point in points[progress.done :]:
                        while (wait := start + point.offset / speed - self._clock()) > 0:
                            progress.show((points[-1].offset - point.offset) / speed + wait)
                            await self._sleep(min(wait, TICK))
                        await herd.iamat(client, point.location)
                        backoff.reset()
                        progress.step((points[-1].offset - point.offset) / speed)
            except (Disconnected, TimedOut) as problem:
                if not progress.done:
                    raise
                progress.note(f"{problem}; trying again")
                await self._sleep(backoff.next())
