"""A bar on standard error that says how far all benches are; without a terminal, a line for each step."""

import sys
import time

WIDTH = 24  # characters of the bar


class Bar:
    """The part that is done, by the time that each bench is expected to take."""

    def __init__(self) -> None:
        self._name = ""
        self._before = self._here = 0.0  # seconds expected of the benches before, and of this one
        self._total = 1.0
        self._began = time.monotonic()

    def plan(self, seconds: float) -> None:
        """Set how long all benches are expected to take."""
        self._total = max(1.0, seconds)

    def begin(self, name: str, seconds: float) -> None:
        """Begin a bench that is expected to take so long."""
        self._before += self._here
        self._name, self._here, self._began = name, seconds, time.monotonic()
        self.say("begins")

    def say(self, text: str) -> None:
        """Say what is done."""
        if not sys.stderr.isatty():
            sys.stderr.write(f"{self._name}: {text}\n" if self._name else f"{text}\n")
        else:
            # A bench that takes longer than expected waits just before its end.
            here = min(0.98 * self._here, time.monotonic() - self._began)
            share = min(1.0, (self._before + here) / self._total)
            full = round(share * WIDTH)
            sys.stderr.write(f"\r\x1b[K[{'#' * full}{'.' * (WIDTH - full)}] {share:4.0%} {self._name}: {text}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Give the terminal's line back, before something is printed."""
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


BAR = Bar()


def progress(text: str) -> None:
    """Say how far the present bench is."""
    BAR.say(text)


def adopt(bar: Bar) -> None:
    """Go on with another process' bar."""
    BAR.__dict__.update(bar.__dict__)
