"""Turns a feature of GeoJSON (RFC 7946) into one result of a Nearby Search."""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256

from herd.places.kinds import KINDS, PLACE, types_of
from herd.places.tags import ID_LIMIT, NotAPlace, degrees, first_text, optional_fields, result

NAMES = ("name", "Name", "NAME", "title", "label", "brand", "operator")
KIND_NAMES = ("category", "type", "kind", "class", "amenity")
# Nested deeper than any geometry: a MultiPolygon has lists four deep, a collection of them one object more.
DEPTH_MOST = 16
_NO_WORD = re.compile(r"\W+")


def read_feature(feature: object) -> dict[str, object]:
    """Return the feature as a result of a Nearby Search; NotAPlace says why it cannot be one.

    A line or an area is where the middle of its bounds is, as Overpass has it. Properties may be
    OpenStreetMap tags, flat or under `tags`; or they have a name, a category, an address.
    """
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        raise NotAPlace("not a Feature")
    properties = feature.get("properties")
    if not isinstance(properties, Mapping):
        raise NotAPlace("no properties")
    tags = properties.get("tags")
    if isinstance(tags, Mapping):
        properties = {**properties, **tags}
    name = first_text(properties, *NAMES)
    if not name:
        raise NotAPlace("no name")
    location = _middle(feature.get("geometry"))
    identity = _identity(feature, properties) or _made_up_identity(name, location)
    place = result(name, f"file:{identity}", location, _types(properties), "FILE")
    return place | optional_fields(properties)


def _types(properties: Mapping[str, object]) -> list[str]:
    tags = {key: value for key in KINDS if (value := first_text(properties, key)) and value != "no"}
    if tags:
        return types_of(tags, properties)
    category = _NO_WORD.sub("_", first_text(properties, *KIND_NAMES).lower()).strip("_")
    return list(dict.fromkeys((category, *PLACE))) if category else list(PLACE)


def _identity(feature: Mapping[str, object], properties: Mapping[str, object]) -> str:
    for number in (feature.get("id"), properties.get("@id"), properties.get("id"), properties.get("osm_id")):
        if isinstance(number, int) and not isinstance(number, bool) and abs(number) < ID_LIMIT:
            return str(number)
        if isinstance(number, str) and first_text({"": number}, ""):
            return number.strip()
    return ""


def _made_up_identity(name: str, location: tuple[float, float]) -> str:
    """Return what stays the same for the same name and place, wherever in the file the feature stands."""
    return sha256(f"{name} {location}".encode("utf-8", "replace")).hexdigest()[:16]


def _middle(geometry: object) -> tuple[float, float]:
    """Return latitude and longitude of a point, else of the middle of the geometry's bounds."""
    points = list(_points(geometry, 0))
    if not points:
        raise NotAPlace("no geometry")
    try:
        latitudes = [degrees(latitude, 90) for _, latitude in points]
        longitudes = [degrees(longitude, 180) for longitude, _ in points]
    except NotAPlace as reason:
        raise NotAPlace(f"{reason} (a position is longitude, then latitude, in degrees)") from None
    if max(longitudes) - min(longitudes) > 180:  # the shorter way round is across the antimeridian
        longitudes = [longitude % 360 for longitude in longitudes]
    longitude = _between(longitudes)
    return _between(latitudes), longitude - 360 if longitude > 180 else longitude


def _between(values: list[float]) -> float:
    low, high = min(values), max(values)
    return low if low == high else round((low + high) / 2, 7)


def _points(geometry: object, depth: int) -> Iterator[tuple[object, object]]:
    """Yield longitude and latitude, or what stands in their place, of each position anywhere in the geometry."""
    if depth > DEPTH_MOST:
        raise NotAPlace("a geometry nested too deep")
    if isinstance(geometry, Mapping):
        for part in (geometry.get("geometries"), geometry.get("coordinates")):
            yield from _points(part, depth + 1)
    elif isinstance(geometry, list) and geometry:
        if any(isinstance(part, list | Mapping) for part in geometry):
            for part in geometry:
                yield from _points(part, depth + 1)
        else:
            yield geometry[0], geometry[1] if len(geometry) > 1 else None
