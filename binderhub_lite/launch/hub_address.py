"""Where our own hub listens, and how servers in containers reach it.

Servers need the hub only where people log in through it. Then it listens on the address that
this machine has on the servers' own network: containers reach it there, other machines do not.
"""

import socket
from dataclasses import dataclass

VIRTUAL_MACHINE_HOST = "host.docker.internal"


@dataclass(frozen=True)
class HubAddress:
    """`ip` is what the hub listens on; `servers_host` is the name by which containers reach it.

    It is empty where they have nothing to ask of the hub.
    """

    ip: str = "127.0.0.1"
    servers_host: str = ""

    @classmethod
    def for_servers_at(cls, gateway: str) -> "HubAddress":
        """The address for servers whose network has this gateway.

        Where the gateway is not this machine's, Docker runs in a virtual machine (as on macOS)
        and leads its own name for the host to the host's loopback.
        """
        if gateway and _is_ours(gateway):
            return cls(gateway, gateway)
        return cls(servers_host=VIRTUAL_MACHINE_HOST)

    @property
    def extra_hosts(self) -> dict[str, str]:
        """Names that containers must be told of, in the form of Docker's API."""
        if self.servers_host != VIRTUAL_MACHINE_HOST:
            return {}
        return {VIRTUAL_MACHINE_HOST: "host-gateway"}

    def url_for_servers(self, port: int) -> str:
        """The hub's URL for containers; empty where they are not to reach it."""
        return f"http://{self.servers_host}:{port}" if self.servers_host else ""


def _is_ours(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
