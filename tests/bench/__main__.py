"""Measures the rows of the goals in PERFORMANCE.md and prints a table for each; asserts nothing.

    python -m tests.bench [NAME ...] [--seconds S] [--rounds N]

Run it from the repository's folder with the project's Python, on a machine with nothing else to do. Names:

    pipelined   IAMAT on one connection, of the bare server and of Redis GEOADD
    fifty       50 connections, one in flight, of a Protocol echo and of redis-benchmark
    thousand    1,000 connections, one in flight, of the bare server
    flood       reports that reach all five servers, of a NATS cluster of five
    farthest    how long a report takes from Hands to a reader behind Welsh, of the NATS cluster
    journal     what the journal costs, of the same server without one; a start from 1,000,000 reports
    clients     /clients near and in a box, at a million clients
    places      the places that come with Herd: reading them, and answers of 1, 10 and 50 km
    post        POST /iamat with one report, of a bare aiohttp handler; and with many in a body
    map         the map in a browser: frames a second at 1,000, 10,000 and 100,000 clients moving at 5 Hz
    live        500 viewers of the live feed, 10,000 clients moving; needs --seconds 3 or more

Only ratios of one run count: the servers are measured in turns (A B A B) and a ratio is the median of its rounds.
`ratio` is of rates; `CPU ratio` of the work done per second of the servers' own CPU, which neither a busy generator
nor a neighbour disturbs; `of goal` is 100% or more where the first version's goal is reached. `generator` near 100%
means that the load generator was the limit. Redis and NATS are left out where Debian's redis-server, redis-tools
and nats-server are not installed. Tables go to standard output, progress to standard error.
"""

import argparse
from collections.abc import Callable

from tests.bench import clients, farthest, fifty, flood, journal, live, pipelined, places, posting, thousand
from tests.bench import map as map_page
from tests.bench.machine import describe
from tests.bench.rounds import Options, progress

ROWS: dict[str, Callable[[Options], None]] = {
    "pipelined": pipelined.measure,
    "fifty": fifty.measure,
    "thousand": thousand.measure,
    "flood": flood.measure,
    "farthest": farthest.measure,
    "journal": journal.measure,
    "post": posting.measure,
    "live": live.measure,
    "clients": clients.measure,
    "places": places.measure,
    "map": map_page.measure,
}


def main() -> None:
    """Measure the named rows, or all."""
    usual = Options()
    parser = argparse.ArgumentParser(
        "python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ROWS)}; all where none is given")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="length of a turn")
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="turns of each server")
    given = parser.parse_args()
    for name in given.names:
        if name not in ROWS:
            parser.error(f"no bench is called {name}; there are {', '.join(ROWS)}")
    print(describe(), flush=True)
    for name in given.names or ROWS:
        progress(f"{name}:")
        ROWS[name](Options(given.seconds, given.rounds))


if __name__ == "__main__":
    main()
