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
    busy: int = 0
    """How often starting a server is put off (429), by no time at all."""
    breaks_too_late: bool = False
    """Whether what breaks was done all the same: the answer got lost on the way."""
    progress: list[dict[str, Any]] = field(default_factory=list)
    """What a starting server reports; CUT breaks the connection, HANG says nothing more."""
    users: set[str] = field(default_factory=set)
    servers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The user options of the servers that were started, by user."""
    starting: set[str] = field(default_factory=set)
    """Users whose server is not ready yet: the hub cannot delete them."""
    named: dict[str, list[str]] = field(default_factory=dict)
    """The names of the named servers that were started, by user."""
    dead: set[str] = field(default_factory=set)
    """Users whose server has died, of which a hub learns when it is asked to start it."""
    calls: list[str] = field(default_factory=list)
    left_alone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when nobody waits any more for what HANG keeps back."""
    url: str = ""

    def routes(self) -> list[web.RouteDef]:
        user = "/hub/api/users/{user}"
        return [
            web.get("/hub/api", self._info),
            web.get("/hub/api/user", self._holder),
            web.get(user, self._user),
            web.post(user, self._create),
            web.delete(user, self._delete),
            web.post(user + "/servers/{server:[^/]*}", self._start),
            web.delete(user + "/servers/", self._stop),
            web.get(user + "/servers/{server:[^/]*}/progress", self._progress),
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

    async def _holder(self, request: web.Request) -> web.Response:
        broken = self._begin("holder", request)
        if broken:
            return _error(broken)
        scopes = ["access:services"]
        return web.json_response({"kind": "user", "name": "ada", "scopes": scopes})

    async def _user(self, request: web.Request) -> web.Response:
        broken, user = self._begin("user", request), request.match_info["user"]
        if user not in {*self.users, *self.named} and not broken:
            return _error(404)
        ready = user not in self.starting
        servers = {name: {"ready": ready} for name in self.named.get(user, [])}
        if user in self.servers and user not in self.named:
            servers[""] = {"ready": ready}
        return _error(broken) if broken else web.json_response({"name": user, "servers": servers})

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
        if user in self.starting:
            return _error(500, "a server that starts cannot be deleted")
        self.users.remove(user)
        self.servers.pop(user, None)
        return web.Response(status=204)

    async def _start(self, request: web.Request) -> web.Response:
        broken, user = self._begin("start", request), request.match_info["user"]
        if self.busy:
            self.busy -= 1
            return _error(429, "Too many users.", {"Retry-After": "0"})
        if broken and not self.breaks_too_late:
            return _error(broken)
        if request.match_info["server"]:
            self.named.setdefault(user, []).append(request.match_info["server"])
        elif user in self.servers and user not in self.dead:
            return _error(400, f"{user} is already running")
        self.dead.discard(user)
        self.servers[user] = await request.json()
        self.starting.add(user)
        return _error(broken) if broken else web.Response(status=202)

    async def _stop(self, request: web.Request) -> web.Response:
        broken, user = self._begin("stop", request), request.match_info["user"]
        if broken:
            return _error(broken)
        if user not in self.users:
            return _error(404)
        self.servers.pop(user, None)
        self.starting.discard(user)
        return web.Response(status=204)

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
            if event.get("ready") or event.get("failed"):
                self.starting.discard(request.match_info["user"])
            await response.write(f"data: {json.dumps(event)}\n\n".encode())
        return response

    async def _until_left_alone(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.left_alone.set()


def _error(
    status: int, message: str = "the hub says no", headers: dict[str, str] | None = None
) -> web.Response:
    body = {"status": status, "message": message}
    return web.json_response(body, status=status, headers=headers)


@asynccontextmanager
async def hub_api() -> AsyncIterator[HubApi]:
    hub = HubApi()
    app = web.Application()
    app.add_routes(hub.routes())
    async with TestServer(app, handler_cancellation=True) as server:
        hub.url = str(server.make_url("/"))
        yield hub
