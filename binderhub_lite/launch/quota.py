"""How many servers may run at once: of all repositories, and of each."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from traitlets import Dict, Instance, Integer, default
from traitlets.config import LoggingConfigurable

from ..conventions import LABEL_IMAGE, LABEL_LAUNCH, Component
from ..dockerd import QUICK_SECONDS, DockerDaemon, DockerTrouble, DockerUnavailable
from ..events import BinderError

ENDED = ("exited", "dead", "removing")


class QuotaExceeded(BinderError):
    """There is no place for another server now; the message is BinderHub's.

    `quota` says which quota it was, `pod_quota` or `repo_quota`: metrics count by it.
    """

    def __init__(self, message: str, quota: str) -> None:
        super().__init__(message)
        self.quota = quota


class LaunchQuota(LoggingConfigurable):
    """Counts Docker's servers of our namespace, and the launches that have none yet."""

    daemon = Instance(DockerDaemon)
    repo_quotas = Dict(help="What `RepoProvider.repo_config` starts from: the general quotas.")

    total_quota: Any = Integer(
        None,
        allow_none=True,
        min=0,
        help="How many servers may run at once. 0: none, for maintenance; None: any number. "
        "Default: c.BinderHub.pod_quota.",
    ).tag(config=True)

    @default("total_quota")
    def _by_its_old_name(self) -> int | None:
        quota: int | None = getattr(self.parent, "pod_quota", None)
        return quota

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._counting = asyncio.Lock()
        self._launching: dict[str, str] = {}
        """The images of launches under way, by the id that becomes their container's label."""

    async def check(self, image: str, repo_url: str, repo_quota: int | None) -> None:
        """Raise QuotaExceeded unless a server of `image` may be started now.

        `repo_quota` is how many may run of the image's repository, at any of its commits;
        0 or None: any number. Raises DockerUnavailable when the daemon does not say.
        """
        if self.total_quota is None and not repo_quota:
            return
        images = await self._images()
        if self.total_quota is not None and len(images) >= self.total_quota:
            self.log.warning("Full: %d servers of %d", len(images), self.total_quota)
            raise QuotaExceeded("Too many users on this BinderHub! Try again soon.", "pod_quota")
        same = sum(_repository(other) == _repository(image) for other in images)
        if repo_quota and same >= repo_quota:
            self.log.warning("Full: %d servers of %d for %s", same, repo_quota, repo_url)
            message = f"Too many users running {repo_url}! Try again soon."
            raise QuotaExceeded(message, "repo_quota")

    @asynccontextmanager
    async def place(self, image: str, repo_url: str, repo_quota: int | None) -> AsyncIterator[str]:
        """Hold a place for a launch; gives the launch's id, the label of its container.

        Raises like `check`. Of launches at the same time, none sees a place that another holds.
        """
        # A lock: who counts must see either the place or the container of every other launch.
        async with self._counting:
            await self.check(image, repo_url, repo_quota)
            launch_id = secrets.token_hex(8)
            self._launching[launch_id] = image
        try:
            yield launch_id
        finally:
            del self._launching[launch_id]

    async def _images(self) -> Collection[str]:
        """The images of all servers, of those that are about to be as well."""
        # Before Docker is asked: a launch that ends meanwhile may have a container that is
        # too new for the answer.
        images = dict(self._launching)
        try:
            async with asyncio.timeout(QUICK_SECONDS):
                containers = await self.daemon.containers(Component.SERVER)
        except TimeoutError as error:
            reason = f"no answer in {QUICK_SECONDS} seconds"
            raise DockerUnavailable(self.daemon.socket, reason) from error
        except DockerTrouble as error:
            raise self.daemon.explain(error) from error
        for container in containers:
            if container["State"] not in ENDED:
                labels = container["Labels"]
                images[labels.get(LABEL_LAUNCH) or container.id] = labels.get(LABEL_IMAGE, "")
        return images.values()


def _repository(image: str) -> str:
    """An image's name without the tag: the same for all commits of a repository."""
    name, _, tag = image.rpartition(":")
    return name if name and "/" not in tag else image
