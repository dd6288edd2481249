"""Distances on the Earth as a sphere, from one place to points and to rectangles of degrees."""

from math import asin, atan2, cos, degrees, radians, sin, sqrt

from herd.places.cells import EARTH_RADIUS

# What rounding may add to a distance: from the pole to itself, at another longitude, it is not quite nothing.
ROUNDING = 1e-9  # km


class Place:
    """A point in degrees, north and east positive, from which distances are measured."""

    __slots__ = ("_cosine", "_latitude", "latitude", "longitude")

    def __init__(self, latitude: float, longitude: float) -> None:
        self.latitude = latitude
        self.longitude = longitude
        self._latitude = radians(latitude)
        self._cosine = cos(self._latitude)

    def distance(self, latitude: float, longitude: float) -> float:
        """Return the distance to a point in km, by the haversine formula, which is exact for small ones too."""
        other = radians(latitude)
        up = sin((other - self._latitude) / 2)
        along = sin(radians(longitude - self.longitude) / 2)
        return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(up * up + self._cosine * cos(other) * along * along)))

    def distance_to(self, west: float, south: float, east: float, north: float) -> float:
        """Return the least distance in km to a rectangle that does not cross the antimeridian."""
        aside = _turn_between(self.longitude, west, east)
        if not aside:
            return self.distance(min(max(self.latitude, south), north), self.longitude)
        # Of each parallel the end of the nearer side is nearest, so the nearest point lies on that meridian. Along
        # it the cosine of the distance is a cosine wave of the latitude, with its crest here:
        crest = degrees(atan2(sin(self._latitude), self._cosine * cos(radians(aside))))
        nearest = (crest,) if south <= crest <= north else (south, north)
        return min(self.distance(latitude, self.longitude + aside) for latitude in nearest)


def _turn_between(longitude: float, west: float, east: float) -> float:
    """Return the degrees, 0 to 180, from a longitude to the nearest one of west..east, either way around."""
    if west <= longitude <= east:
        return 0.0
    return min((west - longitude) % 360, (longitude - east) % 360)
