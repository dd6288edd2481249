"""An event loop in virtual time: nothing waits, time jumps to the next timer when all that was ready is done.

It runs what is ready in rounds, as asyncio's own loop does, for `herd.turn` relies on that. Every callback belongs
to a process (a simulated server, client...), known by its context; those of a paused one wait until it goes on.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")

LAST_ROUNDS = 50  # in which tasks that are cancelled end
STEPS_MOST = 3_000_000  # callbacks of one run: more is an endless loop


class Process:
    """What runs, stops and goes on together."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True  # a dead one cleans up behind itself, and nobody sees anything of it
        self.paused = False
        self.context = Context()
        self.context.run(_PROCESS.set, self)
        self.waiting: list[asyncio.Handle] = []

    @staticmethod
    def current() -> "Process":
        """Return whose callback is running."""
        return _PROCESS.get()


_PROCESS: ContextVar[Process] = ContextVar("process")


class VirtualTask(asyncio.Task[T]):
    """A task whose place in a set is the same in every run."""

    _numbers = count()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._number = next(self._numbers)
        super().__init__(*args, **kwargs)

    def __hash__(self) -> int:
        return self._number


class VirtualLoop(asyncio.AbstractEventLoop):
    """What of a loop the herd uses; connections are the simulated network's."""

    def __init__(self) -> None:
        self.network: Any = None  # set once there is one
        self.steps = 0
        self.errors: list[str] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self._now = 0.0
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._numbers = count()
        VirtualTask._numbers = count()

    def run(self, main: Coroutine[Any, Any, T], process: Process) -> T:
        """Run until `main` has ended, as a task of the process."""
        asyncio._set_running_loop(self)
        try:
            task = self.create_task(main, context=process.context)
            while not task.done():
                self._round()
            result: T = task.result()
            return result
        finally:
            asyncio._set_running_loop(None)

    def wind_up(self) -> None:
        """Cancel what is left of a run that was broken off."""
        asyncio._set_running_loop(self)
        for _ in range(LAST_ROUNDS):
            todo = [task for task in self.tasks if not task.done()]
            for task in todo:
                task.cancel()
            if not todo:
                break
            for process in dict.fromkeys(handle._context.get(_PROCESS) for handle in self._ready):  # type: ignore
                self.resume(process)
            self._round()
        asyncio._set_running_loop(None)

    def resume(self, process: Process) -> None:
        """Let a paused process go on, first with what came due meanwhile."""
        process.paused = False
        self._ready.extend(process.waiting)
        process.waiting = []

    def _round(self) -> None:
        if not self._ready:
            self._now = max(self._now, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self._now:
            self._ready.append(heappop(self._timers)[2])
        for _ in range(len(self._ready)):
            handle = self._ready.popleft()
            if handle.cancelled():
                continue
            process = handle._context.get(_PROCESS)  # type: ignore[attr-defined]
            if process.paused:
                process.waiting.append(handle)
            else:
                self.steps += 1
                handle._run()
        if self.steps > STEPS_MOST:
            raise AssertionError(f"S8 no end: {STEPS_MOST} steps by {self._now:.1f} s")

    def time(self) -> float:
        """Return the seconds that the run has lasted."""
        return self._now

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Call in the next round."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call at a time; of equal ones, first what was asked for first."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heappush(self._timers, (when, next(self._numbers), handle))
        return handle

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call after some seconds."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def create_task(
        self, coro: Any, *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[Any]:
        """Run a coroutine, in a task that is listed until the end of the run."""
        task: VirtualTask[Any] = VirtualTask(coro, loop=self, name=name, context=context)
        self.tasks.append(task)
        return task

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future of this loop."""
        return asyncio.Future(loop=self)

    async def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> T:  # type: ignore[override]
        """Call a function that a thread would call: a little later, then go on later still."""
        await asyncio.sleep(0.001)
        result = func(*args)
        await asyncio.sleep(0.001)
        return result

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **_: Any) -> Any:
        """Connect through the simulated network."""
        return await self.network.connect(protocol_factory, host, port)

    async def create_server(self, protocol_factory: Any, host: Any = None, port: Any = None, **_: Any) -> Any:
        """Listen in the simulated network."""
        return self.network.listen(protocol_factory, host, port)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Remember what no task took: it is a violation."""
        self.errors.append(f"{context.get('message')}: {context.get('exception')!r}")

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Leave it: cancelled timers are skipped when they come due."""

    def is_running(self) -> bool:
        """Whether it runs: whoever asks is run by it."""
        return True

    def is_closed(self) -> bool:
        """Whether it was closed: never."""
        return False

    def get_debug(self) -> bool:
        """Whether to look closer: no."""
        return False
