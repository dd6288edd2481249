"""Tokens, and the login for browsers, as /openapi.json describes them."""

from web import cookies
from web.accept import FORM
from web.describe.operation import LATER, ORIGIN, Answer, Content, Json, Operation, problem

HTML = "text/html"
_PAGE = (Content(HTML, {"type": "string"}),)

# Any of these; where the settings of a server have no tokens, none is needed.
SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token of [access] in the settings."},
    "basic": {"type": "http", "scheme": "basic", "description": "The token as password, with any user name."},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": cookies.NAME,
        "description": "What /login gives a browser; it counts for pages of this server only.",
    },
}
SECURITY: list[Json] = [{}, {"bearer": []}, {"basic": []}, {"cookie": []}]

UNKNOWN = problem(
    "The settings ask for a token, and the request has none that counts.",
    headers={"WWW-Authenticate": "Bearer, and for a person at a browser Basic."},
)
BEYOND = problem("The token does not reach so far: it may read only, or is for some clients only.")

LOGIN = (
    Operation(
        "get",
        "/login",
        "Log in",
        "A page that asks for a token; where none is needed, it leads to the map.",
        "Pages",
        f"curl --include {ORIGIN}/login",
        {"200": Answer("The page.", _PAGE), "303": Answer("To the map.", headers={"Location": "`/`."})},
        open=True,
    ),
    Operation(
        "post",
        "/login",
        "Give a token, get a cookie",
        "The cookie lasts 30 days, at every server of the herd. Only a token for all clients has one.",
        "Pages",
        f"curl --include -d token=$HERD_TOKEN {ORIGIN}/login",
        {
            "303": Answer("To the map.", headers={"Location": "`/`."}),
            "403": Answer("The page again: the token is wrong, or for some clients only.", _PAGE),
            "429": Answer("The page again: too many tried at once.", _PAGE, LATER),
        },
        body=(
            Content(FORM, {"type": "object", "required": ["token"], "properties": {"token": {"type": "string"}}}),
        ),
        open=True,
    ),
    Operation(
        "post",
        "/logout",
        "Log out",
        "Takes the cookie from this browser.",
        "Pages",
        f"curl --include -X POST {ORIGIN}/logout",
        {"303": Answer("To the login.", headers={"Location": "`/login`."})},
        open=True,
    ),
)
