"""How a server is, what it counts, and its pages, as /openapi.json describes them."""

from web.accept import JSON
from web.describe import samples
from web.describe.operation import BAD_QUERY, ORIGIN, Answer, Content, Operation, Parameter, problem, ref, text

HTML = "text/html"
OPEN_METRICS = "application/openmetrics-text"
METRICS = "# HELP herd_clients Clients whose newest report is known.\n# TYPE herd_clients gauge\nherd_clients 1.0\n"

UPKEEP = (
    Operation(
        "get",
        "/herd",
        "See how the herd is",
        "This server and its links; with all=1 the others too, who are asked side by side and have a second.",
        "Server",
        f"curl '{ORIGIN}/herd?all=1'",
        {"200": Answer("How it is.", (Content(JSON, ref("Server"), samples.HERD),)), "400": BAD_QUERY},
        (Parameter("all", "1: ask every server of the herd.", {"enum": ["0", "1"], "default": "0"}, "1"),),
    ),
    Operation(
        "get",
        "/healthz",
        "See whether the server lives",
        "Answers as soon as its event loop does.",
        "Server",
        f"curl {ORIGIN}/healthz",
        {"200": Answer("It does.", (text("ok\n"),))},
        open=True,
    ),
    Operation(
        "get",
        "/readyz",
        "See whether the server knows what its neighbours know",
        "It does once each was caught up with, or could not be heard for 5 s; then it stays ready as long as it "
        "can keep what it hears.",
        "Server",
        f"curl --include {ORIGIN}/readyz",
        {
            "200": Answer("It does.", (text("ok\n"),)),
            "503": problem(
                "Not yet: `missing` names the neighbours that it waits for. Or it cannot keep what it hears: "
                "`detail` says why.",
                samples.problem(
                    503,
                    "Service Unavailable",
                    "not caught up with Hands yet",
                    "? GET /readyz",
                    missing=["Hands"],
                ),
            ),
        },
        open=True,
    ),
    Operation(
        "get",
        "/metrics",
        "Count",
        "For Prometheus: clients, links and their lag, lines, refusals, viewers, requests, CPU and memory.",
        "Server",
        f"curl {ORIGIN}/metrics",
        {
            "200": Answer(
                "All metrics of this server.",
                (text(METRICS), Content(OPEN_METRICS, {"type": "string"}, f"{METRICS}# EOF\n")),
            )
        },
    ),
)

PAGES = (
    Operation(
        "get",
        "/",
        "The map",
        "The live map; without JavaScript a table.",
        "Pages",
        f"curl {ORIGIN}/",
        {
            "200": Answer("A page.", (Content(HTML, {"type": "string"}),)),
            "303": Answer("To the login, for whoever has no token that counts.", headers={"Location": "`/login`."}),
        },
    ),
    Operation(
        "get",
        "/api",
        "What can be asked, for people",
        "Made from /openapi.json.",
        "Pages",
        f"curl {ORIGIN}/api",
        {"200": Answer("A page.", (Content(HTML, {"type": "string"}),))},
        open=True,
    ),
    Operation(
        "get",
        "/openapi.json",
        "What can be asked, for programs",
        "OpenAPI 3.1.",
        "Pages",
        f"curl {ORIGIN}/openapi.json",
        {"200": Answer("The description.", (Content(JSON, {"type": "object", "additionalProperties": True}),))},
        open=True,
    ),
)
