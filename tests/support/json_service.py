"""A local web API: JSON by path, as a service of the internet would give it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from .web_service import WebService, web_service


@dataclass
class JsonService:
    """`answers` by path and query, as they are asked for; a string is where to be redirected.

    Any other path is answered with `missing`. `broken` is an answer that is given to everything.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    missing: Any = None
    broken: tuple[int, str, dict[str, str]] | None = None
    """Status, body, headers."""
    served: WebService = field(default_factory=WebService)

    @property
    def url(self) -> str:
        return self.served.url

    @property
    def paths(self) -> list[str]:
        return self.served.paths

    async def answer(self, request: web.Request) -> web.Response:
        if self.broken is not None:
            status, body, headers = self.broken
            return web.Response(status=status, text=body, headers=headers)
        found = self.answers.get(request.raw_path)
        if found is None:
            return web.json_response(self.missing, status=404)
        if isinstance(found, str):
            return web.Response(status=302, headers={"Location": found})
        return web.json_response(found)


@asynccontextmanager
async def json_service() -> AsyncIterator[JsonService]:
    service = JsonService()
    async with web_service(service.answer) as service.served:
        yield service
