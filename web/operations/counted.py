"""What Prometheus is told of lines, refusals and searches for places: what a server counts as they pass."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from herd.counts import Counts, Searches
from herd.places.careful import Spared
from herd.server import RunningServer
from web.operations.journalled import collect_journal

OTHER = "other"


def collect_counts(server: RunningServer) -> Iterator[Metric]:
    """Yield what is counted."""
    node = server.node
    yield CounterMetricFamily("herd_log_lines_missing", "Lines that the log had no room for.", node.traffic.missing)
    yield from _collect_lines(node.counts)
    yield from _collect_searches(node.counts.searches)
    yield from _collect_spared(node.counts.spared)
    yield from collect_journal(node)


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
    yield CounterMetricFamily("herd_peer_reports_out", "AT and FORGET lines to peers.", counts.told)
    gone = {"forgotten": counts.forgotten, "expired": counts.expired, "evicted": counts.evicted}
    yield _by("herd_clients_gone", "Clients that this server let go of, by why.", "why", gone)


def _collect_searches(searches: Searches) -> Iterator[Metric]:
    yield _by("herd_places_searches", "Searches for places, by how they ended.", "status", searches.statuses)
    buckets, total = [], 0
    for bound, count in zip([*map(str, searches.bounds), "+Inf"], searches.within, strict=True):
        total += count
        buckets.append((bound, float(total)))
    yield HistogramMetricFamily("herd_places_seconds", "How long they took.", buckets, searches.seconds)


def _collect_spared(spared: Spared) -> Iterator[Metric]:
    why = {
        "remembered": spared.remembered,
        "joined": spared.joined,
        "paused": spared.paused,
        "capped": spared.capped,
    }
    yield _by("herd_places_spared", "Searches that made no request to the source, by why not.", "why", why)
    yield CounterMetricFamily(
        "herd_places_retries", "Requests to the source that were made once more.", spared.retried
    )


def _by(name: str, meaning: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, meaning, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
