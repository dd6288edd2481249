"""A part of the map: west, south, east and north, as `?bbox=` names it."""

import re
from typing import NamedTuple

# Plain decimals, as everywhere in the herd: no exponents, no infinities, ASCII digits only.
_NUMBER = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,15})?")


class Box(NamedTuple):
    """Degrees, edges included; where west > east the box crosses the antimeridian (RFC 7946, 5.2)."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, latitude: float, longitude: float) -> bool:
        """Tell whether a point lies within."""
        if not self.south <= latitude <= self.north:
            return False
        if abs(longitude) == 180 and self.has_antimeridian:
            return True
        if self.west <= self.east:
            return self.west <= longitude <= self.east
        return longitude >= self.west or longitude <= self.east

    @property
    def has_antimeridian(self) -> bool:
        """Whether 180 and -180, which are one meridian, lie within."""
        return self.west > self.east or self.west == -180 or self.east == 180


def parse_box(text: str) -> Box:
    """Read `w,s,e,n`; ValueError, with the reason, if it is anything else."""
    parts = text.split(",")
    if len(parts) != 4 or not all(map(_NUMBER.fullmatch, parts)):
        raise ValueError("a bbox is west,south,east,north in plain decimal degrees")
    box = Box(*map(float, parts))
    if not (abs(box.west) <= 180 and abs(box.east) <= 180 and -90 <= box.south <= box.north <= 90):
        raise ValueError("a bbox lies within -180,-90,180,90, its south not above its north")
    return box
