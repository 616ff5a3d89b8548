"""A local server that answers as JupyterHub's REST API does, and breaks when it is told to.

Only for what a real hub cannot be made to do: tests/e2e has the real one.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

TOKEN = "the-token-of-the-hub"
CUT = {"cut": True}
HANG = {"hang": True}


@dataclass
class HubApi:
    """`breaks` are the statuses of the next answers, by call, such as "create"."""

    breaks: dict[str, list[int]] = field(default_factory=dict)
    breaks_too_late: bool = False
    """Whether what breaks was done all the same: the answer got lost on the way."""
    progress: list[dict[str, Any]] = field(default_factory=list)
    """What a starting server reports; CUT breaks the connection, HANG says nothing more."""
    users: set[str] = field(default_factory=set)
    servers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The user options of the servers that were started, by user."""
    calls: list[str] = field(default_factory=list)
    left_alone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when nobody waits any more for what HANG keeps back."""
    url: str = ""

    def routes(self) -> list[web.RouteDef]:
        user = "/hub/api/users/{user}"
        return [
            web.get("/hub/api", self._info),
            web.post(user, self._create),
            web.delete(user, self._delete),
            web.post(user + "/servers/", self._start),
            web.get(user + "/servers//progress", self._progress),
        ]

    def _begin(self, call: str, request: web.Request) -> int | None:
        """Note the call; returns the status with which it breaks."""
        self.calls.append(call)
        if request.headers.get("Authorization") != f"token {TOKEN}":
            return 403
        return self.breaks[call].pop(0) if self.breaks.get(call) else None

    async def _info(self, request: web.Request) -> web.Response:
        broken = self._begin("info", request)
        return _error(broken) if broken else web.json_response({"version": "5.0"})

    async def _create(self, request: web.Request) -> web.Response:
        broken, user = self._begin("create", request), request.match_info["user"]
        if broken and not self.breaks_too_late:
            return _error(broken)
        if user in self.users:
            return _error(409, f"User {user} already exists")
        self.users.add(user)
        return _error(broken) if broken else web.json_response({"name": user}, status=201)

    async def _delete(self, request: web.Request) -> web.Response:
        broken, user = self._begin("delete", request), request.match_info["user"]
        if broken:
            return _error(broken)
        if user not in self.users:
            return _error(404)
        self.users.remove(user)
        self.servers.pop(user, None)
        return web.Response(status=204)

    async def _start(self, request: web.Request) -> web.Response:
        broken, user = self._begin("start", request), request.match_info["user"]
        if broken and not self.breaks_too_late:
            return _error(broken)
        if user in self.servers:
            return _error(400, f"{user} is already running")
        self.servers[user] = await request.json()
        return _error(broken) if broken else web.Response(status=202)

    async def _progress(self, request: web.Request) -> web.StreamResponse:
        broken = self._begin("progress", request)
        if broken:
            return _error(broken)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in self.progress:
            if event == HANG:
                await self._until_left_alone()
            if event == CUT and request.transport is not None:
                request.transport.abort()
                return response
            await response.write(f"data: {json.dumps(event)}\n\n".encode())
        return response

    async def _until_left_alone(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.left_alone.set()


def _error(status: int, message: str = "the hub says no") -> web.Response:
    return web.json_response({"status": status, "message": message}, status=status)


@asynccontextmanager
async def hub_api() -> AsyncIterator[HubApi]:
    hub = HubApi()
    app = web.Application()
    app.add_routes(hub.routes())
    async with TestServer(app, handler_cancellation=True) as server:
        hub.url = str(server.make_url("/"))
        yield hub
