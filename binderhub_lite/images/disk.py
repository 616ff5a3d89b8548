"""How full the disk is that holds Docker's images."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..dockerd import DockerDaemon


@dataclass(frozen=True)
class DiskUse:
    """How much of a file system is used, in bytes."""

    used: int
    available: int

    @property
    def percent(self) -> float:
        """As `df` counts: what is reserved for root is neither used nor available."""
        return 100 * self.used / max(1, self.used + self.available)

    def excess(self, percent: float) -> float:
        """The bytes that have to go until only so much is used."""
        return self.used - (self.used + self.available) * percent / 100


class DockerDisk:
    """The file system that holds the Docker daemon's data root."""

    def __init__(self, daemon: DockerDaemon) -> None:
        self._daemon = daemon

    async def data_root(self) -> str:
        return str((await self._daemon.client.system.info())["DockerRootDir"])

    async def use(self) -> DiskUse | None:
        """None when it cannot be seen from here: Docker runs in a virtual machine, or we do."""
        root = await self.data_root()
        try:
            facts = await asyncio.to_thread(os.statvfs, root)
        except OSError:
            return None
        used = facts.f_blocks - facts.f_bfree
        return DiskUse(used * facts.f_frsize, facts.f_bavail * facts.f_frsize)


@dataclass(frozen=True)
class DockerUse:
    """What images and build cache take, as the daemon itself counts (`docker system df`)."""

    layers: int
    """The layers of all images, each counted once."""
    loose_cache: int
    """Build cache that is no image's layer."""
    own_sizes: Mapping[str, int]
    """For each image (by id), what no other image shares."""

    @property
    def total(self) -> int:
        return self.layers + self.loose_cache

    @classmethod
    async def of(cls, daemon: DockerDaemon) -> "DockerUse":
        """Ask the daemon; with many images, it thinks for a while."""
        answer = await daemon.client._query_json("system/df", params={"verbose": True})
        images = _items(answer, "Images", "ImageUsage")
        cache = _items(answer, "BuildCache", "BuildCacheUsage")
        layers = answer.get("LayersSize") or answer.get("ImageUsage", {}).get("TotalSize") or 0
        return cls(
            int(layers),
            sum(record["Size"] for record in cache if not record["Shared"]),
            {image["Id"]: image["Size"] - max(0, image["SharedSize"]) for image in images},
        )


def _items(answer: Mapping[str, Any], name: str, newer: str) -> Sequence[Mapping[str, Any]]:
    """A list under the name it had until API 1.51, or where it stands since."""
    return answer.get(name) or answer.get(newer, {}).get("Items") or []
