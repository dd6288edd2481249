"""The one gate of all requests: who may not pass is told why, and so is who meets a defect of ours."""

import json
import time
from functools import partial

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from herd.messages import refuse
from herd.turn import NotKeptError
from web.accept import PLAIN, PROBLEM, wants_plain
from web.access import HEADERS, check_access
from web.admitting import admit
from web.keys import SERVER
from web.problems import Problem, to_problem_json
from web.rates import RATES
from web.schema import to_bytes
from web.sharing import permit, share
from web.traffic import log_exchange

_COPIED = (
    "Allow",
    "Content-Range",
    "Link",
    "Upgrade",
)  # headers of aiohttp's own errors that mean something to a program
_STARTED = web.RequestKey("started", web.StreamResponse)
CAME_AT = web.RequestKey("came at", float)  # by the monotonic clock


AT_ONCE = ("/healthz", "/readyz", "/metrics", "/herd")  # which say how a server is, also while it starts

# Seconds after which to come again with a report that could not be kept: the disk is tried every few.
RETRY_SECONDS = 5


class InFlight:
    """How many requests came and are not answered yet; those of viewers and WebSockets until they leave."""

    count = 0


IN_FLIGHT: web.AppKey[InFlight] = web.AppKey("in flight", InFlight)


@web.middleware
async def pass_gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever goes wrong in a request into a problem; a defect of ours is logged and costs no more."""
    request[CAME_AT] = time.monotonic()
    app = request.app
    app[IN_FLIGHT].count += 1
    with app[SERVER].node.guard.contain("an HTTP request"):
        try:
            return await _let_through(request, handler)
        except Problem as problem:
            return _answer(request, problem)
        except web.HTTPException as error:
            return _answer_aiohttp(request, error)
        except ConnectionError:
            if request.transport is not None and not request.transport.is_closing():
                raise
            return _nothing_more(request)
        finally:
            app[IN_FLIGHT].count -= 1
    started: web.StreamResponse | None = request.get(_STARTED)
    if started is not None:
        # Half an answer has left. Only a broken connection says that no more will come.
        if request.transport is not None:
            request.transport.abort()
        return started
    return _answer(request, Problem(500, "a defect of this server, which its log describes"))


async def _let_through(request: web.Request, handler: Handler) -> web.StreamResponse:
    request.app[RATES].check(request.remote or "")
    check_access(request)
    return permit(request) or await admit(request, partial(_serve, handler=handler))


async def begin_answer(request: web.Request, response: web.StreamResponse) -> None:
    """Say in the headers what browsers may do; note that an answer has begun, so that none is sent on top of it."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)  # a handler's own stays
    share(request, response)
    request[_STARTED] = response


def _nothing_more(request: web.Request) -> web.StreamResponse:
    """Return what aiohttp can end without a word: the other end is gone, nobody reads it.

    It cannot end a WebSocket whose handshake could not be answered any more.
    """
    started: web.StreamResponse | None = request.get(_STARTED)
    return web.Response() if started is None or isinstance(started, web.WebSocketResponse) else started


async def _serve(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Have a request answered once the server has read its journal, as clients of TCP wait for that, too."""
    if request.path not in AT_ONCE:
        await request.app[SERVER].begun.wait()
    try:
        return await handler(request)
    except NotKeptError as reason:
        if _STARTED not in request:
            retry = {"Retry-After": str(RETRY_SECONDS)}
            raise Problem(503, f"this cannot be kept: {reason}", headers=retry) from None
        if request.transport is not None:  # half an answer has left
            request.transport.abort()
        raise ConnectionResetError(str(reason)) from None


def _answer(request: web.Request, problem: Problem) -> web.Response:
    """Answer, and log, a problem. Where the command had no line of its own, the request's is copied."""
    if problem.answer is None:
        problem.answer = refuse(f"{request.method} ".encode() + to_bytes(request.rel_url.raw_path))
    log_exchange(request, problem.answer.removeprefix(b"? "), problem.answer)
    if wants_plain(request):
        body, kind = problem.answer + b"\n", PLAIN
    else:
        body, kind = json.dumps(to_problem_json(problem)).encode() + b"\n", PROBLEM
    return web.Response(body=body, status=problem.status, headers={**problem.headers, hdrs.CONTENT_TYPE: kind})


def _answer_aiohttp(request: web.Request, error: web.HTTPException) -> web.Response:
    headers = {name: error.headers[name] for name in _COPIED if name in error.headers}
    match error:
        case web.HTTPNotFound():
            detail = "nothing is here"
        case web.HTTPMethodNotAllowed():
            detail = f"{error.method} does not go here, only {error.headers[hdrs.ALLOW]}"
        case _ if error.status < 400:  # a redirection, or nothing new
            return web.Response(status=error.status, headers=error.headers)
        case _:
            detail = error.text or error.reason
    return _answer(request, Problem(error.status, detail, headers=headers))
