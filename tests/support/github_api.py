"""A local server that answers as GitHub's REST API does ("get a commit")."""

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

COMMIT_PATH = re.compile(r"/repos/(?P<repo>[^/]+/[^/]+)/commits/(?P<ref>.+)")


@dataclass
class GitHubApi:
    """`commits` is what there is, by `user/repo/ref`; `broken` a status that is always given."""

    commits: dict[str, str] = field(default_factory=dict)
    broken: int | None = None
    gists: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What there is of gists, by id, or by id and revision."""
    remaining: int = 60
    """How many requests it still answers; each one that is no 304 costs one."""
    resets_in: float = 1800
    url: str = ""
    requests: list[web.BaseRequest] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared, it keeps who asks waiting."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        self.asked.set()
        await self.answering.wait()
        if self.broken:
            return _refuse("Something is wrong", self.broken)
        if self.remaining <= 0:
            return self._limited(_refuse("API rate limit exceeded", 403))
        answer = self._find(request)
        tag = f'W/"{hashlib.sha256(answer.body).hexdigest()}"'
        if answer.status == 200 and request.headers.get("If-None-Match") == tag:
            answer = web.Response(status=304)
        else:
            self.remaining -= 1
        if answer.status in (200, 304):
            answer.headers["ETag"] = tag
        return self._limited(answer)

    def _limited(self, answer: web.Response) -> web.Response:
        reset = str(int(time.time() + self.resets_in))
        limits = {"Limit": "60", "Remaining": str(self.remaining), "Reset": reset}
        answer.headers.update({f"X-RateLimit-{name}": value for name, value in limits.items()})
        return answer

    def _find(self, request: web.Request) -> web.Response:
        gist = self.gists.get(request.path.removeprefix("/gists/"))
        if gist is not None:
            return web.json_response(gist)
        path = COMMIT_PATH.fullmatch(request.path)
        if path is None or not any(known.startswith(f"{path['repo']}/") for known in self.commits):
            return _refuse("Not Found", 404)
        sha = self.commits.get(f"{path['repo']}/{path['ref']}")
        if sha is None:
            return _refuse(f"No commit found for SHA: {path['ref']}", 422)
        return web.json_response({"sha": sha, "commit": {"message": "x"}, "parents": []})


def _refuse(message: str, status: int) -> web.Response:
    url = "https://docs.github.com/rest/commits/commits#get-a-commit"
    return web.json_response({"message": message, "documentation_url": url}, status=status)


@asynccontextmanager
async def github_api() -> AsyncIterator[GitHubApi]:
    api = GitHubApi()
    api.answering.set()
    app = web.Application()
    app.router.add_get("/{path:.*}", api.answer)
    async with TestServer(app) as server:
        api.url = str(server.make_url("/"))
        yield api
        api.answering.set()
