"""Counts what passes over HTTP, by route and kind of status, for /metrics: in plain numbers, which cost little."""

import time
from bisect import bisect_left
from collections.abc import Iterator

from aiohttp import web
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from web.gate import CAME_AT

# Seconds. A report takes well under a millisecond, places as long as their source lets us wait.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
NOWHERE = "nowhere"  # in place of a path that leads to no route: a stranger must not name our metrics


class RouteCounts:
    """What one route was asked: answers by kind of status, and how many began within so many seconds."""

    __slots__ = ("seconds", "statuses", "within")

    def __init__(self) -> None:
        self.statuses = [0] * 10  # by hundreds
        self.within = [0] * (len(BUCKETS) + 1)  # the last: those that took longer
        self.seconds = 0.0


class RequestCounts(Collector):
    """What a gateway was asked, and how long it took until each answer began.

    Not the library's own counters: they cost a request a tenth of its time.
    """

    def __init__(self) -> None:
        self._routes: dict[str, RouteCounts] = {}

    async def count(self, request: web.Request, response: web.StreamResponse) -> None:
        """Count an answer as it begins. When it ends says nothing of /live and /events, which last for hours."""
        resource = request.match_info.route.resource
        name = resource.canonical if resource else NOWHERE
        now = time.monotonic()
        # aiohttp refuses an Expect that it does not know before it comes to the gate.
        self.note(name, response.status, now - request.get(CAME_AT, now))

    def note(self, name: str, status: int, seconds: float) -> None:
        """Count an answer that began so long after its request came, by the route's name."""
        counts = self._routes.get(name)
        if counts is None:
            counts = self._routes[name] = RouteCounts()
        counts.statuses[status // 100] += 1
        counts.seconds += seconds
        counts.within[bisect_left(BUCKETS, seconds)] += 1

    def collect(self) -> Iterator[Metric]:
        """Yield everything."""
        requests = CounterMetricFamily(
            "herd_http_requests", "HTTP requests by route and kind of status.", labels=["route", "status"]
        )
        durations = HistogramMetricFamily(
            "herd_http_answer_seconds", "Until an HTTP answer began.", labels=["route"]
        )
        for name, counts in self._routes.items():
            for hundreds, count in enumerate(counts.statuses):
                if count:
                    requests.add_metric([name, f"{hundreds}xx"], count)
            buckets, total = [], 0
            for bound, count in zip([*map(str, BUCKETS), "+Inf"], counts.within, strict=True):
                total += count
                buckets.append((bound, float(total)))
            durations.add_metric([name], buckets, counts.seconds)
        yield requests
        yield durations


REQUESTS: web.AppKey[RequestCounts] = web.AppKey("requests", RequestCounts)
