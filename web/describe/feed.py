"""/live, /events and /clients, as /openapi.json describes them."""

from web.clients.geojson import GEOJSON
from web.clients.wanted import LIMIT, LIMIT_MOST, RADIUS_MOST
from web.describe import samples
from web.describe.operation import (
    BAD_QUERY,
    CURL_SOCKET,
    FOREIGN,
    FOREIGN_READER,
    LATER,
    NO_SOCKET,
    ORIGIN,
    SOCKET,
    Answer,
    Content,
    Operation,
    Parameter,
    problem,
    ref,
)

SINCE, BBOX = "a56a0a12f09f2d4b:7", "-125,32,-114,42"

_WATCH = (
    Parameter("since", "LIFE:NUMBER of the last frame: only what changed after it.", example=SINCE),
    Parameter("bbox", "WEST,SOUTH,EAST,NORTH in degrees: only what is within.", example=BBOX),
)
_TRAIL = Parameter(
    "trail", "1: with where it was before, as far as this gateway saw.", {"enum": ["0", "1"], "default": "0"}
)
_ID = Parameter("id", "The client's ID.", example=samples.CLIENT, where="path", required=True)
_ETAG = {"ETag": "Names this state: If-None-Match asks for a newer one."}
_SAME = Answer("Nothing changed since the state that If-None-Match names.", headers=_ETAG)
_FULL = problem("As many watch as the settings of this server allow.", headers=LATER)
_UNKNOWN = problem("The herd does not know this client.")

FEED = (
    Operation(
        "get",
        "/live",
        "Watch the feed on a WebSocket",
        "Each frame is a Frame in JSON, or packed with format=binary (see the README). The first is a snapshot, or "
        "with since what changed; then at most five a second. Whoever falls behind gets fewer, merged ones.",
        "Feed",
        f"{CURL_SOCKET} '{ORIGIN}/live?bbox={BBOX}'",
        {"101": SOCKET, "400": BAD_QUERY, "403": FOREIGN_READER, "426": NO_SOCKET, "503": _FULL},
        (*_WATCH, Parameter("format", "How frames are written.", {"enum": ["json", "binary"], "default": "json"})),
        frames="Frame",
    ),
    Operation(
        "get",
        "/events",
        "Watch the feed as Server-Sent Events",
        "The same frames as /live in JSON, one event each; a browser's Last-Event-ID resumes.",
        "Feed",
        f"curl --no-buffer '{ORIGIN}/events?bbox={BBOX}'",
        {
            "200": Answer("Events for ever.", (Content("text/event-stream", {"type": "string"}, samples.EVENT),)),
            "400": BAD_QUERY,
            "503": _FULL,
        },
        _WATCH,
        frames="Frame",
    ),
    Operation(
        "get",
        "/clients",
        "Where everyone is",
        "GeoJSON of the newest reports: of all clients, of those in a box, nearest to a place, or changed since; "
        "gzip where it is accepted.",
        "Feed",
        f"curl --compressed '{ORIGIN}/clients?near=34.07,-118.45&radius=50&limit=10'",
        {
            "200": Answer(
                "Clients, with near the nearest first; with client that one's Feature.",
                (Content(GEOJSON, {"oneOf": [ref("FeatureCollection"), ref("Feature")]}, samples.COLLECTION),),
                _ETAG,
            ),
            "304": _SAME,
            "400": BAD_QUERY,
            "404": _UNKNOWN,
        },
        (
            *_WATCH,
            Parameter("near", "LATITUDE,LONGITUDE in degrees.", example="34.07,-118.45"),
            Parameter(
                "radius",
                "With near: km; left out, the whole Earth.",
                {"type": "number", "minimum": 0, "maximum": RADIUS_MOST, "default": RADIUS_MOST},
                50,
            ),
            Parameter(
                "limit",
                "With near: how many at most.",
                {"type": "integer", "minimum": 0, "maximum": LIMIT_MOST, "default": LIMIT},
                10,
            ),
            Parameter("client", "This one only, as /clients/{id}; goes with nothing but trail."),
            _TRAIL,
        ),
    ),
    Operation(
        "get",
        "/clients/{id}",
        "Where one client is",
        "Any ID can be asked for: percent-encode its bytes.",
        "Feed",
        f"curl '{ORIGIN}/clients/{samples.CLIENT}?trail=1'",
        {
            "200": Answer("The client.", (Content(GEOJSON, ref("Feature"), samples.FEATURE),), _ETAG),
            "304": _SAME,
            "400": BAD_QUERY,
            "404": _UNKNOWN,
        },
        (_ID, _TRAIL),
    ),
    Operation(
        "delete",
        "/clients/{id}",
        "Forget a client",
        "No server of the herd shows it any more, nor what it said before this moment and what is still under way; "
        "viewers of the feed are told that it is gone. When it reports again it is back.",
        "Feed",
        f"curl -X DELETE '{ORIGIN}/clients/{samples.CLIENT}'",
        {
            "204": Answer("It is forgotten."),
            "403": FOREIGN,
            "404": _UNKNOWN,
            "503": problem("As many are forgotten as this server can remember."),
        },
        (_ID,),
    ),
)
