"""How many may watch the live feed at once: each has a seat from before its handshake until it leaves."""

from collections.abc import Iterator
from contextlib import contextmanager

from web.problems import Problem

RETRY_SECONDS = 10  # after which a seat may be free


class Seats:
    """So many, and no more."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self.refused = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Have a seat inside the block; a Problem where none is left."""
        if self.taken >= self.most:
            self.refused += 1
            detail = f"{self.most:,} watch already, which is the limit of this server; another may have room"
            raise Problem(503, detail, headers={"Retry-After": f"{RETRY_SECONDS}"})
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
