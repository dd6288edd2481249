"""Whom an address counts as, where limits are for each: IPv4 by the address, IPv6 by the customer's network."""

from ipaddress import IPv6Address

LOOPBACK = ("127.", "::1", "::ffff:127.")  # a proxy on this machine may speak for everybody


def network_of(address: str) -> str:
    """Return the address, of IPv6 the /64 that one customer has at least."""
    if ":" not in address:
        return address
    whole = IPv6Address(address.partition("%")[0])
    return str(whole.ipv4_mapped or whole.exploded[:19])
