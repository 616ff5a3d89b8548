"""Watchers: how many may watch one build, beside one reader of `docker logs -f`."""

import asyncio
import resource
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from binderhub_lite.options import BuildOptions
from tests.support.instance import BinderProcess

from .gate import gate
from .own_process import ask
from .place import Place, docker, docker_socket
from .processes import PeakMemory, megabytes, processes_of
from .results import Group, Row

LINES = 2_000
COUNTS = [1, 10, 100, 500]
PRINTER = Path(__file__).parent / "printer"


async def measure(place: Place) -> Group:
    """A line every 2 ms: a build that is in a hurry, and that the watching must not hold up."""
    return await _group(
        place, "watchers", f"Watchers of one build that logs {LINES:,} lines in 4 s", pause=2
    )


async def measure_burst(place: Place) -> Group:
    """All lines as fast as they can be printed: the most that can be delivered."""
    return await _group(
        place, "burst", f"Watchers of one build that logs {LINES:,} lines at once", pause=0
    )


async def _group(place: Place, name: str, title: str, *, pause: int) -> Group:
    image = place.image("printer")
    builder = BuildOptions().build_image
    await docker("build", "--quiet", f"--tag={image}", f"--build-arg=BASE={builder}", str(PRINTER))
    config = f"c.BinderHub.enable_api_only_mode = True\nc.BinderHub.build_image = {image!r}\n"
    rows: list[Row] = [{"watchers": "floor", **await _floor(place, image, pause)}]
    with place.instance(config) as binder:
        for count in COUNTS:
            rows.append({"watchers": count, **await _watch(place, binder, count, pause)})
    return Group(
        name,
        title,
        "Join: until all are there. Lines: from then until everybody has the last one. Trail: by "
        "how much the last has it after the first. Peak, after: the server's memory. Floor: one "
        "reader of `docker logs --follow`.",
        {
            "watchers": ("who", "{}"),
            "join_seconds": ("join\ns", "{:.2f}"),
            "seconds": ("lines\ns", "{:.2f}"),
            "last_trails_first_seconds": ("trail\ns", "{:.3f}"),
            "events_per_second": ("events\n/s", "{:,.0f}"),
            "server_cpu_seconds": ("server\nCPU s", "{:.2f}"),
            "proxy_cpu_seconds": ("proxy\nCPU s", "{:.2f}"),
            "clients_cpu_seconds": ("clients\nCPU s", "{:.2f}"),
            "server_peak_megabytes": ("peak\nMB", "{:.0f}"),
            "server_after_megabytes": ("after\nMB", "{:.0f}"),
        },
        rows,
    )


async def _watch(place: Place, binder: BinderProcess, count: int, pause: int) -> Row:
    processes = processes_of(binder)
    peak = PeakMemory(processes["server"])
    figures = await ask(
        "watch",
        origin=binder.origin,
        gate_address=place.address,
        lines=LINES,
        pause=pause,
        count=count,
        server=processes["server"].pid,
        proxy=processes["proxy"].pid,
    )
    highest = peak.megabytes
    await asyncio.sleep(1)  # for the connections to be gone
    after = megabytes(processes["server"])
    return {**figures, "server_peak_megabytes": highest, "server_after_megabytes": after}


async def _floor(place: Place, image: str, pause: int) -> Row:
    """One reader of the log of a container like the build's."""
    async with gate(place.address) as (builder, port):
        container = await docker(
            "run",
            "--detach",
            place.label,
            docker_socket(),
            image,
            "jupyter-repo2docker",
            f"--image={place.image('floor')}",
            f"git://{place.address}:{port}/{LINES}/{pause}",
        )
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        reader = await asyncio.create_subprocess_exec(
            "docker", "logs", "--follow", container, stdout=asyncio.subprocess.PIPE
        )
        assert reader.stdout is not None
        try:
            await _either(builder.reached.wait(), reader.wait())
            if reader.returncode is not None:
                raise RuntimeError(
                    f"A container on Docker's own bridge does not reach {place.address}: stop "
                    "the other binderhub-lite, whose rules are in the way."
                )
            await asyncio.sleep(0.5)  # it is there, too
            opened = last_line = time.monotonic()
            builder.open()
            count = 0
            async for _ in reader.stdout:
                count, last_line = count + 1, time.monotonic()
            await reader.wait()
        finally:
            if reader.returncode is None:
                reader.kill()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    await docker("rm", "--force", container)
    if count != LINES:
        raise RuntimeError(f"docker logs gave {count} lines")
    seconds = last_line - opened
    return {
        "seconds": seconds,
        "events_per_second": count / seconds,
        "clients_cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    }


async def _either(*these: Coroutine[Any, Any, object]) -> None:
    """Wait until one of them is over."""
    tasks = [asyncio.create_task(one) for one in these]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
