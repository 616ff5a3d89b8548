"""Builds that build nothing: scripted logs and endings, for work on pages without Docker."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiodocker import Docker
from aiodocker.containers import DockerContainer
from escapism import unescape

from ..conventions import Component, network_name
from ..dockerd import DockerDaemon
from ..events import BinderError, Event
from ..scenarios import pause, scenario_of
from .build import Build
from .manager import Builds
from .queue import BuildQueue
from .shared_log import SharedLog

SECONDS_OF_OTHERS = 2
WHOLE_LOG = 200_000
IMAGE_BYTES = 1_234_567_890


class FakeDaemon(DockerDaemon):
    """A Docker daemon in name only: nothing runs in it, and nothing has to."""

    @classmethod
    def make(cls, namespace: str) -> "FakeDaemon":
        return cls(Docker(url="unix:///nowhere"), "nowhere", namespace)

    async def check(self) -> None:
        pass

    async def has_image(self, name: str) -> bool:
        escaped_slug = name.rpartition(":")[0].rpartition("-")[0]
        return scenario_of(unescape(escaped_slug, escape_char="-")).built_before

    async def image_size(self, name: str) -> int:
        return IMAGE_BYTES

    async def ensure_network(self, addresses: Mapping[str, Any] | None = None) -> str:
        return network_name(self.namespace)

    async def keep_network(self) -> None:
        pass

    async def remove_network(self) -> bool:
        return False

    async def containers(self, component: Component) -> list[DockerContainer]:
        return []


class FakeBuild(Build):
    """Plays the log of its spec's scenario; queued, kept, shared and cancelled as a real one."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._scenario = scenario_of(self.facts.spec)
        # Nobody is to miss a line, however slow their browser is.
        self.log = SharedLog(self._settings.log_tail_lines, kept=WHOLE_LOG)
        if self._scenario.builds_ahead:
            self._queue = BuildQueue(1)

    async def run(self) -> None:
        ahead = [
            asyncio.create_task(self._somebody_elses()) for _ in range(self._scenario.builds_ahead)
        ]
        await asyncio.sleep(0)  # they take their places
        try:
            await super().run()
        finally:
            for build in ahead:
                build.cancel()

    async def _somebody_elses(self) -> None:
        async with self._queue.turn(SharedLog(0)):
            await asyncio.sleep(SECONDS_OF_OTHERS)

    async def _build(self) -> None:
        self.writer = await asyncio.to_thread(self._archive.begin, self.facts.name)
        for step in self._scenario.log():
            if isinstance(step, Event):
                self.log.append(step)
                await self._keep(step)
            else:
                await pause(step)
        if self._scenario.build_fails:
            url, reason = self.facts.repo_url, self._scenario.build_fails
            raise BinderError(f"Building {url} failed: {reason}")


class FakeBuilds(Builds):
    """Builds whose containers are made up."""

    build_class = FakeBuild
