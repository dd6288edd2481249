"""Whether a server would stand open to more than this machine without having been told to."""

from ipaddress import IPv6Address, ip_address

from herd.config import Config
from herd.sections.access import MAKE_ONE


def why_exposed(config: Config, name: str) -> str | None:
    """Return a line about what a server lacks to listen beyond loopback, and how to mend that; None if nothing."""
    if config.access.open:
        return None
    server = config.servers[name]
    doors = {"tcp": server.tcp, "http": server.http}
    exposed = [f"{door} {address}" for door, address in doors.items() if not is_loopback(address.host)]
    lacking = []
    if not config.access.write:
        lacking.append('[access] write = "..."')
    if not config.secret and server.peers:
        lacking.append('secret = "..."')
    if not exposed or not lacking:
        return None
    return (
        f"servers.{name}: other machines reach {' and '.join(exposed)}, and anybody there could read and report: "
        f"set {' and '.join(lacking)} (`{MAKE_ONE}` makes one), or [access] open = true if that is meant"
    )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address. Of names that is known of localhost only."""
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback
