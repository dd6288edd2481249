"""What a frame of the live feed says, and how it is said in JSON.

This is a fast lane of `web.schema`: the same JSON, written from an AT line that the store has admitted already, in
a sixth of the time. `tests/fuzz/test_frames.py` holds the two equal.
"""

import json
from collections.abc import Callable, Sequence
from json.encoder import encode_basestring_ascii as quote
from typing import Literal, NamedTuple, Protocol

from herd.messages import nanoseconds
from web.schema import format_seconds, to_text


class Head(NamedTuple):
    """What stands at the head of each frame.

    `number` is how far a viewer has come that has taken this frame: from there it may resume. In the parts of a
    snapshot before the last one that is 0, for what they leave out may be of any number. `more` says that the next
    frame belongs to this one and follows at once. `now` is the server's clock in POSIX seconds when the frame was
    written: a map tells ages by it.
    """

    type: Literal["snapshot", "changes"]
    server: str
    life: str
    number: int
    more: bool
    now: float


class Seen(NamedTuple):
    """A report, split into what frames need of it."""

    line: bytes
    server: bytes
    skew: bytes
    client: bytes
    location: bytes
    time: bytes
    latitude: float
    longitude: float


class Page(Protocol):
    """A frame in the making."""

    def add(self, seen: Seen, new: bool) -> None:
        """Tell of a report; `new`: a viewer may never have been told of this client."""

    def add_plain(self, lines: Sequence[bytes], enter: Callable[[Sequence[int]], list[int]] | None) -> bool:
        """Tell of all these reports or, where this form cannot at once, of none; `enter`: which clients are new."""

    def leave(self, client: bytes) -> None:
        """Tell that a client is gone: forgotten, or out of the viewer's box."""

    def finish(self, head: Head) -> bytes:
        """Return the frame's payload."""


def see(line: bytes) -> Seen:
    """Split an AT line of the store."""
    _, server, skew, client, location, time = line.split(b" ")
    middle = max(location.rfind(b"+"), location.rfind(b"-"))
    # float() of the text is the double nearest to it, as float(Decimal(text)) is.
    latitude, longitude = float(location[:middle]), float(location[middle:])
    return Seen(line, server, skew, client, location, time, latitude, longitude)


class JsonPage:
    """A frame as JSON: the head but for `now`, and `reports`; `more` only if true, `gone` only if anybody is."""

    def __init__(self) -> None:
        self._reports: list[str] = []
        self._gone: list[str] = []

    def add(self, seen: Seen, new: bool) -> None:
        """Tell of a report."""
        self._reports.append(write_report(seen))

    def add_plain(self, lines: Sequence[bytes], enter: Callable[[Sequence[int]], list[int]] | None) -> bool:
        """Leave it to `add`."""
        return False

    def leave(self, client: bytes) -> None:
        """Tell that a client is gone."""
        self._gone.append(to_text(client))

    def finish(self, head: Head) -> bytes:
        """Return the JSON, all ASCII."""
        said = head._asdict()
        del said["now"]
        if not head.more:
            del said["more"]
        if self._gone:
            said["gone"] = self._gone
        opening = json.dumps(said, separators=(",", ":"))[:-1]
        return f'{opening},"reports":[{",".join(self._reports)}]}}'.encode("ascii")


def write_report(seen: Seen) -> str:
    """Return what `json.dumps(to_json(report))` says, without its spaces."""
    time, skew = seen.time.decode(), seen.skew.decode()
    heard = format_seconds(nanoseconds(seen.time) + nanoseconds(seen.skew))
    return (
        f'{{"client":{quote(to_text(seen.client))},"location":"{seen.location.decode()}",'
        f'"lat":{seen.latitude!r},"lon":{seen.longitude!r},"time":"{time}",'
        f'"server":{quote(to_text(seen.server))},"skew":"{skew}","heard":"{heard}",'
        f'"at":{quote(to_text(seen.line))}}}'
    )
