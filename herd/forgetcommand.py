"""What `run.py forget CLIENT` does: has the herd forget a client, over HTTP, for a person."""

import http.client
import sys
from urllib.parse import quote

from herd.commands import FAILED, MISUSED
from herd.config import Address, Config
from herd.tls import open_tls

PATIENCE = 10.0  # seconds

_REASONS = {
    http.client.UNAUTHORIZED: "a token is needed that it knows: HERD_TOKEN",
    http.client.FORBIDDEN: "this token is not for that",
    http.client.NOT_FOUND: "the herd does not know this client",
}


def forget(config: Config, client: str, server: str | None) -> int:
    """Ask a server of these settings (None: the first) to forget a client; return the exit status."""
    name = server or next(iter(config.servers))
    address = config.servers[name].http
    connection = _connect(config, address)
    path = "/clients/" + quote(client.encode("utf-8", "surrogateescape"), safe="")
    headers: dict[str, str | bytes] = {"Accept": "text/plain"}
    if (token := config.access.mine) is not None:
        if token.split() != [token]:  # which would end this header and begin others
            print("a token is one word without white space", file=sys.stderr)
            return MISUSED
        headers["Authorization"] = b"Bearer " + token.encode("utf-8", "surrogateescape")
    try:
        connection.request("DELETE", path, headers=headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as problem:
        print(f"{name} at {address} cannot be asked: {problem}", file=sys.stderr)
        return FAILED
    finally:
        connection.close()
    if status != http.client.NO_CONTENT:
        print(f"{name} refused: {_REASONS.get(status, f'status {status}')}", file=sys.stderr)
        return FAILED
    print(f"{ascii(client)[1:-1]} is forgotten")
    return 0


def _connect(config: Config, address: Address) -> http.client.HTTPConnection:
    """Return a connection as the settings have it, which is not opened yet."""
    tls = open_tls(config.tls, serving=False)
    if tls is None:
        return http.client.HTTPConnection(address.host, address.port, timeout=PATIENCE)
    return http.client.HTTPSConnection(address.host, address.port, timeout=PATIENCE, context=tls.trusting)
