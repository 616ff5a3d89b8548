"""A hub that dies in the middle of a launch."""

import asyncio
from pathlib import Path

from ..support.git_server import GitServer
from ..support.instance import BinderProcess, get
from ..support.quick_server import quick_server


async def test_a_launch_outlives_the_hub(tmp_path: Path, git_server: GitServer) -> None:
    repo = git_server.repo("slow", quick_server(seconds_to_start=2))
    binder = BinderProcess(tmp_path, config="c.Launcher.retry_delay = 2\n").wait_until_ready()
    launch = asyncio.create_task(binder.launch(repo.spec))
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(binder.containers, "server"):
            await asyncio.sleep(0.05)

    (hub,) = (child for child in binder.children() if "jupyterhub_config" in str(child.cmdline()))
    hub.kill()
    ready = (await launch)[-1]

    assert ready["phase"] == "ready", (ready, binder.output)
    assert (await get(f"{ready['url']}api"))[0] == 200
    assert len(binder.containers("server")) == 1
    metrics = (await get(f"{binder.url}metrics"))[1]
    assert 'binderhub_launch_time_seconds_count{retries="0"' not in metrics
    assert 'status="success"} 1.0' in metrics
    binder.stop()
