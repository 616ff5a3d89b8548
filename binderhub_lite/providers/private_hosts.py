"""Which addresses a spec may make this server connect to: the internet's, unless allowed."""

import asyncio
import ipaddress
import socket
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..events import BinderError
from ..networks import Address, Network, first_with

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
# What Python 3.11 takes for the internet's, and is not.
NOT_PUBLIC: tuple[Network, ...] = (
    ipaddress.IPv4Network("168.63.129.16/32"),  # Azure's own service, seen from its machines
    ipaddress.IPv4Network("192.0.0.0/24"),  # RFC 6890; Oracle's metadata, for one
    ipaddress.IPv6Network("::/96"),  # IPv4 addresses as IPv6 once wrote them: RFC 4291
    ipaddress.IPv6Network("64:ff9b:1::/48"),  # a network's own NAT64: RFC 8215
    ipaddress.IPv6Network("fec0::/10"),  # site-local: RFC 3879
)
EVERYTHING: tuple[Network, ...] = (
    ipaddress.IPv4Network("0.0.0.0/0"),
    ipaddress.IPv6Network("::/0"),
)


class PrivateAddress(OSError):
    """A connection was refused because of where it leads."""

    def __init__(self) -> None:
        super().__init__("this address is no public one")


@dataclass(frozen=True)
class PrivateHosts:
    """The hosts that may be reached although their addresses are no public ones."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = field(default=())

    @classmethod
    def of(cls, allowed: bool | Iterable[str], own_urls: Iterable[str] = ()) -> "PrivateHosts":
        """From the option `allow_private_hosts` and the URLs of the configuration itself.

        What the configuration names was chosen by whoever runs this server, not by a spec.
        Raises ValueError for an entry that is neither a host's name nor a network.
        """
        names = {urlsplit(url).hostname or "" for url in own_urls}
        if isinstance(allowed, bool):
            return cls(frozenset(names), EVERYTHING if allowed else ())
        networks: list[Network] = []
        for entry in allowed:
            network = _network(entry)
            if network is None:
                names.add(entry.lower())
            else:
                networks.append(network)
        return cls(frozenset(names), tuple(networks))

    def including(self, own_urls: Iterable[str]) -> "PrivateHosts":
        """The same, and the hosts of more URLs."""
        more = {urlsplit(url).hostname or "" for url in own_urls}
        return PrivateHosts(self.names | more, self.networks)

    def reached_by(self, host: str) -> tuple[Network, ...]:
        """The networks, beside the public ones, that a connection to `host` may end in."""
        return EVERYTHING if host.lower() in self.names else self.networks

    async def check(self, scheme: str, host: str) -> Sequence[str]:
        """The addresses of `host`, each of which may be reached; none where a proxy knows them.

        Raises BinderError (403) when one may not be; (404) when the host has none.
        """
        networks, proxy = self.reached_by(host), proxy_for(scheme, host)
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            if proxy is not None:
                return []
            raise BinderError(f"There is no host {host!r}: check the address.", 404) from error
        addresses = [str(sockaddr[0]) for *_, sockaddr in found]
        if not all(is_reachable(address, networks) for address in addresses):
            raise refusal(host)
        return list(dict.fromkeys(addresses)) if proxy is None else []


NO_PRIVATE_HOSTS = PrivateHosts()


def proxy_for(scheme: str, host: str) -> str | None:
    """The proxy that connects for us, as the environment names it (`https_proxy` and the like)."""
    return None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get(scheme)


def refusal(host: str) -> BinderError:
    """What people are told of a host that may not be reached."""
    return BinderError(
        f"{host!r} is in a private network, and this server does not go there: "
        "whoever runs it can allow that with c.RepoProvider.allow_private_hosts.",
        403,
    )


def is_reachable(address: str, networks: Iterable[Network] = ()) -> bool:
    """Whether an address is the internet's, or in one of `networks`."""
    meant = _meant(ipaddress.ip_address(address))
    public = meant.is_global and not meant.is_multicast and not first_with(meant, NOT_PUBLIC)
    return public or first_with(meant, networks) is not None


def open_socket(addr_info: Sequence[Any], networks: Iterable[Network] = ()) -> socket.socket:
    """A socket for one address; raises PrivateAddress where it may not be connected to."""
    family, kind, protocol, _, sockaddr = addr_info
    if not is_reachable(str(sockaddr[0]), networks):
        raise PrivateAddress
    return socket.socket(family, kind, protocol)


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 address may stand for."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _network(entry: str) -> Network | None:
    """An address or a network in CIDR notation; None for what is a host's name."""
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        if "/" in entry or not entry:
            raise ValueError(f"{entry!r} is neither a host's name nor a network") from None
        return None
