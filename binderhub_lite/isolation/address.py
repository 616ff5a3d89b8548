"""Addresses that the configuration opens or closes."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

PORTS = (None, *range(1, 2**16))
WITH_PORT = re.compile(r"(?P<v4>[^:\[\]]+):(?P<port>\d+)|\[(?P<v6>[^\]]+)\](:(?P<port6>\d+))?")


@dataclass(frozen=True)
class Destination:
    """An address or a network, and perhaps one TCP port of it."""

    network: IPv4Network | IPv6Network
    port: int | None = None

    @classmethod
    def at(cls, address: str, port: int) -> "Destination":
        return cls(ip_network(address), port)

    @classmethod
    def parse(cls, text: str) -> "Destination":
        """From `192.0.2.7`, `192.0.2.0/24`, `192.0.2.7:9418`, `fd00::7` or `[fd00::7]:9418`.

        Raises ValueError, with a sentence for people.
        """
        match = WITH_PORT.fullmatch(text)
        parts = match.groupdict() if match else {}
        address = parts.get("v4") or parts.get("v6") or text
        port = parts.get("port") or parts.get("port6")
        try:
            destination = cls(ip_network(address), int(port) if port else None)
        except ValueError:
            destination = None
        if destination is None or destination.port not in PORTS:
            raise ValueError(
                f"{text!r} is no address: write it like 192.0.2.7, 192.0.2.0/24, "
                "192.0.2.7:9418 or [fd00::7]:9418 (numbers, no names)."
            )
        return destination
