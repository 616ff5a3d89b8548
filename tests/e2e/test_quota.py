"""A class clicks at once, and there are fewer places than people."""

import asyncio
import collections
import json
from collections.abc import Iterator

import pytest

from ..support.git_server import GitServer
from ..support.instance import BinderProcess, docker, get
from ..support.quick_server import quick_server

FULL = "Too many users on this BinderHub! Try again soon.\n"


CONFIG = """
import logging

async def hook(launcher, image, username, server_name, repo_url):
    if repo_url.endswith("/forbidden"):
        raise PermissionError("Not in this class.")

c.LaunchQuota.total_quota = 10
c.GitRepoProvider.spec_config = [{"pattern": ".*rare", "config": {"quota": 1}}]
c.Launcher.pre_launch_hook = hook
c.EventLog.handlers_maker = lambda event_log: [logging.FileHandler("launches.jsonl")]
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BinderProcess]:
    process = BinderProcess(tmp_path_factory.mktemp("small"), config=CONFIG)
    yield process.wait_until_ready()
    process.stop()


async def last(binder: BinderProcess, spec: str) -> dict[str, object]:
    return (await binder.launch(spec))[-1]


async def test_thirty_launches_at_once_fill_ten_places_and_no_more(
    small: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("herd", quick_server())
    await last(small, repo.spec)  # builds the image
    (first,) = small.containers("server")
    docker("rm", "--force", first)

    ends = await asyncio.gather(*(last(small, repo.spec) for _ in range(30)))

    phases = collections.Counter(end["phase"] for end in ends)
    assert phases == {"ready": 10, "failed": 20}
    assert {end["message"] for end in ends if end["phase"] == "failed"} == {FULL}
    servers = small.containers("server")
    assert len(servers) == 10
    for end in ends:
        if end["phase"] == "ready":
            assert (await get(f"{end['url']}api"))[0] == 200

    _, health = await get(f"{small.url}health")
    quota = next(check for check in json.loads(health)["checks"] if check["service"] == "Pod quota")
    assert (quota["user_pods"], quota["quota"]) == (10, 10)

    # Nor is anything built for who has no place.
    other = git_server.repo("also-rare", quick_server())
    events = await small.launch(other.spec)
    assert [event["phase"] for event in events] == ["waiting", "failed"]
    assert events[-1]["message"] == FULL

    docker("rm", "--force", *servers[:2])
    assert (await last(small, other.spec))["phase"] == "ready"
    assert (await last(small, other.spec))["message"] == (
        f"Too many users running {other.url}! Try again soon.\n"
    )
    assert (await last(small, repo.spec))["phase"] == "ready"
    assert (await last(small, repo.spec))["message"] == FULL

    forbidden = git_server.repo("forbidden", quick_server())
    docker("rm", "--force", *small.containers("server")[:1])
    refused = await last(small, forbidden.spec)
    assert (refused["phase"], refused["message"]) == ("failed", "Not in this class.\n")

    log = small.folder / "launches.jsonl"
    async with asyncio.timeout(10):  # it is written by a thread of its own
        while len(lines := log.read_text().splitlines()) < 14:
            await asyncio.sleep(0.05)
    statuses = collections.Counter(json.loads(line)["status"] for line in lines)
    assert statuses == {"success": 13, "failure": 1}
