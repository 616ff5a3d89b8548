"""Servers that nobody uses end by themselves."""

import asyncio
from pathlib import Path

from ..support.git_server import GitServer
from ..support.instance import BinderProcess, get


async def test_an_idle_server_is_removed(tmp_path: Path, git_server: GitServer) -> None:
    binder = BinderProcess(tmp_path, config="c.BinderHub.idle_timeout = 2\n").wait_until_ready()
    ready = (await binder.launch(git_server.repo("idle").spec))[-1]
    assert ready["phase"] == "ready"

    async with asyncio.timeout(60):
        while binder.containers("server"):
            await asyncio.sleep(0.5)
    assert (await get(f"{ready['url']}api/status?token={ready['token']}"))[0] != 200
    await asyncio.to_thread(binder.stop)
