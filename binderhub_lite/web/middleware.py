"""What every answer goes through: errors become pages (or JSON, for programs)."""

import asyncio
import logging
from http import HTTPStatus

from aiohttp import web

from .pages import render
from .site import Handler

log = logging.getLogger(__name__)


@web.middleware
async def preflight(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a browser that asks first (OPTIONS) whether another site's page may call."""
    if request.method == "OPTIONS":
        return web.Response(status=204)
    return await handler(request)


@web.middleware
async def error_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into pages that say what to do next."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        default_text = f"{error.status}: {error.reason}"
        message = error.text if error.text and error.text != default_text else ""
        return error_page(request, error.status, message)
    except Exception as error:
        if isinstance(error, ConnectionResetError) and _has_left(request):
            raise asyncio.CancelledError from None  # as when aiohttp notices it first
        log.exception("%s %s broke", request.method, request.path)
        return error_page(request, 500)


def _has_left(request: web.Request) -> bool:
    """Whether the client has closed the connection, in the middle of its answer."""
    return request.transport is None or request.transport.is_closing()


def error_page(request: web.Request, status: int, message: str = "") -> web.Response:
    """The page of an error, or JSON; `message` is a sentence that tells more than the status."""
    phrase = HTTPStatus(status).phrase
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response({"status": status, "message": message or phrase}, status=status)
    return render(
        request,
        "error.html",
        status=status,
        status_code=status,
        status_message=phrase,
        message=message,
    )
