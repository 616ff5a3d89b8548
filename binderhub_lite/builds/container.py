"""The builder container: made once, however many ask for it."""

import asyncio
import contextlib
import time
from typing import Any

from aiodocker.containers import DockerContainer
from aiodocker.exceptions import DockerError

from ..conventions import environment_list, trust
from ..dockerd import DockerDaemon, DockerTrouble, remove
from ..events import BinderError, Event, Phase
from ..providers import Repo
from . import repo2docker
from .facts import BuildFacts
from .settings import BuildSettings
from .shared_log import SharedLog

SECONDS_TO_START = 60
DOCKER_CONFIG_IN_CONTAINER = "/root/.docker/config.json"


class BuilderContainer:
    """Makes the container of one build, or finds the one that another process has made."""

    def __init__(
        self,
        daemon: DockerDaemon,
        settings: BuildSettings,
        facts: BuildFacts,
        repo: Repo,
        appendix: str = "",
    ) -> None:
        self._daemon = daemon
        self._settings = settings
        self._facts = facts
        self._repo = repo
        self._appendix = appendix

    async def create_or_attach(self, log: SharedLog) -> tuple[DockerContainer, bool] | None:
        """The running container of our name, and whether somebody else made it.

        None when there is nothing to do: somebody else's build of the image has ended.
        """
        deadline = time.monotonic() + SECONDS_TO_START
        while not await self._daemon.has_image(self._facts.image):
            try:
                container = await self._create(log)
            except DockerError as error:
                if error.status != 409 or time.monotonic() > deadline:
                    raise
            else:
                await self._start(container)
                return container, False
            running = await self._find_running()
            if running is not None:
                return running, True
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
            found = await self._daemon.client.containers.get(self._facts.name)
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

    async def _create(self, log: SharedLog) -> DockerContainer:
        await self._ensure_builder_image(log)
        network = await self._daemon.ensure_network()
        creation = self._daemon.client.containers.create(
            self._config(network), name=self._facts.name
        )
        creating = asyncio.create_task(creation)
        try:
            return await asyncio.shield(creating)
        except asyncio.CancelledError:
            # Docker makes it all the same, and nobody would ever start it.
            with contextlib.suppress(*DockerTrouble):
                await remove(await creating)
            raise

    def _config(self, network: str) -> dict[str, Any]:
        settings = self._settings
        binds, environment = trust(settings.ca_bundle)
        if settings.push_secret:
            binds = [*binds, f"{settings.push_secret}:{DOCKER_CONFIG_IN_CONTAINER}:ro"]
        return {
            "Image": settings.build_image,
            "Cmd": repo2docker.command(
                self._repo,
                self._facts.image,
                appendix=self._appendix,
                labels=repo2docker.image_labels(
                    self._daemon.namespace, self._repo, self._facts.image
                ),
                extra_arguments=settings.repo2docker_extra_args,
            ),
            "Env": environment_list({**environment, **repo2docker.git_environment(self._repo)}),
            "Labels": self._facts.labels(self._daemon.namespace, settings.maker),
            "HostConfig": {
                "Binds": [self._daemon.socket_bind, *binds],
                "NetworkMode": network,
                "Memory": settings.memory_limit,
                "MemorySwap": settings.memory_limit,
            },
        }

    async def _ensure_builder_image(self, log: SharedLog) -> None:
        image = self._settings.build_image
        if await self._daemon.has_image(image):
            return
        log.append(Event.of(Phase.WAITING, f"Fetching the builder image {image}..."))
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
        archive = repo2docker.config_archive(self._repo)
        await container.put_archive("/", archive)
        if self._repo.open_archive is None:
            return
        try:
            content = await self._repo.open_archive()
        except OSError as error:
            raise BinderError(f"{self._repo.url} cannot be read: {error}.") from error
        with content:
            await container.put_archive(repo2docker.CONTENT, content)
