"""The images that this hub built, as they stand in the Docker daemon."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiodocker.exceptions import DockerError

from ..conventions import LABEL_COMPONENT, LABEL_IMAGE, LABEL_NAMESPACE, Component
from ..dockerd import DockerDaemon
from .launches import LaunchTimes

SECONDS_OF_A_LAUNCH = 900
"""So long after it was asked for, an image counts as in use: its container may be on its way."""


@dataclass(frozen=True)
class BuiltImage:
    """One image that this hub built."""

    id: str
    name: str
    repo_url: str
    ref: str
    size: int
    """All layers, those that it shares with other images too."""
    created: float
    last_launched: float | None
    used_by: str
    """What needs it now: `container`, `build` or `launch`; empty: nothing."""

    @property
    def last_used(self) -> float:
        """An image that was never launched counts from its creation."""
        return self.last_launched or self.created


class ImageShelf:
    """Lists and removes the images that bear our label, and no others."""

    def __init__(
        self,
        daemon: DockerDaemon,
        launches: LaunchTimes,
        namespaces: Sequence[str] = (),
        needed: Callable[[], set[str]] = set,
    ) -> None:
        """`needed` names the images that builds of this process wait for."""
        self._daemon = daemon
        self._launches = launches
        self._namespaces = namespaces or [daemon.namespace]
        self._needed = needed
        self._going: dict[str, asyncio.Event] = {}
        """Images that are being removed now."""

    async def images(self) -> list[BuiltImage]:
        """Our images, least recently used first."""
        summaries = await self._daemon.client.images.list(filters={"label": [LABEL_NAMESPACE]})
        containers = await self._daemon.client.containers.list(all=1)
        running = {container["ImageID"] for container in containers}
        building = {
            container["Labels"].get(LABEL_IMAGE)
            for container in containers
            if container["Labels"].get(LABEL_COMPONENT) == Component.BUILD
        }
        images = [
            self._image(summary, running, building)
            for summary in summaries
            if self._is_ours(summary)
        ]
        return sorted(images, key=lambda image: image.last_used)

    def is_needed(self, image: str) -> str:
        """What of this process needs it now: `build` or `launch`; empty: nothing."""
        if image in self._needed():
            return "build"
        launched = self._launches.last(image) or 0
        return "launch" if time.time() - launched < SECONDS_OF_A_LAUNCH else ""

    async def want(self, image: str) -> None:
        """Note that an image (by name) is asked for: from now on it stays, or is gone already."""
        self._launches.record(image)
        going = self._going.get(image)
        if going is not None:
            await going.wait()

    async def remove(self, image: BuiltImage) -> bool:
        """Remove it, unless it has come into use since it was listed."""
        self._launches.refresh()
        if self.is_needed(image.name):
            return False
        gone = self._going[image.name] = asyncio.Event()
        try:
            await self._daemon.client.images.delete(image.name)
        except DockerError as error:
            if error.status not in (404, 409):  # it is gone already, or a container uses it
                raise
            return False
        finally:
            del self._going[image.name]
            gone.set()
        return True

    def _is_ours(self, summary: Mapping[str, Any]) -> bool:
        # An image that somebody has made out of ours inherits our labels, but not the name;
        # and one that has a second name is somebody's, too.
        labels = summary["Labels"]
        return labels[LABEL_NAMESPACE] in self._namespaces and summary["RepoTags"] == [
            labels.get(LABEL_IMAGE)
        ]

    def _image(
        self, summary: Mapping[str, Any], running: set[str], building: set[str | None]
    ) -> BuiltImage:
        labels = summary["Labels"]
        name = labels[LABEL_IMAGE]
        if summary["Id"] in running:
            used_by = "container"
        elif name in building:
            used_by = "build"
        else:
            used_by = self.is_needed(name)
        return BuiltImage(
            summary["Id"],
            name,
            labels.get("binderhub-lite.repo_url", ""),
            labels.get("binderhub-lite.ref", ""),
            summary["Size"],
            float(summary["Created"]),
            self._launches.last(name),
            used_by,
        )
