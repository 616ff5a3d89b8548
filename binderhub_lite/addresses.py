"""The machine's own addresses, as people in the same room can use them."""

import socket
from ipaddress import ip_address

import psutil

VIRTUAL = ("docker", "br-", "binder-", "veth", "virbr", "lo")


def own_addresses() -> list[str]:
    """IPv4 addresses of the interfaces that are up and lead out of the machine."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    return [
        address.address
        for name, addresses in psutil.net_if_addrs().items()
        if name in up and not name.startswith(VIRTUAL)
        for address in addresses
        if address.family == socket.AF_INET and not ip_address(address.address).is_loopback
    ]
