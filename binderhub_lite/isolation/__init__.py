"""Which addresses builds and servers cannot reach: rules of the machine's firewall."""

from .address import Destination
from .network import IsolationSettings, NetworkIsolation

__all__ = ["Destination", "IsolationSettings", "NetworkIsolation"]
