"""What the process does at a signal: SIGTERM and Ctrl-C end it, SIGHUP has the settings read again."""

import asyncio
import signal
import sys
from collections.abc import Callable

ENDING = (signal.SIGINT, signal.SIGTERM)


def obey(stop: Callable[[], None], again: Callable[[], None]) -> None:
    """Have signals call these in the running loop; `stop` also where the terminal that we belong to is gone."""
    loop = asyncio.get_running_loop()
    for number in ENDING:
        # Not add_signal_handler: Windows has none.
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    if sys.platform != "win32":
        # Under nohup a terminal that goes means nothing.
        ours = _has_terminal() and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        signal.signal(
            signal.SIGHUP,
            lambda *_: loop.call_soon_threadsafe(stop if ours and not _has_terminal() else again),
        )


def end_at_once() -> None:
    """Have the next signal to end end the process, as it does where nobody obeys."""
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)


def _has_terminal() -> bool:
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()
