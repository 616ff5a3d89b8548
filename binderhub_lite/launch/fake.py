"""A hub that starts nothing, for work on pages."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from aiohttp import ClientSession

from ..scenarios import pause, scenario_of
from .hub_client import HubClient


class FakeHub(HubClient):
    """Answers as a hub would that starts the servers of scenarios, at `{servers}{user}/`."""

    def __init__(self, http: ClientSession, servers: str) -> None:
        super().__init__(http, "http://nowhere", "")
        self._servers = servers
        self._asked: dict[tuple[str, str], str] = {}

    async def check(self) -> None:
        pass

    async def is_administrator(self, token: str) -> bool:
        return False

    async def create_user(self, name: str) -> None:
        pass

    async def delete_user(self, name: str) -> None:
        pass

    async def stop_server(self, user: str, server: str) -> None:
        self._asked.pop((user, server), None)

    async def start_server(
        self, user: str, server: str, options: Mapping[str, Any], *, again: bool = False
    ) -> None:
        self._asked[user, server] = options["binder_request"]

    async def progress(self, user: str, server: str) -> AsyncGenerator[dict[str, Any]]:
        scenario = scenario_of(self._asked.pop((user, server)))
        for step in scenario.launch:
            if isinstance(step, str):
                yield {"message": step}
            else:
                await pause(step)
        if scenario.launch_fails:
            yield {"failed": True, "message": scenario.launch_fails}
        else:
            yield {"ready": True, "url": f"{self._servers}{user}/", "message": "Server is ready"}
