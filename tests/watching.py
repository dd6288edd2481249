"""What a viewer of the live feed does: it reads frames in either form, and shows what they say."""

import json
import struct
from typing import Any

from herd.batch import OWN_CLIENTS
from herd.messages import At, parse_at
from herd.store import Store
from web.box import Box
from web.schema import to_json

Frame = dict[str, Any]


def read_json(payload: bytes) -> Frame:
    frame: Frame = json.loads(payload)
    return frame


def read_binary(payload: bytes) -> Frame:
    """Read a binary frame: its header, and `rows` of (index, longitude, latitude, time, server)."""
    (size,) = struct.unpack_from("<I", payload)
    assert size % 4 == 0
    frame: Frame = json.loads(payload[4 : 4 + size])
    count, start = frame["count"], 4 + size
    assert len(payload) == start + 20 * count
    columns = [
        struct.unpack_from(f"<{count}{kind}", payload, start + 4 * count * place)
        for place, kind in enumerate("IiiII")
    ]
    frame["rows"] = list(zip(*columns, strict=True))
    return frame


Place = tuple[int, int, int, str, bool]  # what a map needs: longitude, latitude, time, server, clock off


def place_of(report: Frame) -> Place:
    """Return what the binary form says of a report in JSON."""
    longitude, latitude = (round(report[name] * 10**7) for name in ("lon", "lat"))
    time = min(int(report["time"].partition(".")[0]), 2**32 - 1)
    skew = int(report["skew"].replace(".", ""))
    return longitude, latitude, time, report["server"], abs(skew) > 10 * 10**9


class Picture:
    """What a viewer shows: it applies frames, in either form."""

    def __init__(self) -> None:
        self.clients: dict[str, Place] = {}
        self.number = 0
        self.frames = 0
        self.told: list[str] = []  # whom the frames told of, in their order
        self._names: dict[int, str] = {}
        self._more = False

    def apply(self, frame: Frame) -> None:
        """Take a frame."""
        if frame["type"] == "snapshot" and not self._more:
            self.clients.clear()
        self._more = frame.get("more", False)
        self._names.update(frame.get("names", []))
        for name, place in self._places(frame):
            self.clients[name] = place
            self.told.append(name)
        for gone in frame.get("gone", []):
            self.clients.pop(self._names.get(gone, "") if "names" in frame else gone, None)
        self.number = frame["number"]
        self.frames += 1

    def _places(self, frame: Frame) -> list[tuple[str, Place]]:
        if "reports" in frame:
            return [(report["client"], place_of(report)) for report in frame["reports"]]
        servers = frame["servers"]
        return [
            (self._names[index], (lon, lat, time, servers[server & 0xFFFF], bool(server >> 16)))
            for index, lon, lat, time, server in frame["rows"]
        ]


def known(store: Store, box: Box | None = None) -> dict[str, Place]:
    """Return what a picture of the whole store shows."""
    found: list[Frame] = [dict(to_json(parse_at(report[1]))) for report in store.reports.values()]
    inside = [report for report in found if box is None or box.holds(report["lat"], report["lon"])]
    return {report["client"]: place_of(report) for report in inside}


def unwrap(message: bytes) -> Frame:
    """Read the frame of a WebSocket message."""
    start = {126: 4, 127: 10}.get(message[1], 2)
    return read_json(message[start:]) if message[0] == 0x81 else read_binary(message[start:])


def split(messages: bytes) -> list[Frame]:
    """Read the frames of WebSocket messages that stand side by side."""
    found = []
    while messages:
        code = messages[1]
        start = {126: 4, 127: 10}.get(code, 2)
        size = int.from_bytes(messages[2:start], "big") if start > 2 else code
        found.append(unwrap(messages[: start + size]))
        messages = messages[start + size :]
    return found


def put(store: Store, *said: tuple[bytes, int, int]) -> None:
    """Hear of clients at whole degrees, later than anything before, in one turn."""
    for client, latitude, longitude in said:
        batch = store.batch(OWN_CLIENTS)
        time = 1_520_000_000 + store.number + len(batch.clients)
        location = f"{latitude:+d}.0{longitude:+d}.0".encode()
        store.put(At(b"Goloman", b"+0.500000000", client, location, b"%d.5" % time), batch)
    store.close()
