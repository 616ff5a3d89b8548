"""Docker's default bridge: this machine's address on it."""

import socket

import psutil


def bridge_address() -> str:
    """Where tests listen for servers and build containers, which reach this address alike."""
    addresses = psutil.net_if_addrs()["docker0"]
    return next(entry.address for entry in addresses if entry.family == socket.AF_INET)
