"""Makes room when the disk of Docker's images gets full."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from aiodocker.exceptions import DockerError
from rich.filesize import decimal

from ..dockerd import NOT_CONNECTED, DockerDaemon
from ..events import BinderError
from ..metrics import Metrics
from .disk import DiskUse, DockerDisk
from .shelf import BuiltImage, ImageShelf

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CleanerSettings:
    """What the configuration says about the disk."""

    high: int = 80
    low: int = 60
    interval: float = 60
    keep: Sequence[re.Pattern[str]] = ()

    @classmethod
    def of(cls, high: int, low: int, interval: float, keep: Sequence[str]) -> "CleanerSettings":
        """Raises BinderError for settings that make no sense."""
        if low >= high:
            raise BinderError(f"image_gc_low ({low}) must be below image_gc_high ({high}).")
        return cls(high, low, interval, [_pattern(text) for text in keep])

    def keeps(self, image: BuiltImage) -> bool:
        return any(
            pattern.search(image.name) or pattern.search(image.repo_url) for pattern in self.keep
        )


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise BinderError(f"image_gc_keep: {text!r} is no regular expression ({error}).") from None


class ImageCleaner:
    """Removes images that nobody has used for long, and build cache, until there is room."""

    def __init__(
        self, daemon: DockerDaemon, shelf: ImageShelf, settings: CleanerSettings, metrics: Metrics
    ) -> None:
        self._daemon = daemon
        self._shelf = shelf
        self._settings = settings
        self._metrics = metrics
        self._disk = DockerDisk(daemon)
        self._complaint = ""

    async def run(self) -> None:
        """Look at the disk again and again, and make room whenever it is too full."""
        while self._settings.interval:
            await self._look()
            await asyncio.sleep(self._settings.interval)

    async def _look(self) -> None:
        try:
            complaint = await self._make_room_if_needed()
        except DockerError as error:
            complaint = f"The disk cannot be looked after now: {self._daemon.explain(error)}"
        except Exception:
            log.exception("The image cleaner broke; it tries again later")
            return
        # Said once, not every minute.
        if complaint and complaint != self._complaint:
            log.warning(complaint)
        self._complaint = complaint

    async def _make_room_if_needed(self) -> str:
        """Returns what people should know; empty when all is well."""
        use = await self._use()
        if use is None:
            root = await self._disk.data_root()
            return f"No images will be removed: Docker's data ({root}) cannot be seen from here."
        if use.percent <= self._settings.high:
            return ""
        async for _ in self.make_room(self._settings.low):
            pass
        use = await self._use()
        if use is None or use.percent <= self._settings.high:
            return ""
        return (
            "The disk of Docker's data is still too full, and nothing is left that may be "
            f"removed (image_gc_high is {self._settings.high} %)."
        )

    async def removable(self) -> list[BuiltImage]:
        """Images that may go, in the order in which they go."""
        images = await self._shelf.images()
        return [i for i in images if not i.used_by and not self._settings.keeps(i)]

    async def make_room(self, low: float | None) -> AsyncGenerator[BuiltImage]:
        """Remove until at most `low` percent of the disk are used (None: all that may go).

        Yields each image after it was removed. Unused build cache goes first, and again
        after each image: its layers stay on the disk as long as the cache holds them.
        """
        reclaimed = await self._prune_cache()
        if reclaimed:
            log.info("Removed unused build cache: %s freed", decimal(reclaimed))
        use = await self._use()
        for image in await self.removable():
            if low is not None and (use is None or use.percent <= low):
                return
            if not await self._shelf.remove(image):
                continue
            await self._prune_cache()
            before, use = use, await self._use()
            self._note(image, before, use, low)
            yield image

    async def _prune_cache(self) -> int:
        """Remove build cache that belongs to no image; returns how many bytes that were.

        What belongs to an image takes no room of its own, and makes the next build fast.
        """
        try:
            answer = await self._daemon.client.images.prune_builds(all_builds=False)
        except DockerError as error:
            if error.status == NOT_CONNECTED:
                raise
            log.debug("The build cache stays: %s", error)  # somebody else prunes it now
            return 0
        return int(answer["SpaceReclaimed"])

    async def _use(self) -> DiskUse | None:
        use = await self._disk.use()
        if use is not None:
            self._metrics.docker_disk_use.set(use.percent / 100)
        return use

    def _note(
        self, image: BuiltImage, before: DiskUse | None, after: DiskUse | None, low: float | None
    ) -> None:
        freed = max(0, before.used - after.used) if before and after else 0
        self._metrics.images_removed.inc()
        self._metrics.image_bytes_removed.inc(freed)
        why = "as asked"
        if low is not None and before is not None:
            why = f"to have {low:g} % of the disk used and not {before.percent:.1f} %"
        log.info(
            "Removed the image of %s at %s (%s, %s) %s: %s freed",
            image.repo_url,
            image.ref,
            decimal(image.size),
            _last_launched(image),
            why,
            decimal(freed),
        )


def _last_launched(image: BuiltImage) -> str:
    if image.last_launched is None:
        return "never launched"
    return f"last launched {time.strftime('%F %T', time.localtime(image.last_launched))}"
