"""Examples of what is said, as a server says it: mostly written by the code that writes it."""

import json

from herd.messages import parse_at
from herd.places import cities
from herd.places.layout import write_answer
from web.describe.operation import Json
from web.schema import to_json

AT = "AT Goloman +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997"
REPORT = to_json(parse_at(AT.encode()))
PLACES_TEXT = write_answer(
    [
        {
            "geometry": {"location": {"lat": 34.08334, "lng": -118.44869}},
            "name": "Bel Air",
            "place_id": "geonames:5327259",
            "reference": "geonames:5327259",
            "scope": "GEONAMES",
            "types": ["locality", "political"],
            "vicinity": "California, United States",
        }
    ],
    [cities.ATTRIBUTION],
).decode()
PLACES = json.loads(PLACES_TEXT)
FEATURE: Json = {
    "type": "Feature",
    "id": REPORT["client"],
    "geometry": {"type": "Point", "coordinates": [REPORT["lon"], REPORT["lat"]]},
    "properties": REPORT,
}
COLLECTION: Json = {
    "type": "FeatureCollection",
    "server": "Goloman",
    "life": "a56a0a12f09f2d4b",
    "number": 7,
    "features": [FEATURE],
}
FRAME: Json = {
    "type": "changes",
    "server": "Goloman",
    "life": "a56a0a12f09f2d4b",
    "number": 7,
    "reports": [REPORT],
}
LINK: Json = {
    "peer": "Hands",
    "up": True,
    "heard": True,
    "state": "up",
    "lag": 0,
    "acknowledged": 7,
    "cursor": 7,
    "heard_number": 12,
    "clock_ahead": -0.000319,
    "eager": True,
    "reason": None,
}
SERVER: Json = {
    "server": "Goloman",
    "life": "a56a0a12f09f2d4b",
    "clients": 1,
    "number": 7,
    "uptime": 61.25,
    "clock_off": 0.000319,
    "viewers": 2,
    "links": [LINK],
    "tcp": "127.0.0.1:12101",
    "http": "127.0.0.1:8101",
}
CLIENT = REPORT["client"]
HERD: Json = {**SERVER, "servers": {"Hands": {"error": "no answer in 1 s"}}}
EVENT = f"id: {FRAME['life']}:{FRAME['number']}\ndata: {json.dumps(FRAME, separators=(',', ':'))}\n\n"


def problem(status: int, title: str, detail: str, answer: str, **more: object) -> Json:
    """Return what is said of a problem."""
    said: Json = {"type": "about:blank", "title": title, "status": status, "detail": detail, "answer": answer}
    return {**said, **more}
