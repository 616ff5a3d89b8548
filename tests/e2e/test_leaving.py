"""People who leave before their server is ready."""

import asyncio
from contextlib import aclosing

from ..support.git_server import GitServer
from ..support.instance import BinderProcess

NEVER_ANSWERS = (
    "FROM binderhub-lite/singleuser\n"
    """ENTRYPOINT ["sh", "-c", "trap exit TERM; sleep 1000 & wait"]\n"""
)


async def until_servers(binder: BinderProcess, count: int) -> None:
    async with asyncio.timeout(60):
        while len(await asyncio.to_thread(binder.containers, "server")) != count:
            await asyncio.sleep(0.1)


async def test_a_page_that_is_closed_takes_its_half_started_server_along(
    binder: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("never-answers", {"Dockerfile": NEVER_ANSWERS})
    before = len(binder.containers("server"))
    hub_log = binder.folder / "data" / "jupyterhub.log"
    told_before = len(hub_log.read_text())

    async with aclosing(binder.stream(repo.spec)) as events:
        async for event in events:
            if event["phase"] == "launching":
                break
        await until_servers(binder, before + 1)

    await until_servers(binder, before)
    log = hub_log.read_text()[told_before:]
    assert "Traceback" not in log, log
