"""Where a request came from, seen through the proxies in front of us."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiohttp import web

from ..networks import Network, first_with, parse_address


@dataclass(frozen=True)
class RequestFacts:
    """Reads the X-Forwarded headers, as far as proxies in `trusted` networks have written them.

    Every proxy adds the address of who asked it to the end of X-Forwarded-For. So the list
    is believed from its end, up to the first address that is no trusted proxy's: the client.
    """

    trusted: Sequence[Network]

    def client_ip(self, request: web.Request) -> str:
        """The client's address, the one that it cannot forge."""
        hops = _hops(request)
        farthest = hops[min(self._trusted_hops(hops), len(hops) - 1)]
        return str(parse_address(farthest) or farthest)

    def network_of_client(
        self, request: web.Request, networks: Iterable[Network]
    ) -> Network | None:
        """The first of the networks that the client is in; None when it is in none."""
        return first_with(parse_address(self.client_ip(request)), networks)

    def origin(self, request: web.Request) -> str:
        """Scheme and host as the client knows us, such as `https://binder.example.org`."""
        schemes = _forwarded(request, "X-Forwarded-Proto")[::-1]
        trusted = self._trusted_hops(_hops(request))
        scheme = request.scheme
        if trusted and schemes:
            scheme = schemes[min(trusted, len(schemes)) - 1]
        return f"{'https' if scheme == 'https' else 'http'}://{self.host(request)}"

    def host(self, request: web.Request) -> str:
        """Host and port as the client knows us."""
        hosts = _forwarded(request, "X-Forwarded-Host")
        if hosts and self._trusted_hops(_hops(request)):
            return hosts[-1]
        return request.host

    def _trusted_hops(self, hops: Sequence[str]) -> int:
        """How many proxies in a row, beginning with who connects to us, are trusted."""
        for count, hop in enumerate(hops):
            if first_with(parse_address(hop), self.trusted) is None:
                return count
        return len(hops)


def _hops(request: web.Request) -> list[str]:
    """Who asked whom, from our peer outwards."""
    return [request.remote or "", *_forwarded(request, "X-Forwarded-For")[::-1]]


def _forwarded(request: web.Request, header: str) -> list[str]:
    lines = ",".join(request.headers.getall(header, []))
    return [value.strip() for value in lines.split(",") if value.strip()]
