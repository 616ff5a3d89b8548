"""A hub that dies in the middle of a launch, and one that has enough to do."""

import asyncio
from collections.abc import Iterator

import pytest

from ..support.git_server import GitServer
from ..support.instance import BinderProcess, docker, get
from ..support.quick_server import quick_server

CONFIG = """
c.Launcher.retry_delay = 2
c.JupyterHub.concurrent_spawn_limit = 1
"""


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BinderProcess]:
    process = BinderProcess(tmp_path_factory.mktemp("troubled"), config=CONFIG)
    yield process.wait_until_ready()
    process.stop()


async def successes(binder: BinderProcess) -> dict[str, int]:
    """How many launches succeeded, by the times that the hub was asked again."""
    lines = (await get(f"{binder.url}metrics"))[1].splitlines()
    start = 'binderhub_launch_time_seconds_count{retries="'
    return {
        line.removeprefix(start).split('"')[0]: int(float(line.split()[-1]))
        for line in lines
        if line.startswith(start) and 'status="success"' in line
    }


def running_servers(binder: BinderProcess) -> list[str]:
    of_binder = f"--filter=label=binderhub-lite.namespace={binder.namespace}"
    servers = "--filter=label=binderhub-lite.component=server"
    return docker("ps", "--quiet", "--filter=status=running", of_binder, servers).split()


async def started_server(binder: BinderProcess) -> str:
    """The one container that has been started for a launch."""
    async with asyncio.timeout(60):
        while True:
            running = await asyncio.to_thread(running_servers, binder)
            if running:
                return running[0]
            await asyncio.sleep(0.05)


async def test_a_hub_that_starts_as_much_as_it_can_is_waited_for(
    troubled: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("crowd", quick_server(seconds_to_start=2))
    first = asyncio.create_task(troubled.launch(repo.spec))
    container = await started_server(troubled)
    docker("pause", container)

    async for event in troubled.stream(repo.spec):
        if event["message"] == "Many servers start just now; waiting...\n":
            docker("unpause", container)

    assert event["phase"] == (await first)[-1]["phase"] == "ready"
    assert await successes(troubled) == {"0": 2}


async def test_a_launch_outlives_the_hub(troubled: BinderProcess, git_server: GitServer) -> None:
    before = await successes(troubled)
    for container in troubled.containers("server"):
        docker("rm", "--force", container)
    repo = git_server.repo("slow", quick_server(seconds_to_start=2))
    launch = asyncio.create_task(troubled.launch(repo.spec))
    await started_server(troubled)

    (hub,) = (child for child in troubled.children() if "jupyterhub_config" in str(child.cmdline()))
    hub.kill()
    ready = (await launch)[-1]

    assert ready["phase"] == "ready", (ready, troubled.output)
    assert (await get(f"{ready['url']}api"))[0] == 200
    assert len(troubled.containers("server")) == 1
    after = await successes(troubled)
    assert after.get("0") == before.get("0"), "the hub was asked again"
    assert sum(after.values()) == sum(before.values()) + 1
