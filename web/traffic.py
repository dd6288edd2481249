"""What passes over HTTP, in the server's traffic log."""

from aiohttp import web

from web.keys import SERVER


def label(request: web.Request) -> str:
    """Return the log's name of the connection a request came by: the address and port of its other end."""
    return label_of(request.transport.get_extra_info("peername") if request.transport else None)


def label_of(peer: tuple[str, int] | None) -> str:
    """Return the same for an address and port, of IPv6 with more behind them; None: the other end is gone."""
    if not peer:
        return "-"
    host, port = peer[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def log_exchange(request: web.Request, asked: bytes, answered: bytes) -> None:
    """Log what was asked and what was answered: whole lines, the last newline left out."""
    lines, name = request.app[SERVER].node.traffic.lines, label(request)
    lines(name, "<", asked + b"\n")
    lines(name, ">", answered + b"\n")
