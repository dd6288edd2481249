"""/iamat, /whatsat and /ws, as /openapi.json describes them."""

from web.accept import FORM, JSON
from web.describe import samples
from web.describe.operation import (
    BAD_QUERY,
    CURL_SOCKET,
    FOREIGN,
    NO_SOCKET,
    ORIGIN,
    SOCKET,
    Answer,
    Content,
    Operation,
    Parameter,
    problem,
    ref,
    text,
)

COMMANDS = (
    Operation(
        "post",
        "/iamat",
        "Report where a client is",
        "One report as JSON or as a form, many as a JSON array, or lines of the protocol as text/plain: these are "
        "answered a line each, bad ones by `? ` and a copy. Accept: text/plain gives the AT line, as TCP does. "
        "A body is at most 1 MiB, unless the settings say otherwise. A page of another origin may not do this.",
        "Commands",
        f"curl -d client={samples.CLIENT} -d location=+34.068930-118.445127 {ORIGIN}/iamat",
        {
            "200": Answer(
                "What the herd now says of the client; for an array, one of reports and problems in its order.",
                (
                    Content(JSON, {"oneOf": [ref("Report"), ref("Answers")]}, samples.REPORT),
                    text(samples.AT + "\n"),
                ),
            ),
            "400": problem(
                "A field is missing or malformed.",
                samples.problem(
                    400, "Bad Request", "client is missing", "? IAMAT +34.068930-118.445127", field="client"
                ),
            ),
            "403": FOREIGN,
            "408": problem("The body did not arrive in time."),
            "413": problem("The body is too long."),
            "415": problem("The body is neither JSON nor a form nor text/plain, or it is compressed."),
            "503": problem("The report cannot be kept, so it is not taken in: Retry-After says when to try again."),
        },
        body=(
            Content(
                JSON,
                {"oneOf": [ref("Told"), {"type": "array", "items": ref("Told")}]},
                {"client": samples.CLIENT, "location": "+34.068930-118.445127", "time": "1520023934.918963997"},
            ),
            Content(
                FORM,
                ref("Told"),
                {"client": samples.CLIENT, "lat": "34.068930", "lon": "-118.445127"},
            ),
            text(f"IAMAT {samples.CLIENT} +34.068930-118.445127 1520023934.918963997\n"),
        ),
    ),
    Operation(
        "get",
        "/whatsat",
        "Ask where a client is and what is near it",
        "Where places are not to be had, the answer is 200 all the same and their status says why, as on TCP.",
        "Commands",
        f"curl '{ORIGIN}/whatsat?client={samples.CLIENT}&radius=10&limit=5'",
        {
            "200": Answer(
                "The newest report, and places.",
                (
                    Content(JSON, ref("Around"), {"report": samples.REPORT, "places": samples.PLACES}),
                    text(f"{samples.AT}\n{samples.PLACES_TEXT}\n\n"),
                ),
            ),
            "400": BAD_QUERY,
            "404": problem(
                "The herd does not know this client.",
                samples.problem(
                    404,
                    "Not Found",
                    "the herd does not know this client",
                    f"? WHATSAT {samples.CLIENT} 10 5",
                    field="client",
                ),
            ),
        },
        (
            Parameter("client", "Whom to look for.", example=samples.CLIENT, required=True),
            Parameter(
                "radius", "km around it.", {"type": "number", "minimum": 0, "maximum": 50, "default": 10}, 10
            ),
            Parameter(
                "limit", "Places at most.", {"type": "integer", "minimum": 0, "maximum": 20, "default": 5}, 5
            ),
        ),
    ),
    Operation(
        "get",
        "/ws",
        "Speak the line protocol",
        "A WebSocket: each text or binary frame is one line (IAMAT or WHATSAT), and each answer one frame. "
        "Closed with 1013 where a report cannot be kept.",
        "Commands",
        f"{CURL_SOCKET} {ORIGIN}/ws",
        {"101": SOCKET, "403": FOREIGN, "426": NO_SOCKET},
    ),
)
