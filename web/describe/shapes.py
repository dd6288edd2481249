"""The shapes of what is said of clients in JSON, and of what is wrong, as JSON Schema."""

from web.describe.operation import Json, ref
from web.describe.shaping import counts, many, measures, record, says

_TIME = measures("POSIX seconds of the client.", minimum=0)
_POSITION: Json = {
    "type": "array",
    "description": "Longitude and latitude, in degrees.",
    "items": {"type": "number", "minimum": -180, "maximum": 180},
    "minItems": 2,
    "maxItems": 2,
}
_SECONDS = r"^-?[0-9]+\.[0-9]{9}$"
CLIENT_SCHEMAS: Json = {
    "Report": record(
        "Where a client was, and who heard it say so.",
        {
            "client": says("The client's ID. Bytes that are not UTF-8 are lone surrogates: 0xFF is \\udcff."),
            "location": says("ISO 6709, as the client said it."),
            "lat": measures("Degrees.", minimum=-90, maximum=90),
            "lon": measures("Degrees.", minimum=-180, maximum=180),
            "time": says("POSIX seconds as the client said them.", pattern=r"^[0-9]{1,12}(\.[0-9]{1,18})?$"),
            "server": says("The server that heard the client."),
            "skew": says("That server's clock less the client's, in seconds.", pattern=r"^[+-][0-9]+\.[0-9]{9}$"),
            "heard": says("That server's clock then, in POSIX seconds.", pattern=_SECONDS),
            "at": says("The AT line that says all of this."),
        },
    ),
    "Told": record(
        "What a client says: where it is, by location or by lat and lon; without a time, now.",
        {"client": says("Its ID: 1 to 1,024 bytes without white space.")},
        {
            "location": says("ISO 6709, in decimal degrees."),
            "lat": {"type": ["number", "string"], "description": "Degrees, in plain decimals."},
            "lon": {"type": ["number", "string"], "description": "Degrees, in plain decimals."},
            "time": {"type": ["number", "string"], "description": "POSIX seconds, in plain decimals."},
        },
    ),
    "Answers": {"type": "array", "items": {"oneOf": [ref("Report"), ref("Problem")]}},
    "Places": {
        **record(
            "A Google Places Nearby Search answer, as its source wrote it, with at most `limit` results. Where "
            "places are not to be had, status and error_message say why.",
            {"results": {"type": "array", "description": "Places, the nearest or best known first."}},
            {
                "status": says("OK, ZERO_RESULTS or what went wrong."),
                "error_message": says("The same in words."),
            },
        ),
        "additionalProperties": True,
    },
    "Around": record("A client, and what is near it.", {"report": ref("Report"), "places": ref("Places")}),
    "Problem": record(
        "What is wrong with a request (RFC 9457).",
        {
            "type": says("A URI for the kind of problem; about:blank: the title says it."),
            "title": says("What the status means."),
            "status": counts("The HTTP status."),
            "detail": says("What is wrong, in words."),
            "answer": says("What TCP would have answered: `? ` and the command."),
        },
        {
            "field": says("The field that is wrong."),
            "missing": {"type": "array", "items": {"type": "string"}, "description": "/readyz: whom it waits for."},
        },
    ),
    "Point": record(
        "A place (RFC 7946).",
        {"type": {"const": "Point"}, "coordinates": _POSITION},
    ),
    "Line": record(
        "Where a client was, oldest first.",
        {"type": {"const": "LineString"}, "coordinates": many(_POSITION, least=2)},
    ),
    "Lines": record(
        "The same, cut where its way crosses the antimeridian.",
        {"type": {"const": "MultiLineString"}, "coordinates": many(many(_POSITION, least=2), least=2)},
    ),
    "Trail": record(
        "Where a client is, and where it was.",
        {
            "type": {"const": "GeometryCollection"},
            "geometries": {
                "type": "array",
                "items": {"oneOf": [ref("Point"), ref("Line"), ref("Lines")]},
                "minItems": 2,
                "maxItems": 2,
            },
        },
    ),
    "Feature": record(
        "A client in GeoJSON (RFC 7946).",
        {
            "type": {"const": "Feature"},
            "id": says("The client's ID."),
            "geometry": {
                "oneOf": [ref("Point"), ref("Trail")],
                "description": "A Trail with trail=1, once it moved.",
            },
            "properties": ref("Report"),
        },
        {
            "distance": measures("With near: km from there.", minimum=0),
            "times": {
                "oneOf": [many(_TIME, least=2), many(many(_TIME, least=2), least=2)],
                "description": "With a Trail: one to each of its coordinates, nested as they are.",
            },
        },
    ),
    "FeatureCollection": record(
        "Clients in GeoJSON (RFC 7946). What changed next is told to ?since=life:number.",
        {
            "type": {"const": "FeatureCollection"},
            "server": says("Who tells it."),
            "life": says("The random name of this run of the server."),
            "number": counts("How far its feed had come."),
            "features": {"type": "array", "items": ref("Feature")},
        },
        {
            "full": {"type": "boolean", "description": "With since: these are all clients, not only what changed."},
            "gone": {"type": "array", "items": {"type": "string"}, "description": "With since: show them no more."},
        },
    ),
    "Frame": record(
        "A part of the feed: newest reports only. Resume with ?since=life:number of the last frame.",
        {
            "type": {"enum": ["snapshot", "changes"], "description": "snapshot: what you showed before is over."},
            "server": says("Who tells it."),
            "life": says("The random name of this run of the server: a number means nothing without it."),
            "number": counts("How far whoever took this frame has come."),
            "reports": {"type": "array", "items": ref("Report"), "maxItems": 10_000},
        },
        {
            "more": {"const": True, "description": "The next frame belongs to this one and follows at once."},
            "gone": {"type": "array", "items": {"type": "string"}, "description": "Clients to show no more."},
        },
    ),
}
