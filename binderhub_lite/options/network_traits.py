"""Options that hold networks, written in CIDR notation."""

from ipaddress import IPv4Network, IPv6Network
from typing import Any

from traitlets import TraitError, TraitType

from ..networks import Network, parse_network


class CIDR(TraitType[Network, Network | str]):
    """A network such as `192.0.2.0/24`, or one address."""

    info_text = "a network such as 192.0.2.0/24"

    def validate(self, obj: Any, value: Any) -> Network:
        if isinstance(value, (IPv4Network, IPv6Network)):
            return value
        try:
            return parse_network(str(value))
        except ValueError as error:
            raise TraitError(str(error)) from None
