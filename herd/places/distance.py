"""How far it is from one point on Earth to another."""

from math import asin, cos, radians, sin, sqrt

EARTH = 6371.0088  # km, the mean radius of WGS 84 (IUGG)


def kilometres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Return the distance of two points in degrees, by the haversine formula, which is exact for small ones too.

    >>> round(kilometres(0, 0, 0, 1), 3)
    111.195
    """
    north, east = radians(other_latitude - latitude), radians(other_longitude - longitude)
    across = cos(radians(latitude)) * cos(radians(other_latitude)) * sin(east / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(sin(north / 2) ** 2 + across)))
