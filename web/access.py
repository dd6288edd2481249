"""Who may ask for what: headers for browsers, and the checks of Host and Origin."""

import re
from functools import lru_cache
from ipaddress import ip_address

from aiohttp import hdrs, web

from web.problems import Problem
from web.sharing import is_reader

# Names, beside IP addresses and localhost, under which this server is reached.
HOSTS: web.AppKey[frozenset[str]] = web.AppKey("hosts", frozenset)

_POLICY = [
    "default-src 'self'",  # no inline script and no inline style
    "img-src 'self' data: blob:",
    "connect-src 'self'",  # which includes this server's WebSockets
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
]
HEADERS = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
READING = frozenset({"GET", "HEAD", "OPTIONS"})  # methods that change nothing
_READING_SOCKETS = frozenset({"/live"})

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@\s]+)(?::[0-9]{0,5})?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def policy_with_images(origin: str) -> str:
    """Return the Content-Security-Policy of a page that shows images of one more origin."""
    return "; ".join(f"{rule} {origin}" if rule.startswith("img-src ") else rule for rule in _POLICY)


def check_access(request: web.Request) -> None:
    """Let in requests to a name of ours, and writes and WebSockets only from our own pages and from programs.

    A WebSocket that only reads is also for the pages that may read: the browser does not keep it from others.
    """
    host = request.headers.get(hdrs.HOST)  # without one in HTTP/1.0 only, which no browser speaks
    if host is not None and not is_ours(host, request.app[HOSTS]):
        # DNS rebinding: a page of evil.example, whose name now leads to this machine, reads as if it were ours.
        raise Problem(421, "this server goes by IP address, localhost, or the host that its settings name")
    if request.method not in READING or hdrs.UPGRADE in request.headers:
        for origin in request.headers.getall(hdrs.ORIGIN, ()):
            if not (_is_same(origin, host or "") or (_only_reads(request) and is_reader(request, origin))):
                raise Problem(403, "a page of another origin may not do this")


def is_our_page(request: web.Request) -> bool | None:
    """Tell whether a page of ours asks, by its Origin; None where the request has none."""
    origins = request.headers.getall(hdrs.ORIGIN, ())
    host = request.headers.get(hdrs.HOST, "")
    return all(_is_same(origin, host) for origin in origins) if origins else None


def _only_reads(request: web.Request) -> bool:
    route = request.match_info.route.resource
    return request.method == hdrs.METH_GET and route is not None and route.canonical in _READING_SOCKETS


@lru_cache(maxsize=1024)
def is_ours(host: str, hosts: frozenset[str]) -> bool:
    """Tell whether a Host header names this server, which goes by these names, by an address or as localhost."""
    found = _HOST.fullmatch(host)
    if not found:
        return False
    name = found[1].lower()
    if name == "localhost" or name in hosts:
        return True
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def _is_same(origin: str, host: str) -> bool:
    """Compare without the scheme: a proxy in front may speak https for us. `null` is nobody's origin."""
    scheme, _, authority = origin.lower().partition("://")
    port = _DEFAULT_PORTS.get(scheme)
    return port is not None and authority.removesuffix(port) == host.lower().removesuffix(port)
