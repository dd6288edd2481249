"""Says in the legacy form of a Nearby Search what the Places API (New) says of a place."""

from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import TypeGuard

Json = Mapping[str, object]

# https://developers.google.com/maps/documentation/places/web-service/legacy/search-nearby#Place-price_level
PRICES = {
    f"PRICE_LEVEL_{name}": level
    for level, name in enumerate(("FREE", "INEXPENSIVE", "MODERATE", "EXPENSIVE", "VERY_EXPENSIVE"))
}
# The legacy form has no word for a place that is to open.
BUSINESS_STATUSES = ("OPERATIONAL", "CLOSED_TEMPORARILY", "CLOSED_PERMANENTLY")


def legacy_place(place: Json) -> dict[str, object]:
    """Return a Place as a result of a Nearby Search; what it lacks, or has in another type, is left out.

    >>> legacy_place({"id": "ChIJ1", "displayName": {"text": "Kaffi"}, "rating": 4.5})
    {'scope': 'GOOGLE', 'place_id': 'ChIJ1', 'reference': 'ChIJ1', 'name': 'Kaffi', 'rating': 4.5}
    """
    found = {"scope": "GOOGLE", **{name: read(place) for name, read in _FIELDS.items()}}
    return {name: value for name, value in found.items() if value is not None and value not in ({}, [])}


def attributions(place: Json) -> list[str]:
    """Return who must be named beside a place, as the links that the legacy form has."""
    return list(_credits(place.get("attributions"), "provider", "providerUri"))


def _text(*path: str) -> Callable[[Json], object]:
    return lambda place: value if isinstance(value := _at(place, *path), str) else None


def _number(key: str) -> Callable[[Json], object]:
    return lambda place: value if _is_number(value := place.get(key)) else None


def _at(value: object, *path: str) -> object:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _geometry(place: Json) -> object:
    viewport = {
        "northeast": _corner(_at(place, "viewport", "high")),
        "southwest": _corner(_at(place, "viewport", "low")),
    }
    return {
        **({"location": location} if (location := _corner(place.get("location"))) else {}),
        **({"viewport": viewport} if all(viewport.values()) else {}),
    }


def _corner(value: object) -> dict[str, int | float] | None:
    """Return a LatLng; a zero is left out of it, as of every message in JSON."""
    if not isinstance(value, Mapping):
        return None
    latitude, longitude = value.get("latitude", 0), value.get("longitude", 0)
    return {"lat": latitude, "lng": longitude} if _is_number(latitude) and _is_number(longitude) else None


def _types(place: Json) -> object:
    return _texts(place.get("types"))


def _business_status(place: Json) -> object:
    return status if (status := place.get("businessStatus")) in BUSINESS_STATUSES else None


def _price_level(place: Json) -> object:
    return PRICES.get(str(place.get("priceLevel")))


def _opening_hours(place: Json) -> object:
    now = _at(place, "currentOpeningHours", "openNow")
    return {"open_now": now} if isinstance(now, bool) else None


def _plus_code(place: Json) -> object:
    codes = {"compound_code": ("plusCode", "compoundCode"), "global_code": ("plusCode", "globalCode")}
    return {name: code for name, path in codes.items() if isinstance(code := _at(place, *path), str)}


def _photos(place: Json) -> object:
    return [
        {
            "height": photo.get("heightPx"),
            "html_attributions": list(_credits(photo.get("authorAttributions"), "displayName", "uri")),
            "photo_reference": photo.get("name"),
            "width": photo.get("widthPx"),
        }
        for photo in _mappings(place.get("photos"))
        if isinstance(photo.get("name"), str)
        and _is_number(photo.get("heightPx"))
        and _is_number(photo.get("widthPx"))
    ]


def _credits(value: object, name: str, address: str) -> Iterator[str]:
    for each in _mappings(value):
        who, where = each.get(name), each.get(address)
        if isinstance(who, str) and who:
            linked = isinstance(where, str) and where.startswith(("https://", "http://", "//"))
            yield f'<a href="{escape(str(where))}">{escape(who)}</a>' if linked else escape(who)


def _mappings(value: object) -> Iterator[Json]:
    return (each for each in value if isinstance(each, Mapping)) if isinstance(value, list) else iter(())


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


_FIELDS: dict[str, Callable[[Json], object]] = {
    "place_id": _text("id"),
    "reference": _text("id"),
    "name": _text("displayName", "text"),
    "geometry": _geometry,
    "types": _types,
    "vicinity": _text("shortFormattedAddress"),
    "business_status": _business_status,
    "plus_code": _plus_code,
    "icon_mask_base_uri": _text("iconMaskBaseUri"),
    "icon_background_color": _text("iconBackgroundColor"),
    "rating": _number("rating"),
    "user_ratings_total": _number("userRatingCount"),
    "price_level": _price_level,
    "opening_hours": _opening_hours,
    "photos": _photos,
}
