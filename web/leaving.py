"""The end of a gateway: viewers and WebSockets are sent away, and answers that were begun are finished."""

import asyncio

from aiohttp import web

from web.commands.sockets import end_talks
from web.feed.watching import FEED
from web.gate import IN_FLIGHT

SECONDS = 1.5  # for all answers; searches for places are given up before that
LOOK_SECONDS = 0.01


async def leave(app: web.Application) -> None:
    """Send everyone away while their connections are still read: aiohttp's own end would not hear a goodbye.

    What is not finished then, aiohttp breaks off.
    """
    app[FEED].close()
    await end_talks(app)
    deadline = asyncio.get_running_loop().time() + SECONDS
    while app[IN_FLIGHT].count and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - they end without a word
        await asyncio.sleep(LOOK_SECONDS)
