"""An instance whose builds and servers are made up, and whose pages show what is saved."""

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web

from ..builds.fake import FakeBuilds
from ..instance import Instance
from ..launch import HubClient
from ..launch.fake import FakeHub
from ..web.login import Login
from ..web.middleware import error_page
from ..web.pages import ASSETS, EXTRA_ASSETS, render
from ..web.site import SITE
from .reload import OpenPages, Reloader, script_adder

SERVERS = "fake-server/"
"""Below the base URL: where a user's server would be."""
ERRORS = "400|403|429|500|503"
"""Those that have words of their own, and do not come by a wrong address alone."""


class DevInstance(Instance):
    """Serves pages, plays scenarios, and shows a page in place of each server."""

    builds_class = FakeBuilds

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._pages = OpenPages()

    def _brings_hub(self) -> bool:
        return False

    def _outside_hub(self) -> HubClient:
        return FakeHub(self._http, self.app.base_url + SERVERS)

    def _login(self) -> Login | None:
        return None

    def _application(self) -> web.Application:
        application = super()._application()
        base_url = self.app.base_url
        application.router.add_get(f"{base_url}{SERVERS}{{user}}/{{path:.*}}", _no_server)
        application.router.add_get(f"{base_url}dev/changes", self._pages.stream)
        application.router.add_get(f"{base_url}dev/error/{{status:{ERRORS}}}", _error)
        application.middlewares.insert(0, script_adder(application[ASSETS]))
        self._reloader = _reloader(self._pages, application)
        return application

    async def start(self) -> None:
        await super().start()
        self._housekeeping.append(asyncio.create_task(self._reloader.run()))

    async def stop(self) -> None:
        self._pages.close()
        await super().stop()


def _reloader(pages: OpenPages, application: web.Application) -> Reloader:
    site = application[SITE]
    extra = site.pages.extra_static_path
    return Reloader(
        pages,
        templates=[site.templates, *map(Path, site.pages.template_path)],
        static=site.static,
        assets=application[ASSETS],
        extra_static=Path(extra) if extra else None,
        extra_assets=application[EXTRA_ASSETS],
    )


async def _error(request: web.Request) -> web.Response:
    """The page of an error that is not easily had."""
    return error_page(request, int(request.match_info["status"]))


async def _no_server(request: web.Request) -> web.Response:
    """The page where a launch ends."""
    return render(request, "fake_server.html", opens=request.match_info["path"])
