"""Lets requests in by their token: as Bearer, as the password of Basic, or by the cookie of the login."""

import binascii
from base64 import b64decode
from urllib.parse import unquote_to_bytes

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from herd.access import BEYOND_TOKEN, NO_TOKEN, WRONG_TOKEN, Access, Grant, Ticket
from herd.messages import SECOND
from web import cookies
from web.access import READING, is_our_page
from web.keys import SERVER
from web.problems import Problem
from web.schema import to_bytes

# What is there for everybody: nothing in it is of any client. The map sends those without a token to the login.
MAP, LOGIN, LOGOUT, CLIENT = "/", "/login", "/logout", "/clients/{id}"
OPEN = frozenset({"/healthz", "/readyz", "/static/{path}", "/api", "/openapi.json", LOGIN, LOGOUT})
# Where whoever may see some clients only is let in. All but the last look at each client themselves.
BY_CLIENT = frozenset({"/iamat", "/whatsat", "/ws", CLIENT})

_GRANT = web.RequestKey("grant", Grant)
_REALM = 'realm="herd"'


def grant_of(request: web.Request) -> Grant:
    """Return what the request may do."""
    return request[_GRANT]


async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Have a request answered, or raise a Problem. Where its token is taken away meanwhile, its connection ends."""
    access = request.app[SERVER].node.access
    resource = request.match_info.route.resource
    path = resource.canonical if resource else ""
    if path in OPEN:
        return await handler(request)
    ticket = _ticket(request, access)
    if ticket is None:
        if path == MAP:
            raise web.HTTPSeeOther(LOGIN)
        raise _unknown(request, access)
    request[_GRANT] = ticket.grant
    if not ticket.grant.full:
        _check_reach(request, path, ticket.grant)
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the other end is gone")
    access.enter(ticket, transport.abort)
    try:
        return await handler(request)
    finally:
        access.leave(transport.abort)


def check_client(request: web.Request, client: bytes, answer: bytes | None = None) -> None:
    """Let a request through that is about a client which its token covers; `answer` is what TCP would say."""
    if not grant_of(request).covers(client):
        _count_beyond(request)
        raise Problem(403, "this token is not for this client", field="client", answer=answer)


def _ticket(request: web.Request, access: Access) -> Ticket | None:
    header = request.headers.get(hdrs.AUTHORIZATION)
    ticket = access.admit(token_in(header) if header else None)
    if ticket or cookies.NAME not in request.cookies or not _may_use_cookie(request):
        return ticket
    return cookies.read_cookie(request.cookies[cookies.NAME], access, request.app[SERVER].node.clock() // SECOND)


def _may_use_cookie(request: web.Request) -> bool:
    """Tell whether it is we who had the browser send its cookie: it sends it along whoever asks.

    SameSite takes another port of our host for us. Browsers name the page in whatever changes something, and in a
    WebSocket's handshake; of what only reads, a foreign page that is not named sees nothing.
    """
    reads = request.method in READING and hdrs.UPGRADE not in request.headers
    ours = is_our_page(request)
    return reads if ours is None else ours


def token_in(header: str) -> bytes | None:
    """Return the token in an Authorization header; the user's name in Basic may be any."""
    scheme, _, said = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return to_bytes(said.strip())
    if scheme.lower() == "basic":
        try:
            return b64decode(to_bytes(said.strip()), validate=True).partition(b":")[2]
        except binascii.Error:
            pass
    return None


def _unknown(request: web.Request, access: Access) -> Problem:
    """Return what is said to whoever has no token that counts."""
    named = hdrs.AUTHORIZATION in request.headers or cookies.NAME in request.cookies
    access.refused[WRONG_TOKEN if named else NO_TOKEN] += 1
    # A browser asks its user at Basic: a person who opens an address, but not in the middle of our page.
    asks = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    wanted = f"Bearer {_REALM}, Basic {_REALM}" if asks else f"Bearer {_REALM}"
    return Problem(401, "a token is needed here that this server knows", headers={hdrs.WWW_AUTHENTICATE: wanted})


def _check_reach(request: web.Request, path: str, grant: Grant) -> None:
    """Let a request through that its token reaches as far as can be told before it is read."""
    if request.method not in READING and not grant.writes:
        _count_beyond(request)
        raise Problem(403, "this token may read only")
    if grant.clients is not None and path not in BY_CLIENT:
        _count_beyond(request)
        raise Problem(403, "this token is for some clients only, and this is about others as well")
    if path == CLIENT:
        # The path as it was sent: in match_info %2F is a slash like others, and %FF is lost.
        check_client(request, unquote_to_bytes(to_bytes(request.rel_url.raw_path.split("/", 2)[2])))


def _count_beyond(request: web.Request) -> None:
    request.app[SERVER].node.access.refused[BEYOND_TOKEN] += 1
