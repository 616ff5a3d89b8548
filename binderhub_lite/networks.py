"""Networks in CIDR notation, as options name them."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

WITH_PORT = re.compile(r"(?P<v4>[\d.]+):\d+|\[(?P<v6>[^\]]+)\](:\d+)?")


def parse_network(text: str) -> Network:
    """`192.0.2.0/24`, `2001:db8::/32` or one address. Raises ValueError with a sentence."""
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(f"{error}: write a network as 192.0.2.0/24 or 2001:db8::/32.") from None


def parse_address(text: str) -> Address | None:
    """An address; IPv4 also where a socket for both kinds reports it. None for anything else.

    Some proxies write the port behind it: `192.0.2.7:5012`, `[2001:db8::7]:5012`.
    """
    host = text.strip()
    with_port = WITH_PORT.fullmatch(host)
    try:
        address = ip_address(with_port["v4"] or with_port["v6"] if with_port else host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_loopback(host: str) -> bool:
    """Whether the name or address is a machine's own word for itself."""
    address = parse_address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def first_with(address: Address | None, networks: Iterable[Network]) -> Network | None:
    """The first of the networks that the address lies in."""
    if address is None:
        return None
    return next((network for network in networks if address in network), None)
