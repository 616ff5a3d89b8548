"""What every answer gets: headers, and compression where that is asked for."""

from aiohttp import web

from .site import SITE, Handler

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
COMPRESSIBLE = ("text/html", "text/css", "text/javascript", "application/json", "image/svg+xml")


async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Let other sites call where they may; add the configured headers."""
    site = request.app[SITE]
    # /versions says by itself that everyone may.
    origin = response.headers.get(ALLOW_ORIGIN, site.cors_allow_origin)
    # Without conditions: the origin may also be among the configured headers.
    response.headers.setdefault("Access-Control-Allow-Headers", "cache-control")
    response.headers.update(site.headers)
    if origin:
        response.headers[ALLOW_ORIGIN] = origin


@web.middleware
async def compress_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Compress text that is not compressed yet, for clients that take it."""
    response = await handler(request)
    encoded = response.prepared or "Content-Encoding" in response.headers
    if request.app[SITE].compress and not encoded and response.content_type in COMPRESSIBLE:
        response.enable_compression()
    return response
