"""The servers of a herd: [servers.NAME] of herd.toml, checked by themselves and against each other."""

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv6Address

from herd.settings import Table, shown, text, texts

# Words of the command line: `run.py NAME` must never mean two things. Some are kept for later.
COMMANDS = (
    *("herd", "test", "setup", "iamat", "whatsat", "replay"),
    *("bench", "simulate", "sabotage", "chaos", "fuzz", "compare", "places", "forget", "help"),
)
NAME_BYTES = 64  # PROTOCOL.md: a server's name travels in every AT line
NAME = (
    f"a name of 1 to {NAME_BYTES} bytes without white space, control characters and slashes, "
    'not starting with "-" or "."'
)

_ADDRESS = re.compile(r"(?:\[([^\[\]\s]+)\]|([^\[\]\s:/@]+)):([0-9]{1,5})", re.ASCII)

# The system's own links; each edge is named once.
LINKS = {
    "Goloman": ["Hands", "Holiday", "Wilkes"],
    "Hands": ["Wilkes"],
    "Holiday": ["Welsh", "Wilkes"],
    "Welsh": [],
    "Wilkes": [],
}
BUILT_IN: dict[str, object] = {
    name: {"tcp": f"127.0.0.1:{12101 + i}", "http": f"127.0.0.1:{8101 + i}", "peers": peers}
    for i, (name, peers) in enumerate(LINKS.items())
}


@dataclass(frozen=True, slots=True)
class Address:
    """A host, by name or number, and a port of 0 to 65535 (0: any free one)."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read "127.0.0.1:12101", "localhost:1" or "[::1]:12101"; anything else is a ValueError."""
        match = _ADDRESS.fullmatch(text)
        if match is None or not match[0].isprintable():
            raise ValueError("expected host:port")
        port = int(match[3])
        if port > 65535:
            raise ValueError("expected a port up to 65535")
        if match[1]:
            IPv6Address(match[1])  # raises a ValueError of its own
        host = match[1] or match[2]
        host.encode("idna")  # a name that cannot be looked up is a UnicodeError, a ValueError too
        return cls(host, port)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Server:
    """One server: where it listens, and all its neighbours (edges both ways, sorted)."""

    name: str
    tcp: Address
    http: Address
    peers: tuple[str, ...]


def read_servers(table: Table) -> dict[str, Server]:
    """Read [servers.NAME]: first every table by itself, then what they say of each other."""
    names = table.names()
    if not names:
        raise table.error(None, "expected at least one server, found none")
    found = {name: _server(name, table) for name in names}
    _check_names(table, names)
    _check_addresses(table, found)
    links: dict[str, set[str]] = {name: set() for name in names}
    for name, server in found.items():
        for peer in server.peers:
            if peer == name or peer not in found:
                others = ", ".join(sorted(found.keys() - {name})) or "no other server there is"
                raise table.error(f"{name}.peers", f"expected names among {shown(others)}, found {peer!a}")
            links[name].add(peer)
            links[peer].add(name)
    return {name: Server(name, s.tcp, s.http, tuple(sorted(links[name]))) for name, s in found.items()}


def _server(name: str, servers: Table) -> Server:
    table = servers.table(name)
    server = Server(
        name,
        tcp=table.need("tcp", _address, 'an address "host:port"'),
        http=table.need("http", _address, 'an address "host:port"'),
        peers=table.take("peers", texts, "a list of names") or (),
    )
    table.finish()
    return server


def _address(value: object) -> Address:
    return Address.parse(text(value))


def _check_names(table: Table, names: list[str]) -> None:
    # Names become file names, and some file systems do not know upper from lower case.
    folded: dict[str, str] = {}
    for name in names:
        control = any(unicodedata.category(letter) == "Cc" for letter in name)
        size = len(name.encode())
        if control or not 1 <= size <= NAME_BYTES or set(name) & set(" /\\") or name[0] in "-.":
            raise table.error(name, f"expected {NAME}")
        if name in COMMANDS:
            raise table.error(name, f"expected a name that is no command of run.py ({', '.join(COMMANDS)})")
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            raise table.error(name, f"expected names that differ by more than case, found {shown(other)} too")


def _check_addresses(table: Table, servers: dict[str, Server]) -> None:
    taken: dict[tuple[str, int], str] = {}
    for name, server in servers.items():
        for key, address in (("tcp", server.tcp), ("http", server.http)):
            other = taken.setdefault((address.host.casefold(), address.port), f"{name}.{key}")
            if address.port and other != f"{name}.{key}":
                raise table.error(
                    f"{name}.{key}", f"expected an address of its own, found {address} of {shown(other)} too"
                )
