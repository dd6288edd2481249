"""Asks an Overpass server for the named places of OpenStreetMap around a point."""

import asyncio
from typing import Any
from urllib.parse import urlencode

from herd import VERSION
from herd.places.asking import Asker, Reply, failed, json_body
from herd.places.cells import distance
from herd.places.elements import elements
from herd.places.nearest import Place
from herd.places.provider import UNKNOWN_ERROR, Unavailable
from herd.places.tags import overpass_place

URL = "https://overpass-api.de/api/interpreter"
SERVER_TIMEOUT = 8  # seconds that the server may take: who asks for little is served sooner
SERVER_MEMORY = 16 * 1024 * 1024  # bytes
KEYS = ("amenity", "shop", "tourism", "leisure", "office", "craft", "historic", "public_transport")
SLICE = 20  # elements, under 1 ms of work; then others have their turn
NOBODY = "servers that tell each other where everyone is"


class Overpass:
    """An Overpass server over one session; close it at the end."""

    def __init__(self, url: str | None, contact: str | None, timeout: float) -> None:
        self._url = url or URL
        # The public servers want to know who asks, and answer 406 to the stock names of libraries.
        self._asker = Asker(timeout, agent=f"herd/{VERSION} ({contact or NOBODY})")

    async def around(self, latitude: float, longitude: float, metres: int) -> list[Place]:
        """Return all named places within so many metres, nearest first; Unavailable where there is no answer."""
        body = urlencode({"data": question(latitude, longitude, metres)}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = await self._asker.ask("POST", self._url, body=body, headers=headers)
        if reply.status != 200:
            raise _failed(reply)
        try:
            return await _read(json_body(reply).decode(), latitude, longitude)
        except (ValueError, RecursionError):
            raise Unavailable(UNKNOWN_ERROR, "the source of places answered with no elements in JSON") from None

    async def close(self) -> None:
        """Close the session."""
        await self._asker.close()


def question(latitude: float, longitude: float, metres: int) -> str:
    """Return the question in Overpass QL. Not with `out 20`, which would cut by ID and not by distance."""
    around = f"around:{metres},{latitude:.6f},{longitude:.6f}"
    kinds = f'[~"^({"|".join(KEYS)})$"~"."][name]'
    return f"[out:json][timeout:{SERVER_TIMEOUT}][maxsize:{SERVER_MEMORY}];nwr({around}){kinds};out tags center;"


def _failed(reply: Reply) -> Unavailable:
    failure = failed(reply)
    # 504 says that the server has too much to do; asking once more would add to that.
    return Unavailable(failure.status, failure.reason, passing=failure.passing and reply.status != 504)


async def _read(text: str, latitude: float, longitude: float) -> list[Place]:
    found = []
    for number, element in enumerate(elements(text)):
        result = overpass_place(element)
        if result is not None:
            found.append(_place(result, latitude, longitude))
        if number % SLICE == 0:
            await asyncio.sleep(0)
    return sorted(found, key=lambda place: place.away)


def _place(result: dict[str, Any], latitude: float, longitude: float) -> Place:
    location = result["geometry"]["location"]
    there = location["lat"], location["lng"]
    return Place(*there, distance(latitude, longitude, *there), result)
