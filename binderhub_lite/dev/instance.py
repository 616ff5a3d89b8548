"""An instance whose builds and servers are made up."""

from aiohttp import web

from ..builds.fake import FakeBuilds
from ..instance import Instance
from ..launch import HubClient
from ..launch.fake import FakeHub
from ..web.login import Login
from ..web.pages import render

SERVERS = "fake-server/"
"""Below the base URL: where a user's server would be."""


class DevInstance(Instance):
    """Serves pages, plays scenarios, and shows a page in place of each server."""

    builds_class = FakeBuilds

    def _brings_hub(self) -> bool:
        return False

    def _outside_hub(self) -> HubClient:
        return FakeHub(self._http, self.app.base_url + SERVERS)

    def _login(self) -> Login | None:
        return None

    def _application(self) -> web.Application:
        application = super()._application()
        path = f"{self.app.base_url}{SERVERS}{{user}}/{{path:.*}}"
        application.router.add_get(path, _no_server)
        return application


async def _no_server(request: web.Request) -> web.Response:
    """The page where a launch ends."""
    return render(request, "fake_server.html", opens=request.match_info["path"])
