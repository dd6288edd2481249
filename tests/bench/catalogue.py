"""All benches by name: what each is about, and how long it takes."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.bench import (
    catchup,
    clients,
    connections,
    farthest,
    fifty,
    flood,
    journal,
    known,
    live,
    overload,
    pipelined,
    places,
    posting,
    servers,
    thousand,
)
from tests.bench import map as map_page
from tests.bench.found import Found
from tests.bench.rounds import Options


@dataclass(frozen=True, slots=True)
class Bench:
    """One program: what it measures, and its minutes at the usual options."""

    about: str
    minutes: float
    measure: Callable[[Options], Found]


BENCHES = {
    "pipelined": Bench("IAMAT on one connection, of the bare server and of Redis GEOADD", 0.6, pipelined.measure),
    "fifty": Bench("50 connections, of a Protocol echo and of redis-benchmark", 0.8, fifty.measure),
    "thousand": Bench("1,000 connections, one in flight, of the bare server", 0.5, thousand.measure),
    "flood": Bench("reports that reach all five servers, of a NATS cluster of five", 0.8, flood.measure),
    "farthest": Bench("age of a report from Hands behind Welsh, of NATS; Mosquitto", 1.0, farthest.measure),
    "overload": Bench("offered, taken in and staleness, of what NATS forwards", 1.8, overload.measure),
    "known": Bench("1,000 to 1,000,000 known clients: memory, work, pauses", 1.0, known.measure),
    "connections": Bench("10 to 10,000 connections: memory of idle, work of busy ones", 1.0, connections.measure),
    "servers": Bench("2 to 20 servers in several shapes", 1.2, servers.measure),
    "catchup": Bench("a new empty server beside a million clients", 1.2, catchup.measure),
    "journal": Bench(
        "the journal, of the same server without; a start from a million reports", 1.2, journal.measure
    ),
    "post": Bench("POST /iamat, of a bare aiohttp handler; many in a body", 0.7, posting.measure),
    "live": Bench("500 viewers of the live feed, 10,000 clients moving", 2.3, live.measure),
    "clients": Bench("/clients near and in a box, at a million clients", 0.7, clients.measure),
    "places": Bench("the places that come with Herd: reading them, and answers", 0.5, places.measure),
    "map": Bench("the map in a browser, up to 100,000 clients moving at 5 Hz", 2.0, map_page.measure),
}
