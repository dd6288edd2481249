"""Asks the Places API (New) of Google what is near, and answers in the legacy form."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn

from herd.places.asking import Asker, Reply, failed, json_body
from herd.places.google import metres
from herd.places.layout import write_answer
from herd.places.newform import attributions, legacy_place
from herd.places.provider import REQUEST_DENIED, UNKNOWN_ERROR, Unavailable
from herd.position import Position

URL = "https://places.googleapis.com/v1/places:searchNearby"
# All of them belong to the Pro price of a Nearby Search. Ratings, prices and opening hours, which the legacy form
# has too, would make every search an Enterprise one, which is dearer:
# https://developers.google.com/maps/documentation/places/web-service/nearby-search#fieldmask
FIELDS = (
    "attributions",
    "businessStatus",
    "displayName",
    "iconBackgroundColor",
    "iconMaskBaseUri",
    "id",
    "location",
    "photos",
    "plusCode",
    "shortFormattedAddress",
    "types",
    "viewport",
)
FIELD_MASK = ",".join(f"places.{field}" for field in FIELDS)
MOST = 20  # results of one search, and of a WHATSAT
LEAST = 0.001  # metres; Google refuses a radius of 0, which a WHATSAT may have
REASON_LIMIT = 1000  # characters of Google's message that a client gets to read
# A key that is not valid is a bad request to Google, HTTP status 400; only the details tell it from others.
KEY_REASON = "API_KEY_"


class GoogleNew:
    """Google's Nearby Search (New) over one session; close it at the end."""

    def __init__(self, key: str, url: str | None, timeout: float) -> None:
        self._key = key
        self._url = url or URL
        self._asker = Asker(timeout, key)

    async def nearby(self, position: Position, radius: Decimal) -> bytes:
        """Return Google's answer in the legacy form; Unavailable where there is none."""
        headers = {
            "Content-Type": "application/json",
            "X-Goog-Api-Key": self._key,
            "X-Goog-FieldMask": FIELD_MASK,
        }
        reply = await self._asker.ask("POST", self._url, body=question(position, radius), headers=headers)
        if reply.status != 200:
            _refuse(reply)
        return _translated(json_body(reply))

    async def close(self) -> None:
        """Close the session."""
        await self._asker.close()


def question(position: Position, radius: Decimal) -> bytes:
    """Return the body of a request for what is within `radius` km; the most popular come first, as of old."""
    centre = {"latitude": float(position.latitude), "longitude": float(position.longitude)}
    circle = {"center": centre, "radius": max(float(metres(radius)), LEAST)}
    return json.dumps({"locationRestriction": {"circle": circle}, "maxResultCount": MOST}).encode()


def _translated(body: bytes) -> bytes:
    try:
        places = _places(json.loads(body))
        # Each once, in the order of the places.
        credited = dict.fromkeys(line for place in places for line in attributions(place))
        return write_answer([legacy_place(place) for place in places], list(credited))
    except (ValueError, RecursionError):
        raise Unavailable(UNKNOWN_ERROR, "the source of places answered with no places in JSON") from None


def _places(said: object) -> list[Mapping[str, object]]:
    """Return the places of an answer, which is `{}` where there are none; never more than were asked for."""
    places = said.get("places", []) if isinstance(said, Mapping) else None
    if not isinstance(places, list) or not all(isinstance(place, Mapping) for place in places):
        raise ValueError("no list of places")
    return places[:MOST]


def _refuse(reply: Reply) -> NoReturn:
    """Raise what Google says went wrong, and where it says nothing, what its HTTP status means."""
    failure = failed(reply)
    try:
        said = json.loads(reply.body)
    except (ValueError, RecursionError):
        raise failure from None
    error = said.get("error") if isinstance(said, Mapping) else None
    if not isinstance(error, Mapping):
        raise failure
    message, details = error.get("message"), error.get("details")
    reasons = (
        [str(each.get("reason")) for each in details if isinstance(each, Mapping)]
        if isinstance(details, list)
        else []
    )
    denied = any(reason.startswith(KEY_REASON) for reason in reasons)
    reason = message[:REASON_LIMIT] if isinstance(message, str) and message else failure.reason
    raise Unavailable(REQUEST_DENIED if denied else failure.status, reason, passing=failure.passing)
