"""A local web server that stands for a service of the internet, and notes who asked for what."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class WebService:
    """A service at `url`, which has no slash at its end."""

    url: str = ""
    requests: list[web.BaseRequest] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared, it keeps who asks waiting."""

    @property
    def paths(self) -> list[str]:
        """What was asked for, with query and percent-encoding, in order."""
        return [request.raw_path for request in self.requests]


@asynccontextmanager
async def web_service(answer: Answer, host: str = "127.0.0.1") -> AsyncIterator[WebService]:
    """Serve every path with `answer`."""
    service = WebService()
    service.answering.set()

    async def note(request: web.Request) -> web.StreamResponse:
        service.requests.append(request)
        await service.answering.wait()
        return await answer(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", note)
    async with TestServer(app, host=host) as server:
        service.url = str(server.make_url("")).rstrip("/")
        yield service
        service.answering.set()
