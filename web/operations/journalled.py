"""What Prometheus is told of a server's journal."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from herd.counts import Kept
from herd.node import Node

# Of what a journal counts: the metric's name, the field, and what it means.
_COUNTERS = (
    ("herd_journal_bytes", "bytes", "Bytes written."),
    ("herd_journal_batches", "batches", "Batches written."),
    ("herd_journal_syncs", "syncs", "How often the disk was made to take what was written."),
    ("herd_journal_sync_seconds", "sync_seconds", "How long that took, in all."),
    ("herd_journal_rewrites", "rewritten", "How often the file was written anew."),
    ("herd_journal_failures", "failures", "Attempts to write, sync or rewrite that failed; the log says why."),
    ("herd_journal_read_lines", "read", "Lines read at the start."),
    ("herd_journal_skipped_lines", "skipped", "Lines among them that were no report."),
    ("herd_journal_damaged_batches", "damaged", "Damaged batches that the start skipped."),
    ("herd_journal_torn_bytes", "torn", "Bytes behind the last whole batch that the start cut off."),
)


def collect_journal(node: Node) -> Iterator[Metric]:
    """Yield what is counted."""
    counts: Kept = node.counts.kept
    well = node.turn.keeper.trouble is None
    yield GaugeMetricFamily("herd_journal_up", "Whether what is heard is kept.", well)
    yield GaugeMetricFamily("herd_journal_size_bytes", "How long the file is.", counts.size)
    for name, part, meaning in _COUNTERS:
        yield CounterMetricFamily(name, meaning, getattr(counts, part))
