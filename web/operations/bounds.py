"""What Prometheus is told of limits: what the settings allow, what is in use, and who met one."""

from collections.abc import Iterator
from dataclasses import fields

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from herd.door import HTTP, TCP
from herd.links.links import Links
from herd.node import Node
from herd.sections.limits import REQUESTS, LimitsSettings

REFUSALS = ("connections", "connections_per_address", "descriptors")


def collect_bounds(node: Node, links: Links) -> Iterator[Metric]:
    """Yield everything."""
    yield from _collect_connections(node)
    yield from _collect_buffered(node, links)
    limits = GaugeMetricFamily("herd_limit", "What the settings allow: counts, bytes, seconds.", labels=["limit"])
    for part in fields(LimitsSettings):
        value = getattr(node.limits, part.name)
        limits.add_metric([part.name], REQUESTS if value is None else value)
    yield limits


def _collect_connections(node: Node) -> Iterator[Metric]:
    admission = node.admission
    present = GaugeMetricFamily("herd_connections", "Connections of clients.", labels=["door"])
    for door in (TCP, HTTP):
        present.add_metric([door], len(admission.at(door)))
    yield present
    refused = CounterMetricFamily("herd_connections_refused", "Connections beyond a limit.", labels=["limit"])
    for limit in REFUSALS:
        refused.add_metric([limit], admission.refused[limit])
    yield refused
    yield CounterMetricFamily("herd_connections_idle", "Connections closed for being idle.", admission.idle)
    yield CounterMetricFamily(
        "herd_tls_handshakes_failed", "Connections that came to nothing for TLS.", admission.failed_handshakes
    )


def _collect_buffered(node: Node, links: Links) -> Iterator[Metric]:
    buffered = GaugeMetricFamily("herd_buffered_bytes", "What waits until others take it.", labels=["of"])
    for door in (TCP, HTTP):
        buffered.add_metric([door], sum(visitor.unsent for visitor in node.admission.at(door)))
    wires = [end.wire for end in links.tellings.values()] + [end.wire for end in links.hearings.values()]
    buffered.add_metric(["links"], sum(wire.unsent for wire in wires))
    yield buffered
