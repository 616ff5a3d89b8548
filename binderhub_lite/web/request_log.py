"""One log line a request, without anybody's secrets."""

import logging
import time

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from ..redaction import redact_query, redact_url
from .site import SITE, Handler

log = logging.getLogger(__name__)

# Asked for all the time, by monitors and by every page.
ROUTINE = ("health", "metrics", "versions", "static/")


@web.middleware
async def log_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log how a request ended: status, method, address, seconds and who asked."""
    started = time.monotonic()
    status: int | str = "left"  # the client closed the connection
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as error:  # a redirect
        status = error.status
        raise
    finally:
        site = request.app[SITE]
        log.log(
            _level(site.path_after(request, ""), status),
            "%s %s %s %.2f s %s",
            status,
            request.method,
            _address(request),
            time.monotonic() - started,
            site.facts.client_ip(request),
        )


class OneLineForBadRequests(logging.Filter):
    """What the HTTP parser refuses is for one line, and not for aiohttp's traceback.

    (An address that is too long, say; it would stand in the traceback, with its secrets.)
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.exc_info = None
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.msg = f"{record.msg}: {type(error).__name__}"
        return True


SERVER_LOG = logging.getLogger(f"{__name__}.server")
"""For aiohttp's server."""
SERVER_LOG.addFilter(OneLineForBadRequests())


def _level(path: str, status: int | str) -> int:
    if isinstance(status, int) and status >= 500:
        return logging.WARNING
    return logging.DEBUG if path.startswith(ROUTINE) else logging.INFO


def _address(request: web.Request) -> str:
    path, query = request.rel_url.raw_path, request.rel_url.raw_query_string
    return redact_url(path) + (f"?{redact_query(query)}" if query else "")
