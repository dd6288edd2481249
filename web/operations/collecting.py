"""What Prometheus is told of a server: read from where the server keeps it anyway."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from herd.messages import SECOND
from herd.server import RunningServer
from web.operations.bounds import collect_bounds
from web.operations.counted import collect_counts
from web.operations.overview import STATES, LinkJson, clock_off, see_links

# Of each link, where it is known: the metric's name, which part of the link, and what it means.
_LINKS: tuple[tuple[str, Callable[[LinkJson], float | None], str], ...] = (
    ("herd_link_up", lambda link: link["up"], "Whether the peer acknowledges what it is told."),
    ("herd_link_heard", lambda link: link["heard"], "Whether the peer tells us its feed."),
    ("herd_link_lag", lambda link: link["lag"], "Numbers of our feed that the peer has not acknowledged."),
    ("herd_link_acknowledged", lambda link: link["acknowledged"], "Number that the peer acknowledged."),
    ("herd_link_cursor", lambda link: link["cursor"], "Number up to which the peer was told."),
    ("herd_link_heard_number", lambda link: link["heard_number"], "Number of the peer's feed that was heard."),
    ("herd_link_eager", lambda link: link["eager"], "Whether the peer is told at once: it is next in the tree."),
    ("herd_link_clock_ahead_seconds", lambda link: link["clock_ahead"], "The peer's clock less ours."),
)


class ServerCollector(Collector):
    """Reads a server's state for one scrape; a label has few values: the configured peers, or words of ours."""

    def __init__(
        self,
        server: RunningServer,
        viewers: Mapping[str, Callable[[], int]],
        refused: Mapping[str, Callable[[], int]],
    ) -> None:
        self._server = server
        self._viewers = viewers
        self._refused = refused

    def collect(self) -> Iterator[Metric]:
        """Yield everything."""
        yield from self._collect_node()
        yield from self._collect_viewers()
        yield from self._collect_links()
        yield from collect_bounds(self._server.node, self._server.links)
        yield from collect_counts(self._server)

    def _collect_node(self) -> Iterator[Metric]:
        node = self._server.node
        store = node.store
        about = {"server": node.name, "life": node.life.decode()}
        yield InfoMetricFamily("herd_server", "This server, and the random name of this run.", about)
        yield GaugeMetricFamily("herd_clients", "Clients whose newest report is known.", len(node.store.reports))
        yield GaugeMetricFamily("herd_clients_most", "Clients that the settings allow.", store.acceptance.most)
        yield GaugeMetricFamily("herd_forgotten", "FORGETs that are remembered.", len(store.forgotten))
        floor = max(0, store.acceptance.floor) / SECOND
        yield GaugeMetricFamily("herd_floor_seconds", "Unknown clients heard up to then are not taken in.", floor)
        trusted = self._server.forgetting.trusted
        yield GaugeMetricFamily("herd_clock_trusted", "Whether silent clients expire by this clock.", trusted)
        yield GaugeMetricFamily("herd_feed_number", "Newest number of this server's feed.", node.store.number)
        yield GaugeMetricFamily(
            "herd_feed_readers", "Links that follow the feed.", len(self._server.links.tellings)
        )
        refused = CounterMetricFamily("herd_access_refusals", "What tokens did not allow.", labels=["reason"])
        for reason, count in node.access.refused.items():
            refused.add_metric([reason], count)
        yield refused
        yield CounterMetricFamily("herd_defects", "Defects that were caught; the log has them.", node.guard.caught)
        if (off := clock_off(self._server.links)) is not None:
            yield GaugeMetricFamily("herd_clock_off_seconds", "This clock less the neighbours' median.", off)

    def _collect_viewers(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("herd_viewers", "Open connections of the gateway.", labels=["of"])
        for what, count in self._viewers.items():
            family.add_metric([what], count())
        yield family
        most = self._server.node.limits.viewers
        yield GaugeMetricFamily("herd_viewers_most", "Viewers of the feed that the settings allow.", most)
        refused = CounterMetricFamily("herd_http_refusals", "Requests beyond a limit.", labels=["limit"])
        for what, count in self._refused.items():
            refused.add_metric([what], count())
        yield refused

    def _collect_links(self) -> Iterator[Metric]:
        links = see_links(self._server)
        states = GaugeMetricFamily("herd_links", "Links by state.", labels=["state"])
        for state in STATES:
            states.add_metric([state], sum(link["state"] == state for link in links))
        yield states
        for name, part, meaning in _LINKS:
            family = GaugeMetricFamily(name, meaning, labels=["peer"])
            for link in links:
                if (value := part(link)) is not None:
                    family.add_metric([link["peer"]], float(value))
            yield family
        malformed = CounterMetricFamily(
            "herd_link_malformed_lines", "Lines skipped on the peer's present connection.", labels=["peer"]
        )
        for peer, hearing in self._server.links.hearings.items():
            malformed.add_metric([peer], hearing.malformed)
        yield malformed
