"""All builds of this process: one per image, however many ask for it."""

import asyncio
import logging
from collections.abc import AsyncGenerator

from aiodocker.containers import DockerContainer

from ..conventions import Component
from ..dockerd import DockerDaemon, DockerTrouble, DockerUnavailable, remove
from ..events import BinderError, Event, Phase
from ..providers import Repo
from .archive import BuildRecord, LogArchive
from .build import Build, visible
from .container import BuilderContainer
from .expected import expected_duration
from .facts import BuildFacts
from .names import image_name
from .queue import BuildQueue
from .selector import check_node
from .settings import BuildSettings

log = logging.getLogger(__name__)

GUARD_SECONDS = 3


class Builds:
    """Finds images and builds the missing ones."""

    build_class: type[Build] = Build

    def __init__(self, daemon: DockerDaemon, settings: BuildSettings, archive: LogArchive) -> None:
        self._daemon = daemon
        self._settings = settings
        self._archive = archive
        self._queue = BuildQueue(settings.concurrent_limit)
        self._builds: dict[str, Build] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._guard: asyncio.Task[None] | None = None

    @property
    def build_image(self) -> str:
        return self._settings.build_image

    @property
    def in_progress(self) -> int:
        """How many builds run or wait for their turn now."""
        return len(self._builds)

    def images_in_use(self) -> set[str]:
        """The images that are being built, or will be."""
        return set(self._builds)

    def image_of(self, repo: Repo) -> str:
        return image_name(self._settings.image_prefix, repo.slug, repo.url, repo.ref)

    async def has_image(self, image: str) -> bool:
        """Whether the image is there; raises DockerUnavailable when nobody can tell."""
        try:
            return await self._daemon.has_image(image)
        except DockerTrouble as error:
            raise self._daemon.explain(error) from error

    async def build(
        self, repo: Repo, launch_host: str = "", user: str = ""
    ) -> AsyncGenerator[list[Event]]:
        """Build the image of `repo`, or join the build of it that runs; yield its log in batches.

        `launch_host` is our public URL, for the appendix; `user` is who asks, if people log in.
        Returns when the image is there; raises BinderError when the build failed.
        A watcher that leaves does not end a build that runs; one that still waits for its
        turn is dropped when nobody waits for it any more.
        """
        await check_node(self._daemon, self._settings.node_selector)
        # Before it begins: a build takes the place of the record of an earlier one of its image.
        ended = await asyncio.to_thread(self._archive.records)
        build, started_it = await self._join_or_start(repo, launch_host, user)
        build.expected = build.expected or expected_duration(repo.url, ended)
        build.watchers += 1
        try:
            yield [_first_event(build, started_it)]
            async for batch in build.log.watch():
                yield visible(batch)
        finally:
            build.watchers -= 1
            if build.queued and build.watchers == 0:
                await build.stop(BinderError("Nobody waits for this build any more."))
        if build.error is not None:
            raise build.error

    async def records(self) -> list[BuildRecord]:
        """Recent builds: those that run or wait, then those that have ended, the newest first."""
        ended = await asyncio.to_thread(self._archive.records)
        live = [build.record for build in self._builds.values()]
        names = {record.name for record in live}
        return [*live, *(one for one in ended if one.name not in names)]

    async def log_text(self, name: str, *, follow: bool) -> AsyncGenerator[bytes]:
        """The log of a build as text; with `follow`, to the end of one that runs.

        Raises BinderError (404) when no log of that name is kept.
        """
        build = next((one for one in self._builds.values() if one.facts.name == name), None)
        while follow and build is not None and build.queued and not build.log.closed:
            await build.log.changed()
        if build is not None and build.queued:
            raise BinderError(f"The build {name!r} waits for its turn: it has no log yet.", 404)
        if not self._archive.has_log(name):
            raise BinderError(f"No log of a build named {name!r} is kept here.", 404)
        reader = self._archive.reader(name)
        while True:
            over = build is None or build.log.closed
            if build is not None and build.writer is not None and not over:
                await build.writer.flush()
            async for piece in reader.pieces():
                yield piece
            if over or not follow or build is None:
                return
            await build.log.changed()

    async def cancel(self, provider: str, spec: str, user: str = "") -> None:
        """Stop the build that people asked for by this spec; its watchers are told.

        Raises BinderError: 404 when there is none, 403 when `user` is given and it is another's,
        503 when Docker does not answer.
        """
        for build in self._builds.values():
            if (provider, spec) in build.asked:
                if user and user != build.facts.user:
                    raise BinderError(
                        "Somebody else has started this build: only they and an administrator "
                        "of the hub may cancel it.",
                        403,
                    )
                try:
                    await build.stop(BinderError("The build was cancelled."))
                except DockerTrouble as error:
                    raise self._daemon.explain(error) from error
                await build.log.ended()
                return
        raise BinderError(f"No build of {provider}/{spec} is running.", 404)

    async def _join_or_start(self, repo: Repo, launch_host: str, user: str) -> tuple[Build, bool]:
        """The build of `repo`, and whether it is a new one."""
        image = self.image_of(repo)
        while (build := self._builds.get(image)) is not None and build.stopping:
            await build.log.ended()
        started_it = build is None
        if build is None:
            facts = BuildFacts.of(self._daemon.namespace, repo, image, user)
            appendix = self._settings.appendix_for(repo, launch_host)
            source = BuilderContainer(self._daemon, self._settings, facts, repo, appendix)
            build = self._start(facts, source)
        build.asked.add((repo.provider, repo.spec))
        return build, started_it

    def _start(self, facts: BuildFacts, source: BuilderContainer | DockerContainer) -> Build:
        build = self.build_class(
            self._daemon, self._settings, self._queue, self._archive, facts, source
        )
        self._builds[facts.image] = build
        task = asyncio.create_task(self._run(build), name=facts.name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._guard is None or self._guard.done():
            self._guard = asyncio.create_task(self._guard_against_silence())
        return build

    async def _guard_against_silence(self) -> None:
        """While builds run, notice a daemon that hangs: their logs would be silent for ever."""
        while self._builds:
            await asyncio.sleep(GUARD_SECONDS)
            try:
                await self._daemon.check()
            except DockerUnavailable as error:
                for build in self._builds.values():
                    build.abandon(error)

    async def _run(self, build: Build) -> None:
        try:
            await build.run()
        finally:
            # First forgotten, then closed: who asks again is not to join a build that is over.
            del self._builds[build.facts.image]
            build.log.close()

    async def watch_build_pods(self) -> None:
        """Look after what builds leave, until cancelled.

        First, builds that a process before us has left are followed to their end. Then,
        every `cleanup_interval` seconds, ended and expired containers that nobody follows
        are removed. (BinderHub's name for it; our pods are containers.)
        """
        while True:
            try:
                await self.clean_up()
                await asyncio.to_thread(self._archive.expire, self._names())
            except DockerTrouble as error:
                log.warning("Builds cannot be looked after now: %s", self._daemon.explain(error))
            await asyncio.sleep(self._settings.cleanup_interval)

    async def clean_up(self) -> None:
        """One round of `watch_build_pods`. Raises DockerTrouble when Docker does not answer."""
        before = self._names()
        for container in await self._daemon.containers(Component.BUILD):
            name = container["Names"][0].lstrip("/")
            # Ours is also one that began or ended while Docker was making the list.
            if name in before | self._names():
                continue
            facts = BuildFacts.from_labels(name, container["Labels"])
            if container["State"] != "created":
                log.info("Following the build of %s that a process before us began", facts.repo_url)
                self._start(facts, container)
            elif self._was_given_up(facts):
                await remove(container)

    def _was_given_up(self, facts: BuildFacts) -> bool:
        """Whether a container that was not started never will be.

        For sure, if its maker had our data directory: then it was killed.
        """
        made_here = bool(facts.maker) and facts.maker == self._settings.maker
        return made_here or facts.age > self._settings.max_age

    def _names(self) -> set[str]:
        return {build.facts.name for build in self._builds.values()}

    async def detach(self) -> None:
        """Stop following builds; their containers run on, for the next process to find."""
        await self._end_tasks()

    async def stop_all(self) -> None:
        """End every build of this namespace and remove its container."""
        await self._end_tasks()
        await self._daemon.remove_all(Component.BUILD)

    async def _end_tasks(self) -> None:
        tasks = [*self._tasks, *([self._guard] if self._guard else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _first_event(build: Build, started_it: bool) -> Event:
    """What a watcher is told of a build before its log."""
    return Event.of(
        Phase.WAITING,
        "Waiting for build to start...",
        build=build.facts.name,
        started_it=started_it,
        running_seconds=None if build.queued else build.record.duration,
        **build.expected,
    )
