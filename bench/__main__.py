"""`python -m bench`: measure, print the figures and write them down."""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from . import builds, launches, pages, rest, results, watchers
from .place import Place, place

Measure = Callable[[Place], Awaitable[results.Group]]

GROUPS: dict[str, Measure] = {
    "builds": builds.measure,
    "watchers": watchers.measure,
    "burst": watchers.measure_burst,
    "launches": launches.measure,
    "rest": rest.measure,
    "pages": pages.measure,
    "browser": pages.measure_browser,
}
SECONDS = 600
RESULTS = Path(__file__).parent / "results.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("groups", nargs="*", help=f"some of {', '.join(GROUPS)}; default: all")
    parser.add_argument("--json", type=Path, default=RESULTS, help="file for the figures")
    arguments = parser.parse_args()
    if unknown := set(arguments.groups) - set(GROUPS):
        parser.error(f"there is no {', '.join(unknown)}")
    try:
        asyncio.run(bench(arguments.groups or list(GROUPS), arguments.json))
    except asyncio.CancelledError:
        return 130
    return 0


async def bench(names: list[str], file: Path) -> None:
    console = Console()
    _cancel_once(asyncio.current_task())
    machine, groups, began = results.facts(), [], time.monotonic()
    with place() as here:
        async with asyncio.timeout(SECONDS):
            for name in names:
                console.print(f"Measuring {name}...", style="dim")
                groups.append(await GROUPS[name](here))
    machine |= {"load_after": os.getloadavg()[0], "seconds": time.monotonic() - began}
    results.write(file, machine, groups)
    results.show(console, groups)
    console.print(
        f"{machine['cores']} cores, load {machine['load_before']:.1f} before and "
        f"{machine['load_after']:.1f} after. Written to {file}."
    )


def _cancel_once(task: asyncio.Task[None] | None) -> None:
    """Let the first signal end the bench in order; a second one does not disturb that."""

    def end() -> None:
        if task is not None and not task.cancelling():
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end)


if __name__ == "__main__":
    sys.exit(main())
