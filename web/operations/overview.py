"""What one server says of itself and of its links, as JSON: /herd, and what /metrics counts."""

from statistics import median
from typing import Literal, TypedDict, get_args

from herd.links.hearing import Hearing
from herd.links.links import Links
from herd.links.telling import Telling
from herd.messages import SECOND
from herd.server import RunningServer
from herd.store import Store
from web.schema import to_text

# up: it acknowledges what it is told. connecting: it let us in and has acknowledged nothing yet. repairing: it is
# so far behind that digests are compared first. down: it is not told our feed.
State = Literal["up", "connecting", "repairing", "down"]
STATES: tuple[State, ...] = get_args(State)

LAG_CHANGES = 1_000  # looked at to tell whether what a peer did not acknowledge is for it at all


class LinkJson(TypedDict):
    """A link as one of its ends sees it. Numbers are of this server's feed, but `heard_number`: of the peer's."""

    peer: str
    up: bool
    heard: bool
    state: State
    lag: int | None  # how much of our feed it has not acknowledged; None while it is not told
    acknowledged: int | None
    cursor: int | None  # how far it was told
    heard_number: int | None
    clock_ahead: float | None  # seconds by which its clock is ahead of ours
    eager: bool | None  # whether it is told at once; else only what it has not heard from others after a while
    reason: str | None  # why it is not told


class ServerJson(TypedDict):
    """A server; seconds and counts."""

    server: str
    life: str
    clients: int
    number: int
    uptime: float
    clock_off: float | None  # by how much it is ahead of its neighbours' median; None without any
    viewers: int
    links: list[LinkJson]
    tcp: str
    http: str


def clock_off(links: Links) -> float | None:
    """Return by how many seconds this server's clock is ahead of its neighbours' median."""
    ahead = links.clocks_ahead()
    return 0 - median(ahead) / SECOND if ahead else None  # not -0.0


def see_links(server: RunningServer) -> list[LinkJson]:
    """Return what is to be said of every link, by the peer's name."""
    links, store = server.links, server.node.store
    return [
        _see_link(peer, store, links.tellings.get(peer), links.hearings.get(peer), links.troubles.get(peer))
        for peer in sorted(links.neighbours)
    ]


def _see_link(
    peer: str, store: Store, telling: Telling | None, hearing: Hearing | None, trouble: str | None
) -> LinkJson:
    state = _state(store, telling)
    return {
        "peer": to_text(peer.encode()),
        "up": telling is not None and telling.acknowledged is not None,
        "heard": hearing is not None,
        "state": state,
        "lag": _lag(store, telling) if telling else None,
        "acknowledged": telling.acknowledged if telling else None,
        "cursor": telling.cursor if telling else None,
        "heard_number": hearing.number if hearing else None,
        "clock_ahead": None if hearing is None or hearing.behind is None else hearing.clock_ahead / SECOND,
        "eager": telling.eager if telling else None,
        "reason": trouble if state == "down" else None,
    }


def _state(store: Store, telling: Telling | None) -> State:
    if telling is None:
        return "down"
    if not store.reaches(telling.cursor):
        return "repairing"
    return "connecting" if telling.acknowledged is None else "up"


def _lag(store: Store, telling: Telling) -> int:
    """Return how many numbers the peer has not acknowledged; 0 where nothing of them is for it.

    What came from the peer itself is not told to it, so on a link that takes nothing else the acknowledged number
    moves with heartbeats only.
    """
    since = telling.cursor if telling.acknowledged is None else telling.acknowledged
    if store.reaches(since):
        reached, changes = store.since(since, LAG_CHANGES)
        if reached == store.number and all(change[3] == telling.life for change in changes):
            return 0
    return max(0, store.number - since)
