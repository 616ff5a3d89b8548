"""Where a request came from, seen through the proxy in front of us."""

from ipaddress import ip_address

from aiohttp import web


def _forwarded(request: web.Request, header: str) -> list[str]:
    """The values of an X-Forwarded header, if whoever connects to us may say so: this machine."""
    peer = request.remote or ""
    try:
        trusted = ip_address(peer).is_loopback
    except ValueError:
        trusted = False
    values = request.headers.get(header, "") if trusted else ""
    return [value.strip() for value in values.split(",") if value.strip()]


def origin(request: web.Request) -> str:
    """Scheme and host under which the client reached us, such as `https://binder.example.org`."""
    scheme = (_forwarded(request, "X-Forwarded-Proto") or [request.scheme])[0]
    return f"{'https' if scheme == 'https' else 'http'}://{request.host}"


def client_ip(request: web.Request) -> str:
    """The client's address: the last one that the proxy on this machine has seen."""
    address = (_forwarded(request, "X-Forwarded-For") or [request.remote or ""])[-1]
    return address.removeprefix("::ffff:")  # IPv4, as a socket for both kinds reports it
