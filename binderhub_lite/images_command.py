"""`binderhub-lite images` and `binderhub-lite prune`: what was built here, and what may go."""

import asyncio
import logging
import math
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiodocker.exceptions import DockerError
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text
from traitlets import Bool, Enum

from .app import BinderHub
from .dockerd import DockerDaemon
from .events import BinderError
from .images import (
    BuiltImage,
    DockerDisk,
    DockerUse,
    ImageCleaner,
    ImageShelf,
    LaunchTimes,
)
from .launch.slots import namespace_of, slots_below
from .metrics import Metrics

COLUMNS = ("Repository", "Ref", "Size", "Last launched", "In use")


class ImagesApp(BinderHub):
    """List the images that this hub, or `binderhub-lite launch`, has built.

    A table in a terminal; elsewhere one line an image, its fields separated by tabs.
    """

    name = "binderhub-lite images"
    description = __doc__
    subcommands = {}

    log_level = Enum(
        BinderHub.log_level.values, default_value=logging.WARNING, help=BinderHub.log_level.help
    ).tag(config=True)

    def start(self, run_loop: bool = True) -> None:
        if self.extra_args:
            raise BinderError(f"{self.name} takes no argument such as {self.extra_args[0]!r}.")
        if run_loop:
            asyncio.run(self._run())

    async def _run(self) -> None:
        async with self._shelf() as (_, shelf):
            images = await shelf.images()
        rows = [_row(image) for image in reversed(images)]
        if not sys.stdout.isatty():
            for row in (COLUMNS, *rows):
                print(*row, sep="\t")
        elif rows:
            Console().print(_table(rows))
        else:
            print("No image was built here yet.")

    @asynccontextmanager
    async def _shelf(self) -> AsyncIterator[tuple[DockerDaemon, ImageShelf]]:
        """Neither the data directory's lock nor a running server is needed."""
        daemon = DockerDaemon.connect(self.build_docker_host, self.build_namespace)
        try:
            await daemon.check()
            yield daemon, ImageShelf(daemon, *self._noted())
        except DockerError as error:
            raise daemon.explain(error) from error
        finally:
            await daemon.close()

    def _noted(self) -> tuple[LaunchTimes, list[str]]:
        """When images were launched, and the namespaces in which they were built."""
        data_dir = Path(self.data_dir).expanduser()
        of_launches = [namespace_of(slot) for slot in slots_below(data_dir)]
        return LaunchTimes.of_directories(data_dir), [self.build_namespace, *of_launches]


class PruneApp(ImagesApp):
    """Remove images that were built here, and unused build cache, to make room on the disk.

    Goes on, least recently launched images first, until no more than image_gc_low percent of
    the disk of Docker's data are used. Images in use, and those of image_gc_keep, stay.
    """

    name = "binderhub-lite prune"
    description = __doc__
    examples = "binderhub-lite prune --dry-run\nbinderhub-lite prune --all"
    flags = {
        **BinderHub.flags,
        "dry-run": ({"PruneApp": {"dry_run": True}}, "Only say what would be removed."),
        "all": (
            {"PruneApp": {"everything": True}},
            "Remove every image that may go, however much room there is.",
        ),
    }

    dry_run = Bool(False, help="Only say what would be removed.").tag(config=True)
    everything = Bool(
        False, help="Remove every image that may go, however much room there is."
    ).tag(config=True)

    async def _run(self) -> None:
        async with self._shelf() as (daemon, shelf):
            cleaner = ImageCleaner(daemon, shelf, self.cleaner_settings(), Metrics())
            disk = DockerDisk(daemon)
            excess = math.inf if self.everything else await self._excess(disk)
            if excess <= 0:
                return
            before = await DockerUse.of(daemon)
            if self.dry_run:
                self._say_plan(await cleaner.removable(), before, excess)
                return
            async for image in cleaner.make_room(None if self.everything else self.image_gc_low):
                print(f"Removed {_described(image, before)}", flush=True)
            freed = before.total - (await DockerUse.of(daemon)).total
            print(f"Freed {decimal(max(0, freed))}.")
            await self._say_what_is_left(disk)

    async def _excess(self, disk: DockerDisk) -> float:
        use = await disk.use()
        if use is None:
            raise BinderError(
                f"How full Docker's disk is ({await disk.data_root()}) cannot be seen from here: "
                "with --all, every image goes that is not in use."
            )
        excess = use.excess(self.image_gc_low)
        if excess <= 0:
            print(
                f"Nothing to remove: {use.percent:.0f} % of the disk are used, and "
                f"image_gc_low is {self.image_gc_low} %. With --all, every image goes that is "
                "not in use."
            )
        return excess

    def _say_plan(self, images: list[BuiltImage], now: DockerUse, excess: float) -> None:
        freed = now.loose_cache
        for image in images:
            if freed >= excess:
                break
            print(f"Would remove {_described(image, now)}")
            freed += now.own_sizes.get(image.id, 0)
        # At least: what only the removed images share becomes free, too.
        print(f"Would free at least {decimal(freed)}, unused build cache included.")

    async def _say_what_is_left(self, disk: DockerDisk) -> None:
        use = await disk.use()
        if use is None:
            return
        print(f"{use.percent:.0f} % of the disk are used now.")
        if not self.everything and use.excess(self.image_gc_low) > 0:
            print(f"What fills it above {self.image_gc_low} % is not for this program to remove.")


def _described(image: BuiltImage, now: DockerUse) -> str:
    own = decimal(now.own_sizes.get(image.id, 0))
    return (
        f"{image.repo_url} at {image.ref} ({decimal(image.size)}, {own} of it shared with no "
        f"other image, last launched: {_last_launched(image)})"
    )


def _row(image: BuiltImage) -> tuple[str, ...]:
    return (
        image.repo_url,
        image.ref,
        decimal(image.size),
        _last_launched(image),
        image.used_by,
    )


def _last_launched(image: BuiltImage) -> str:
    if image.last_launched is None:
        return "never"
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(image.last_launched))


def _table(rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False)
    repository, ref, size, launched, used = COLUMNS
    table.add_column(repository, overflow="fold")
    table.add_column(ref, max_width=12, overflow="ellipsis", no_wrap=True)
    table.add_column(size, justify="right", no_wrap=True)
    table.add_column(launched, no_wrap=True)
    table.add_column(used, no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
