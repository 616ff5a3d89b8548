"""Launches of an image that is there, beside a bare `docker run` until Jupyter answers."""

import asyncio
import time
from collections.abc import Coroutine
from statistics import median

import aiohttp

from tests.support.instance import BinderProcess

from .place import Place, docker
from .results import Group, Row

ROUNDS = {1: 5, 10: 2}
"""How often, by how many people launch at once."""
POLL_SECONDS = 0.02
SECONDS_TO_START = 120


async def measure(place: Place) -> Group:
    rows: list[Row] = []
    with place.instance() as binder:
        repo = place.git.repo("launched")
        image = (await binder.launch(repo.spec))[-1]["image"]
        await _remove_servers(place)
        for people, rounds in ROUNDS.items():
            ours, bare = [], []
            for _ in range(rounds):
                ours.append(await _at_once([_launch(binder, repo.spec) for _ in range(people)]))
                await _remove_servers(place)
                bare.append(await _at_once([_bare_start(place, image) for _ in range(people)]))
                await _remove_servers(place)
            rows.append({"people": people, "rounds": rounds, **_figures(ours, bare)})
    return Group(
        "launches",
        "From an image that is there to a server that is ready",
        "Medians of several rounds, in turn. Bare: `docker run` of the same image until /api "
        "answers.",
        {
            "people": ("at once", "{}"),
            "rounds": ("rounds", "{}"),
            "seconds": ("median", "{:.2f} s"),
            "bare_seconds": ("bare", "{:.2f} s"),
            "overhead_seconds": ("overhead", "{:+.2f} s"),
            "last_seconds": ("last", "{:.2f} s"),
            "bare_last_seconds": ("bare last", "{:.2f} s"),
        },
        rows,
    )


def _figures(ours: list[list[float]], bare: list[list[float]]) -> Row:
    """Of each round, its median and its last; of those, the median of all rounds."""
    seconds, bare_seconds = (median(map(median, rounds)) for rounds in (ours, bare))
    return {
        "seconds": seconds,
        "bare_seconds": bare_seconds,
        "overhead_seconds": seconds - bare_seconds,
        "last_seconds": median(map(max, ours)),
        "bare_last_seconds": median(map(max, bare)),
    }


async def _at_once(starts: list[Coroutine[None, None, None]]) -> list[float]:
    """Start all; returns the seconds after which each was ready."""

    async def timed(start: Coroutine[None, None, None]) -> float:
        await start
        return time.monotonic() - began

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(timed(start)) for start in starts]
    return [task.result() for task in tasks]


async def _launch(binder: BinderProcess, spec: str) -> None:
    last = (await binder.launch(spec))[-1]
    if last["phase"] != "ready":
        raise RuntimeError(last["message"])


async def _bare_start(place: Place, image: str) -> None:
    container = await docker(
        "run",
        "--detach",
        "--publish=127.0.0.1::8888",
        place.label,
        image,
        "jupyter-lab",
        "--ip=0.0.0.0",
        "--port=8888",
        "--ServerApp.token=none",
    )
    address = (await docker("port", container, "8888")).splitlines()[0]
    async with aiohttp.ClientSession() as session, asyncio.timeout(SECONDS_TO_START):
        while not await _answers(session, f"http://{address}/api"):  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def _remove_servers(place: Place) -> None:
    """Servers run for nobody and would take the next round's time."""
    servers = await docker("ps", "--all", "--quiet", place.filter)
    await docker("rm", "--force", "--volumes", *servers.split())
