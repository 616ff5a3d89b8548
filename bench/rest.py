"""An instance that nobody uses: how soon it is ready, and what it takes then."""

import asyncio
import time
from statistics import median

from tests.support.instance import BinderProcess

from .place import Place
from .processes import cpu_seconds, megabytes, processes_of
from .results import Group, Row

STARTS = 3
SECONDS_TO_SETTLE = 3
SECONDS = 20


async def measure(place: Place) -> Group:
    starts = []
    for _ in range(STARTS):
        began = time.monotonic()
        with place.instance() as binder:
            starts.append(time.monotonic() - began)
            if len(starts) == STARTS:
                rows = await _at_rest(binder)
    total: Row = {
        "process": "all",
        "megabytes": sum(float(row["megabytes"]) for row in rows),
        "cpu_seconds_per_minute": sum(float(row["cpu_seconds_per_minute"]) for row in rows),
        "start_seconds": median(starts),
    }
    return Group(
        "rest",
        "An instance at rest",
        f"CPU: of {SECONDS} seconds in which nobody asked for anything. Start: median of "
        f"{STARTS}, to the line that says it is ready.",
        {
            "process": ("process", ""),
            "megabytes": ("memory", "{:.0f} MB"),
            "cpu_seconds_per_minute": ("CPU a minute", "{:.2f} s"),
            "start_seconds": ("start", "{:.2f} s"),
        },
        [*rows, total],
    )


async def _at_rest(binder: BinderProcess) -> list[Row]:
    await asyncio.sleep(SECONDS_TO_SETTLE)
    processes = processes_of(binder)
    before = {name: cpu_seconds(process) for name, process in processes.items()}
    await asyncio.sleep(SECONDS)
    return [
        {
            "process": name,
            "megabytes": megabytes(process),
            "cpu_seconds_per_minute": (cpu_seconds(process) - before[name]) * 60 / SECONDS,
        }
        for name, process in processes.items()
    ]
