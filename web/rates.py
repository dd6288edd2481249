"""How many requests one address may make: a bucket of tokens each, filled again as time goes by."""

import time
from collections import OrderedDict
from collections.abc import Callable

from aiohttp import web

from herd.messages import SECOND
from herd.networks import LOOPBACK, network_of
from herd.sections.limits import REQUESTS
from web.problems import Problem

BURST_SECONDS = 2  # of requests that may come at once: a page asks for all its parts together
# Addresses that are remembered, those that asked last: 150 bytes each. One that is pushed out has a full bucket.
ADDRESSES_MOST = 10_000


class Rates:
    """Lets so many requests a second of each address pass; None: REQUESTS, but of loopback any number.

    Of each address one number is kept: when its bucket will be full. A request moves that on by its share of a
    second, and none may move it further ahead than the bucket is deep (as in the GCRA of ATM networks).
    """

    def __init__(self, requests: int | None, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self.refused = 0
        self._clock = clock
        self._full_at: OrderedDict[str, int] = OrderedDict()
        self.allow(requests)

    def allow(self, requests: int | None) -> None:
        """Let so many pass from now on."""
        self._share = SECOND // (requests or REQUESTS)  # whole nanoseconds, so that nothing is lost in adding up
        self._depth = max(BURST_SECONDS * SECOND, self._share)
        self._counts_loopback = requests is not None

    def __len__(self) -> int:
        """Return the count of addresses that are remembered."""
        return len(self._full_at)

    def check(self, address: str) -> None:
        """Count a request; a Problem that says when to come again if it is one too many."""
        wait = self.take(address)
        if wait > 0:
            self.refused += 1
            later = {"Retry-After": f"{-(-wait // SECOND)}"}
            raise Problem(429, "too many requests from this address", headers=later)

    def take(self, address: str) -> int:
        """Count a request, unless it is one too many: then return in how many nanoseconds it would not be."""
        if not self._counts_loopback and address.startswith(LOOPBACK):
            return 0
        name, now = network_of(address), self._clock()
        full_at = max(now, self._full_at.pop(name, now)) + self._share
        wait = full_at - now - self._depth
        if wait > 0:
            full_at -= self._share  # it is not counted: whoever asks too often still gets what is left
        self._full_at[name] = full_at
        if len(self._full_at) > ADDRESSES_MOST:
            self._full_at.popitem(last=False)
        return max(0, wait)


RATES: web.AppKey[Rates] = web.AppKey("rates", Rates)
