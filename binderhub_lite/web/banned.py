"""Networks that may not use this server (`c.BinderHub.ban_networks`)."""

import logging

from aiohttp import web

from .site import SITE, Handler

log = logging.getLogger(__name__)

# What monitors ask, and the stream, whose refusal is an event.
OPEN = ("health", "versions")


def banned_network(request: web.Request) -> str | None:
    """The label of the banned network that the client is in; None when it is in none."""
    site = request.app[SITE]
    network = site.facts.network_of_client(request, site.ban_networks)
    return None if network is None else site.ban_networks[network]


def refusal(label: str) -> str:
    return f"Requests from this network ({label}) are not answered here."


@web.middleware
async def ban_networks(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 403 to whoever comes from a banned network."""
    site = request.app[SITE]
    path = site.path_after(request, "")
    streams = request.method in ("GET", "HEAD") and path.startswith("build/")
    if path not in OPEN and not streams:
        label = banned_network(request)
        if label is not None:
            log.warning("Refused %s of the banned network %s", request.remote, label)
            raise web.HTTPForbidden(text=refusal(label))
    return await handler(request)
