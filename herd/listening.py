"""Where servers listen, seen from outside: whether a port is free, whether it accepts, what a person types."""

import asyncio
import socket
import ssl
import sys
from collections.abc import Mapping
from contextlib import suppress

from herd.config import Address, Server

# Servers may listen everywhere; to talk to one that does, a person on this machine uses loopback.
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared with, not bound
POLL = 0.05  # seconds between two attempts to reach a server that is starting


def taken(servers: Mapping[str, Server]) -> str | None:
    """Return a line about the first address that cannot be listened on, or None."""
    for server in servers.values():
        for kind, address in (("tcp", server.tcp), ("http", server.http)):
            try:
                _try_to_bind(address)
            except OSError as error:
                return f"{server.name} cannot listen on {kind} {address}: {error.strerror}"
    return None


async def until_it_accepts(address: Address, stopping: asyncio.Event, secure: bool = False) -> None:
    """Return when the address accepts connections, or the event is set. Any free port (0) is not waited for.

    `secure`: the handshake of TLS is gone through, which would count as failed if the connection just ended.
    """
    while address.port and not stopping.is_set():
        try:
            _, writer = await asyncio.open_connection(
                _reachable(address), address.port, ssl=_trusting_anybody() if secure else None
            )
        except ssl.SSLError:  # somebody is there
            return
        except OSError:
            await asyncio.sleep(POLL)
            continue
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return


def table(
    servers: Mapping[str, Server], pids: Mapping[str, int], secure: bool = False, guarded: bool = False
) -> str:
    """Return what a newcomer wants to see: who listens where, and a line to try.

    `secure`: over TLS, which nc does not speak; `guarded`: with a token.
    """
    scheme = "https" if secure else "http"
    wide = max(map(len, servers))
    lines = [
        f"  {name:<{wide}}  tcp {s.tcp!s:<21}  {scheme}://{_url_host(s.http)}/  process {pids[name]}"
        for name, s in servers.items()
    ]
    return "\n".join(
        [
            "The herd is running; Ctrl-C stops it.",
            *lines,
            "Tell one server where you are, and ask another:",
            *_tries(servers, secure, guarded),
        ]
    )


def _tries(servers: Mapping[str, Server], secure: bool, guarded: bool) -> list[str]:
    here, near = "kiwi.cs.ucla.edu +34.068930-118.445127", "kiwi.cs.ucla.edu 10 5"
    names = list(servers)
    if secure:
        return [
            f"  python3 run.py iamat {here} --server {names[0]}",
            f"  python3 run.py whatsat {near} --server {names[-1]}",
        ]
    echo = "echo AUTH $HERD_TOKEN; echo" if guarded else "echo"
    begin, end = ("(", ")") if guarded else ("", "")
    places = [f"{_reachable(server.tcp)} {server.tcp.port}" for server in servers.values()]
    return [
        f"  {begin}{echo} IAMAT {here} $(date +%s){end} | nc -N {places[0]}",
        f"  {begin}{echo} WHATSAT {near}{end} | nc -N {places[-1]}",
    ]


def _trusting_anybody() -> ssl.SSLContext:
    """Return what is needed to find out that somebody is there, whoever it is: nothing is said to them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _reachable(address: Address) -> str:
    return EVERYWHERE.get(address.host, address.host)


def _url_host(address: Address) -> str:
    return str(Address(_reachable(address), address.port))


def _try_to_bind(address: Address) -> None:
    family, kind, protocol, _, place = socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        if sys.platform != "win32":  # as asyncio does: connections that linger from before are no hindrance
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind(place)
