"""Watchers: how many may watch one build, beside one reader of `docker logs -f`."""

import asyncio
import resource
import time
from pathlib import Path

from binderhub_lite.options import BuildOptions
from tests.support.instance import BinderProcess

from .gate import gate
from .own_process import ask
from .place import Place, docker
from .processes import PeakMemory, megabytes, processes_of
from .results import Group, Row

LINES = 2_000
COUNTS = [1, 10, 100, 500]
PAUSES = {0: "at once", 2: "one every 2 ms"}
"""How the builder prints its lines, by the milliseconds between two."""
PRINTER = Path(__file__).parent / "printer"


async def measure(place: Place) -> Group:
    image = place.image("printer")
    builder = BuildOptions().build_image
    await docker("build", "--quiet", f"--tag={image}", f"--build-arg=BASE={builder}", str(PRINTER))
    config = f"c.BinderHub.enable_api_only_mode = True\nc.BinderHub.build_image = {image!r}\n"
    rows: list[Row] = []
    with place.instance(config) as binder:
        for pause, words in PAUSES.items():
            rows.append({"who": f"docker logs -f, {words}", **await _floor(place, image, pause)})
            for count in COUNTS:
                figures = await _watch(place, binder, count, pause)
                rows.append({"who": f"{count}, {words}", **figures})
    return Group(
        "watchers",
        f"Watchers of one build that logs {LINES:,} lines",
        "The builder is one of ours that only prints, so what costs is the watching. Watchers "
        "come through the public port and run in a process of their own, on the same cores.",
        {
            "who": ("watchers, lines", ""),
            "join_seconds": ("all joined", "{:.2f} s"),
            "seconds": ("last line after", "{:.2f} s"),
            "last_trails_first_seconds": ("last trails first", "{:.3f} s"),
            "events_per_second": ("events/s", "{:,.0f}"),
            "server_cpu_seconds": ("server CPU", "{:.2f} s"),
            "proxy_cpu_seconds": ("proxy CPU", "{:.2f} s"),
            "clients_cpu_seconds": ("clients CPU", "{:.2f} s"),
            "server_peak_megabytes": ("server peak", "{:.0f} MB"),
            "server_after_megabytes": ("after", "{:.0f} MB"),
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
            "--volume=/var/run/docker.sock:/var/run/docker.sock",
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
            await builder.reached.wait()
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
