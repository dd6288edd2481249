"""/login and /logout: a browser gives its token once, and has a cookie for it."""

from collections.abc import Mapping

import aiohttp_jinja2
from aiohttp import hdrs, web

from herd.access import WRONG_TOKEN
from herd.messages import SECOND
from web import cookies
from web.access import is_our_page
from web.admitting import LOGIN, LOGOUT, MAP
from web.assets import url_of
from web.bodies import read_body
from web.fields import read_form
from web.keys import SERVER
from web.problems import Problem
from web.rates import Rates

LOGINS = 5  # of an address in a second, twice as many at once; through a proxy, of all
GUESSES: web.AppKey[Rates] = web.AppKey("guesses", Rates)

NO_HEADERS: Mapping[str, str] = {}

WRONG = "This is not a token of this herd."
PARTIAL = "This token is for some clients only; the map shows all."

routes = web.RouteTableDef()


def attach(app: web.Application) -> None:
    """Give an application its count of logins."""
    app[GUESSES] = Rates(LOGINS)


@routes.get(LOGIN)
async def ask_for_token(request: web.Request) -> web.Response:
    """Show the page, which works without JavaScript; where no token is needed, the map."""
    if not request.app[SERVER].node.access.guarded:
        raise web.HTTPSeeOther(MAP)
    return _show(request, 200, "")


@routes.post(LOGIN)
async def log_in(request: web.Request) -> web.Response:
    """Give a browser a cookie for its token, and send it to the map, wherever it came from."""
    try:
        request.app[GUESSES].check(request.remote or "")
    except Problem as problem:
        return _show(request, problem.status, "Too many tried at once. Wait a second.", problem.headers)
    token = read_form(await read_body(request)).get("token", b"").strip()
    node = request.app[SERVER].node
    ticket = node.access.admit(token)
    if ticket is None:
        node.access.refused[WRONG_TOKEN] += 1
        return _show(request, 403, WRONG)
    if ticket.grant.clients is not None:
        return _show(request, 403, PARTIAL)
    answer = web.Response(status=303, headers={hdrs.LOCATION: MAP, hdrs.CACHE_CONTROL: "no-store"})
    if ticket.token:
        cookie = cookies.write_cookie(token, node.clock() // SECOND)
        _set(request, answer, cookie, cookies.SECONDS)
    return answer


@routes.post(LOGOUT)
async def log_out(request: web.Request) -> web.Response:
    """Take the cookie from a browser; elsewhere it would count until its end."""
    answer = web.Response(status=303, headers={hdrs.LOCATION: LOGIN, hdrs.CACHE_CONTROL: "no-store"})
    _set(request, answer, "", 0)
    return answer


def _set(request: web.Request, answer: web.Response, cookie: str, seconds: int) -> None:
    # A proxy in front may speak https for us: the Origin of our own page says how the browser reached it.
    secure = request.secure or (
        bool(is_our_page(request)) and request.headers[hdrs.ORIGIN].lower().startswith("https:")
    )
    answer.set_cookie(
        cookies.NAME, cookie, max_age=seconds, path="/", httponly=True, samesite="Lax", secure=secure or None
    )


def _show(request: web.Request, status: int, trouble: str, headers: Mapping[str, str] = NO_HEADERS) -> web.Response:
    known = {"asset": url_of, "name": request.app[SERVER].node.name, "trouble": trouble}
    response = aiohttp_jinja2.render_template("login.html", request, known, status=status)
    response.headers.update({**headers, hdrs.CACHE_CONTROL: "no-store"})
    return response
