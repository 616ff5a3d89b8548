"""The Docker daemon goes away in the middle of a build, and comes back."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..support.docker_daemon import OwnDockerDaemon, own_docker_daemon
from ..support.git_server import GitServer
from ..support.instance import BinderProcess, get
from ..support.tiny_builder import QUICK, SLOW, import_tiny_builders


@pytest.fixture(scope="module")
def docker() -> Iterator[OwnDockerDaemon]:
    with own_docker_daemon() as daemon:
        import_tiny_builders(daemon.url)
        yield daemon


def start(folder: Path, docker: OwnDockerDaemon, builder: str) -> BinderProcess:
    config = (
        f"c.BinderHub.build_docker_host = {docker.url!r}\n"
        f"c.BinderHub.build_image = {builder!r}\n"
        "c.BinderHub.enable_api_only_mode = True\n"
    )
    return BinderProcess(folder, config=config).wait_until_ready()


async def health(binder: BinderProcess) -> dict[str, bool]:
    _, text = await get(f"{binder.url}health")
    return {check["service"]: check["ok"] for check in json.loads(text)["checks"]}


@pytest.mark.parametrize("outage", ["stop", "kill", "pause"])
async def test_watchers_are_told_and_the_server_lives_on(
    tmp_path: Path, docker: OwnDockerDaemon, git_server: GitServer, outage: str
) -> None:
    repo = git_server.repo(f"outage-{outage}")
    binder = start(tmp_path / "slow", docker, SLOW)
    begun = asyncio.Event()

    async def watch() -> list[dict[str, str]]:
        events = []
        async for event in binder.stream(repo.spec, build_only="true"):
            events.append(event)
            if event["message"] == "begun\n":
                begun.set()
        return events

    watchers = [asyncio.create_task(watch()) for _ in range(3)]
    await begun.wait()
    await asyncio.to_thread(getattr(docker, outage))
    try:
        async with asyncio.timeout(30):
            streams = await asyncio.gather(*watchers)
        for events in streams:
            assert [event["phase"] for event in events].count("failed") == 1
            message = events[-1]["message"]
            assert message.startswith(f"No Docker daemon answers at {docker.socket}")
        assert (await health(binder))["Docker daemon"] is False
        refused = await binder.launch(repo.spec, build_only="true")
        assert refused[-1]["message"].startswith("No Docker daemon answers at")
    finally:
        await asyncio.to_thread(docker.resume if outage == "pause" else docker.start)

    assert (await health(binder))["Docker daemon"] is True
    await asyncio.to_thread(binder.stop)
    assert binder.process.returncode == 0

    again = start(tmp_path / "quick", docker, QUICK)
    assert (await again.launch(repo.spec, build_only="true"))[-1]["phase"] == "ready"
    await asyncio.to_thread(again.stop)


async def test_the_next_request_after_an_outage_works(
    tmp_path: Path, docker: OwnDockerDaemon, git_server: GitServer
) -> None:
    repo = git_server.repo("after-outage")
    binder = start(tmp_path, docker, QUICK)
    await asyncio.to_thread(docker.stop)
    failed = (await binder.launch(repo.spec, build_only="true"))[-1]
    assert failed["phase"] == "failed"
    await asyncio.to_thread(docker.start)
    assert (await binder.launch(repo.spec, build_only="true"))[-1]["phase"] == "ready"
    await asyncio.to_thread(binder.stop)
