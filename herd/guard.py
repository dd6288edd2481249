"""The one place where a defect of ours is caught: it costs the conversation it is in, never the server."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


class Guard:
    """Logs and counts exceptions that nobody expected."""

    def __init__(self) -> None:
        self.caught = 0

    @contextmanager
    def contain(self, what: str) -> Iterator[None]:
        """Let no exception out of the block; `what` says in the log which work broke off."""
        try:
            yield
        except Exception:
            self.caught += 1
            log.exception("a defect broke off %s", what)

    async def run(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do some work, and let no exception out of it.

        It is made here, not before: a task that is cancelled early would leave it never awaited.
        """
        with self.contain(what):
            await work()
