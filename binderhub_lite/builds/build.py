"""One build: a repo2docker container, from its creation to its end."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from aiodocker.containers import DockerContainer
from aiodocker.exceptions import DockerError

from ..dockerd import (
    Component,
    DockerDaemon,
    environment_list,
    labels,
    remove,
    trust,
)
from ..events import BinderError, Event, Phase
from ..providers import Repo
from . import repo2docker
from .names import container_name
from .settings import BuildSettings
from .shared_log import SharedLog

log = logging.getLogger(__name__)

LINES_THAT_EXPLAIN = 60
SECONDS_TO_START = 60


class Build:
    """Builds one image; any number of watchers share its log.

    `run` does the work and never raises: how it ended is in `error`.
    """

    def __init__(
        self, daemon: DockerDaemon, settings: BuildSettings, repo: Repo, image: str
    ) -> None:
        self.repo = repo
        self.image = image
        self.name = container_name(daemon.namespace, repo.url, repo.ref, image)
        self.log = SharedLog(settings.log_tail_lines)
        self.error: BinderError | None = None
        self._daemon = daemon
        self._settings = settings

    async def run(self) -> None:
        """Build the image, write the log, remove the container."""
        try:
            await self._build()
        except BinderError as error:
            self.error = error
        except DockerError as error:
            self.error = self._daemon.explain(error)
        except asyncio.CancelledError:
            self.error = BinderError("The server is shutting down; ask again in a moment.", 503)
            raise
        except Exception:
            log.exception("Build %s broke", self.name)
            self.error = BinderError("The build broke inside the server; its log says why.", 500)
        finally:
            self.log.close()

    async def _build(self) -> None:
        container = await self._create_or_attach()
        if container is None:
            return
        # When we are cancelled the container stays: the next process follows it to its end.
        status = await self._follow(container)
        await remove(container)
        if status or not await self._daemon.has_image(self.image):
            reason = repo2docker.explain_failure(self.log.tail(LINES_THAT_EXPLAIN))
            raise BinderError(f"Building {self.repo.url} failed: {reason}")

    async def _create_or_attach(self) -> DockerContainer | None:
        """Our container: a new one, or the running one of the same name that somebody else made.

        None when there is nothing to do: somebody else's build of the image has ended.
        """
        deadline = time.monotonic() + SECONDS_TO_START
        while not await self._daemon.has_image(self.image):
            try:
                container = await self._create()
            except DockerError as error:
                if error.status != 409 or time.monotonic() > deadline:
                    raise
            else:
                await self._start(container)
                return container
            running = await self._find_running()
            if running is not None:
                return running
            # The name is taken, but its container is still on its way in, or out.
            await asyncio.sleep(0.1)
        return None

    async def _start(self, container: DockerContainer) -> None:
        try:
            await self._fill(container)
            await container.start()
        except BaseException:
            await asyncio.shield(remove(container))
            raise

    async def _find_running(self) -> DockerContainer | None:
        """The running container of our name; one that is not running makes room for a new try."""
        try:
            found = await self._daemon.client.containers.get(self.name)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SECONDS_TO_START):
                    while found["State"]["Status"] == "created":  # its maker fills it
                        await asyncio.sleep(0.2)
                        await found.show()
            if found["State"]["Status"] == "running":
                return found
            await remove(found)
        except DockerError as error:
            if error.status != 404:
                raise
        return None

    async def _create(self) -> DockerContainer:
        settings = self._settings
        network = await self._daemon.ensure_network()
        binds, environment = trust(settings.ca_bundle)
        config: dict[str, Any] = {
            "Image": settings.build_image,
            "Cmd": repo2docker.command(
                self.repo,
                self.image,
                appendix=settings.appendix_for(self.repo),
                extra_arguments=settings.repo2docker_extra_args,
            ),
            "Env": environment_list(environment),
            "Labels": labels(
                self._daemon.namespace,
                Component.BUILD,
                provider=self.repo.provider,
                spec=self.repo.spec,
                repo_url=self.repo.url,
                ref=self.repo.ref,
                image=self.image,
                created=str(int(time.time())),
            ),
            "HostConfig": {
                "Binds": [self._daemon.socket_bind, *binds],
                "NetworkMode": network,
                "Memory": settings.memory_limit,
            },
        }
        await self._ensure_builder_image()
        return await self._daemon.client.containers.create(config, name=self.name)

    async def _ensure_builder_image(self) -> None:
        image = self._settings.build_image
        if await self._daemon.has_image(image):
            return
        self.log.append(Event.of(Phase.WAITING, f"Fetching the builder image {image}..."))
        try:
            await self._daemon.client.images.pull(image)
        except DockerError as error:
            raise BinderError(
                f"The builder image {image} is not here and cannot be pulled: "
                f"{error.message.strip()}",
                503,
            ) from error

    async def _fill(self, container: DockerContainer) -> None:
        """Put repo2docker's configuration, and a local directory's content, into the container."""
        archive = repo2docker.config_archive(self.repo.content_provider)
        await container.put_archive("/", archive)
        if self.repo.open_archive is not None:
            content = await asyncio.to_thread(self.repo.open_archive)
            with content:
                await container.put_archive(repo2docker.CONTENT, content)

    async def _follow(self, container: DockerContainer) -> int | None:
        """Read the container's log to its end; this is its only reader.

        Returns its exit status; None when another process followed it, too, and was the
        first to remove it.
        """
        output = container.log(stdout=True, stderr=True, follow=True)
        try:
            async with contextlib.aclosing(_lines(output)) as lines:
                async for line in lines:
                    self.log.append(repo2docker.parse_line(line))
            return int((await container.wait())["StatusCode"])
        except DockerError as error:
            if error.status != 404:
                raise
            return None


async def _lines(pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
    """Whole lines out of pieces that may end anywhere."""
    rest = ""
    async for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        for line in lines:
            yield line
    if rest:
        yield rest
