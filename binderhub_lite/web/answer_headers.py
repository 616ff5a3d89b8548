"""Headers that every answer gets."""

from aiohttp import web

from .site import SITE

COMPRESSIBLE = ("text/html", "text/css", "text/javascript", "application/json", "image/svg+xml")


async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Let other sites call where they may; add the configured headers; compress pages."""
    site = request.app[SITE]
    if site.cors_allow_origin:
        # /versions says by itself that everyone may.
        response.headers.setdefault("Access-Control-Allow-Origin", site.cors_allow_origin)
        response.headers.setdefault("Access-Control-Allow-Headers", "cache-control")
    response.headers.update(site.headers)
    if site.compress and response.content_type in COMPRESSIBLE:
        response.enable_compression()
