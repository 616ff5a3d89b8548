"""All builds of this process: one per image, however many ask for it."""

import asyncio
from collections.abc import AsyncGenerator

from aiodocker.exceptions import DockerError

from ..dockerd import Component, DockerDaemon
from ..events import Event, Phase
from ..providers import Repo
from .build import Build
from .names import image_name
from .settings import BuildSettings


class Builds:
    """Finds images and builds the missing ones."""

    def __init__(self, daemon: DockerDaemon, settings: BuildSettings) -> None:
        self._daemon = daemon
        self._settings = settings
        self._running: dict[str, Build] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def build_image(self) -> str:
        return self._settings.build_image

    @property
    def in_progress(self) -> int:
        """How many builds run now."""
        return len(self._running)

    def image_of(self, repo: Repo) -> str:
        return image_name(self._settings.image_prefix, repo.slug, repo.url, repo.ref)

    async def has_image(self, image: str) -> bool:
        """Whether the image is there; raises DockerUnavailable when nobody can tell."""
        try:
            return await self._daemon.has_image(image)
        except DockerError as error:
            raise self._daemon.explain(error) from error

    async def build(self, repo: Repo) -> AsyncGenerator[list[Event]]:
        """Build the image of `repo`, or join the build of it that runs; yield its log in batches.

        Returns when the image is there; raises BinderError when the build failed.
        A watcher that leaves does not end the build.
        """
        build = self._join_or_start(repo)
        yield [Event.of(Phase.WAITING, "Waiting for build to start...")]
        async for batch in build.log.watch():
            # The end of the stream is ours to tell; repo2docker's own "failed" lines are not it.
            yield [event for event in batch if event.phase != Phase.FAILED]
        if build.error is not None:
            raise build.error

    def _join_or_start(self, repo: Repo) -> Build:
        image = self.image_of(repo)
        build = self._running.get(image)
        if build is None:
            build = self._running[image] = Build(self._daemon, self._settings, repo, image)
            task = asyncio.create_task(self._run(build), name=build.name)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return build

    async def _run(self, build: Build) -> None:
        try:
            await build.run()
        finally:
            del self._running[build.image]

    async def detach(self) -> None:
        """Stop following builds; their containers run on, for the next process to find."""
        await self._end_tasks()

    async def stop_all(self) -> None:
        """End every build of this namespace and remove its container."""
        await self._end_tasks()
        await self._daemon.remove_all(Component.BUILD)

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
