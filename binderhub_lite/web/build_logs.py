"""`GET {base_url}api/builds`: recent builds and their whole logs."""

import contextlib
from dataclasses import asdict
from datetime import UTC, datetime

from aiohttp import web

from ..events import BinderError
from ..redaction import holds_secret
from .site import SITE


async def list_builds(request: web.Request) -> web.Response:
    """Recent builds as a JSON list, the newest first; `started` is UTC in ISO 8601.

    Without those whose repository was named with a password: it is in their names, too.
    """
    site = request.app[SITE]
    builds = [
        {
            **asdict(record),
            "started": datetime.fromtimestamp(record.started, UTC).isoformat(),
        }
        for record in await site.builds.records()
        if not holds_secret(record.repo)
    ]
    return web.json_response(builds)


async def log(request: web.Request) -> web.StreamResponse:
    """A build's log as plain text; with `?follow`, to the end of one that waits or runs."""
    site = request.app[SITE]
    wanted = request.query.get("follow", "false").lower() not in ("false", "0")
    follow = wanted and request.method != "HEAD"
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    response = web.StreamResponse(headers=headers)
    log_text = site.builds.log_text(request.match_info["name"], follow=follow)
    async with contextlib.aclosing(log_text) as pieces:
        try:
            first = await anext(pieces, b"")
        except BinderError as error:
            raise web.HTTPNotFound(text=error.message) from None
        await response.prepare(request)
        if request.method != "HEAD":
            await response.write(first)
            async for piece in pieces:
                await response.write(piece)
    return response
