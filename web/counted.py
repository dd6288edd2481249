"""What Prometheus is told of lines, refusals and searches for places: what a server counts as they pass."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from herd.places import provider
from herd.server import RunningServer

# Statuses come from a source of places, which must not name our metrics.
STATUSES = {
    "OK",
    "ZERO_RESULTS",
    provider.INVALID_REQUEST,
    provider.OVER_QUERY_LIMIT,
    provider.REQUEST_DENIED,
    provider.UNKNOWN_ERROR,
}
OTHER = "other"


class Searches(Protocol):
    """Searches for places: how often by status, and how many took at most so many seconds."""

    statuses: Mapping[str, int]
    seconds: float
    bounds: tuple[float, ...]
    within: list[int]  # by bound, and last those that took longer


class Counts(Protocol):
    """What a node counts."""

    answered: int  # commands answered at once, by AT or `? `
    looked: int  # WHATSATs for which places were sought
    refused: Mapping[str, int]  # by reason, of which there are few
    heard: int  # lines from peers
    words: int  # those of them that were no AT
    told: int  # AT lines to peers
    searches: Searches


def collect_counts(server: RunningServer) -> Iterator[Metric]:
    """Yield what is counted."""
    missing: int | None = getattr(server.node.traffic, "missing", None)
    if missing is not None:
        yield CounterMetricFamily("herd_log_lines_missing", "Lines that the log had no room for.", missing)
    counts: Counts | None = getattr(server.node, "counts", None)
    if counts is not None:
        yield from _collect_lines(counts)
        yield from _collect_searches(counts.searches)


def _collect_lines(counts: Counts) -> Iterator[Metric]:
    refused = sum(counts.refused.values())
    heard = counts.answered - refused
    commands = {"IAMAT": heard, "WHATSAT": counts.looked, OTHER: refused}
    yield _by("herd_commands", "Lines from clients, by what they were.", "kind", commands)
    answers = {"AT": heard, "AT and places": counts.looked, "?": refused}
    yield _by("herd_answers", "Answers to clients.", "kind", answers)
    yield _by("herd_refusals", "Refused lines.", "reason", counts.refused)
    lines = {"AT": counts.heard - counts.words, OTHER: counts.words}
    yield _by("herd_peer_lines_in", "Lines from peers, by what they were.", "kind", lines)
    yield CounterMetricFamily("herd_peer_reports_out", "AT lines to peers.", counts.told)


def _collect_searches(searches: Searches) -> Iterator[Metric]:
    statuses: dict[str, int] = {}
    for status, count in searches.statuses.items():
        known = status if status in STATUSES else OTHER
        statuses[known] = statuses.get(known, 0) + count
    yield _by("herd_places_searches", "Searches for places, by how they ended.", "status", statuses)
    buckets, total = [], 0
    for bound, count in zip([*map(str, searches.bounds), "+Inf"], searches.within, strict=True):
        total += count
        buckets.append((bound, float(total)))
    yield HistogramMetricFamily("herd_places_seconds", "How long they took.", buckets, searches.seconds)


def _by(name: str, meaning: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, meaning, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
