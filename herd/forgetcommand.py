"""What `run.py forget CLIENT` does: has the herd forget a client, over HTTP, for a person."""

import http.client
import sys
from urllib.parse import quote

from herd.commands import FAILED
from herd.config import Config

PATIENCE = 10.0  # seconds


def forget(config: Config, client: str, server: str | None) -> int:
    """Ask a server of these settings (None: the first) to forget a client; return the exit status."""
    name = server or next(iter(config.servers))
    address = config.servers[name].http
    connection = http.client.HTTPConnection(address.host, address.port, timeout=PATIENCE)
    path = "/clients/" + quote(client.encode("utf-8", "surrogateescape"), safe="")
    try:
        connection.request("DELETE", path, headers={"Accept": "text/plain"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as problem:
        print(f"{name} at http://{address} cannot be asked: {problem}", file=sys.stderr)
        return FAILED
    finally:
        connection.close()
    if status != http.client.NO_CONTENT:
        why = {404: "the herd does not know this client"}.get(status, f"status {status}")
        print(f"{name} refused: {why}", file=sys.stderr)
        return FAILED
    print(f"{ascii(client)[1:-1]} is forgotten")
    return 0
