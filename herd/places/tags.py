"""Turns an element of OpenStreetMap, as Overpass writes it in JSON, into one result of a Nearby Search."""

from collections.abc import Iterator, Mapping
from math import isfinite

from herd.places.kinds import KINDS, types_of

ATTRIBUTION = (
    '© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors,'
    ' <a href="https://opendatacommons.org/licenses/odbl/">ODbL</a>'
)
TEXT_LIMIT = 255  # characters of a tag's value in OpenStreetMap; a longer one is no name and no address
ID_LIMIT = 2**63  # IDs there are 64 bits
# A former life: https://wiki.openstreetmap.org/wiki/Lifecycle_prefix
FORMER = ("disused:", "abandoned:")


class NotAPlace(ValueError):
    """An element has no place in an answer; its text says why, in words that fit after "skipped: "."""


def overpass_place(element: object) -> dict[str, object] | None:
    """Return the element as a result of a Nearby Search, or None where it is none: no name, no position."""
    try:
        return read_element(element)
    except NotAPlace:
        return None


def read_element(element: object) -> dict[str, object]:
    """Return the element as a result of a Nearby Search; NotAPlace says why it cannot be one."""
    if not isinstance(element, Mapping):
        raise NotAPlace("not an object")
    tags = element.get("tags")
    if not isinstance(tags, Mapping):
        raise NotAPlace("no tags")
    name = first_text(tags, "name", "brand", "operator")
    if not name:
        raise NotAPlace("no name")
    latitude, longitude = _position(element)
    now, former = dict(_kinds(tags)), dict(_former_kinds(tags))
    closed = "yes" in (tags.get("disused"), tags.get("abandoned")) or bool(former and not now)
    types = types_of(now or former, tags)
    place = result(name, f"osm:{_identity(element)}", (latitude, longitude), types, "OSM") | optional_fields(tags)
    if "establishment" in types:
        place["business_status"] = "CLOSED_PERMANENTLY" if closed else "OPERATIONAL"
    return place


def result(
    name: str, identity: str, location: tuple[float, float], types: list[str], scope: str
) -> dict[str, object]:
    """Return what every result has; the location is latitude and longitude in degrees."""
    return {
        "geometry": {"location": {"lat": location[0], "lng": location[1]}},
        "name": name,
        "place_id": identity,
        "reference": identity,
        "scope": scope,
        "types": types,
    }


def optional_fields(tags: Mapping[str, object]) -> dict[str, object]:
    """Return address, website and telephone, as far as the tags have them."""
    fields = {
        "vicinity": vicinity(tags),
        "website": first_text(tags, "website", "contact:website"),
        "formatted_phone_number": first_text(tags, "phone", "contact:phone"),
    }
    return {key: value for key, value in fields.items() if value}


def vicinity(tags: Mapping[str, object]) -> str:
    """Return the address as "1 High Street, Aston", as far as the tags have it; else one that stands as a whole."""
    number, road, town = (first_text(tags, f"addr:{part}") for part in ("housenumber", "street", "city"))
    whole = ", ".join(part for part in (f"{number} {road}" if number and road else road, town) if part)
    return whole or first_text(tags, "vicinity", "address")


def first_text(tags: Mapping[str, object], *keys: str) -> str:
    """Return the first of these values that is a text of sensible length, without outer blanks; else ""."""
    for key in keys:
        value = tags.get(key)
        if isinstance(value, str) and 0 < len(value.strip()) <= TEXT_LIMIT:
            return value.strip()
    return ""


def degrees(value: object, most: int) -> float:
    """Return a latitude (most 90) or longitude (most 180); NotAPlace where it is none."""
    # A bool is an int, too; and an int is compared before it becomes a float, which has no room for giants.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
        raise NotAPlace("no position on Earth" if _is_number(value) else "no position")
    return float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, float) and isfinite(value))


def _position(element: Mapping[str, object]) -> tuple[float, float]:
    """Return where a node is, or the centre that `out center` gives ways and relations."""
    centre = element.get("center")
    place = centre if isinstance(centre, Mapping) and "lat" not in element else element
    return degrees(place.get("lat"), 90), degrees(place.get("lon"), 180)


def _identity(element: Mapping[str, object]) -> str:
    kind, number = element.get("type"), element.get("id")
    if kind not in ("node", "way", "relation"):
        raise NotAPlace("neither node, way nor relation")
    if isinstance(number, bool) or not isinstance(number, int) or not -ID_LIMIT <= number < ID_LIMIT:
        raise NotAPlace("no ID")
    return f"{kind}/{number}"


def _kinds(tags: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key in KINDS:
        if key in tags and (value := first_text(tags, key)) and value != "no":
            yield key, value


def _former_kinds(tags: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    former = [key for key in tags if isinstance(key, str) and key.startswith(FORMER)]
    return _kinds({key.partition(":")[2]: tags[key] for key in former})
