"""The one place where a defect of ours is caught: it costs the conversation it is in, never the server."""

import logging
from collections.abc import Awaitable, Callable
from types import TracebackType

log = logging.getLogger(__name__)


class Guard:
    """Logs and counts exceptions that nobody expected."""

    def __init__(self) -> None:
        self.caught = 0

    def contain(self, what: str) -> "Containment":
        """Let no exception out of the block; `what` says in the log which work broke off."""
        return Containment(self, what)

    async def run(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do some work, and let no exception out of it.

        It is made here, not before: a task that is cancelled early would leave it never awaited.
        """
        with self.contain(what):
            await work()


class Containment:
    """A block out of which no exception comes. Written out, for every request and turn passes through one."""

    __slots__ = ("_guard", "_what")

    def __init__(self, guard: Guard, what: str) -> None:
        self._guard = guard
        self._what = what

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Swallow what is a defect; a cancellation is none."""
        if not isinstance(error, Exception):
            return False
        self._guard.caught += 1
        log.error("a defect broke off %s", self._what, exc_info=error)
        return True
