"""How many servers may run: counted from real containers and from launches under way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from binderhub_lite.conventions import Component, labels
from binderhub_lite.dockerd import DockerDaemon, DockerUnavailable
from binderhub_lite.launch import LaunchQuota, QuotaExceeded

from ..support.namespace import own_namespace

HELLO, OTHER = "registry.test:5000/user-hello-1a2b3c", "registry.test:5000/user-other-4d5e6f"
URL = "https://example.org/hello"


@pytest.fixture
async def daemon() -> AsyncIterator[DockerDaemon]:
    async with own_namespace() as daemon:
        yield daemon


async def server(daemon: DockerDaemon, image: str = f"{HELLO}:1", launch: str = "") -> Any:
    """A container that counts as a server of `image`."""
    marks = labels(daemon.namespace, Component.SERVER, image=image, launch=launch)
    return await daemon.client.containers.create(
        {"Image": "binderhub-lite/singleuser", "Cmd": ["false"], "Labels": marks}
    )


def quota(daemon: DockerDaemon, total: int | None = None) -> LaunchQuota:
    return LaunchQuota(daemon=daemon, total_quota=total)


async def refused(quota: LaunchQuota, repo_quota: int | None = 0) -> QuotaExceeded:
    with pytest.raises(QuotaExceeded) as caught:
        await quota.check(f"{HELLO}:3", URL, repo_quota)
    return caught.value


async def test_without_a_quota_nobody_counts(tmp_path: Path) -> None:
    nobody = DockerDaemon.connect(str(tmp_path / "docker.sock"), "test")
    for repo_quota in (0, None):
        await quota(nobody).check(HELLO, URL, repo_quota)
    with pytest.raises(DockerUnavailable, match="No Docker daemon answers"):
        await quota(nobody, 10).check(HELLO, URL, 0)
    await nobody.close()


async def test_the_total_counts_all_that_run_of_ours(daemon: DockerDaemon) -> None:
    await server(daemon)
    ended = await server(daemon, f"{OTHER}:1")
    build = labels(daemon.namespace, Component.BUILD)
    await daemon.client.containers.create({"Image": "binderhub-lite/singleuser", "Labels": build})

    error = await refused(quota(daemon, 2))
    assert error.message == "Too many users on this BinderHub! Try again soon."
    assert (error.quota, error.status_code) == ("pod_quota", None)

    await ended.start()
    await ended.wait()
    await quota(daemon, 2).check(f"{HELLO}:3", URL, 0)
    async with own_namespace() as another:
        await quota(another, 1).check(f"{HELLO}:3", URL, 0)


async def test_no_places_at_all_are_for_maintenance(daemon: DockerDaemon) -> None:
    assert (await refused(quota(daemon, 0))).quota == "pod_quota"


async def test_a_repository_counts_at_all_of_its_commits(daemon: DockerDaemon) -> None:
    for image in (f"{HELLO}:1", f"{HELLO}:2", f"{OTHER}:1", f"{HELLO}-and-more:1"):
        await server(daemon, image)

    error = await refused(quota(daemon), 2)
    assert error.message == f"Too many users running {URL}! Try again soon."
    assert error.quota == "repo_quota"

    await quota(daemon).check(f"{HELLO}:3", URL, 3)


async def test_of_thirty_at_once_ten_get_a_place(daemon: DockerDaemon) -> None:
    ten = quota(daemon, 10)
    done, refusals = asyncio.Event(), []

    async def launch() -> bool:
        try:
            async with ten.place(f"{HELLO}:1", URL, 0):
                await done.wait()
                return True
        except QuotaExceeded as error:
            refusals.append(error.quota)
            if len(refusals) == 20:
                done.set()
            return False

    async with asyncio.timeout(60):
        got = await asyncio.gather(*(launch() for _ in range(30)))

    assert (got.count(True), refusals) == (10, ["pod_quota"] * 20)
    async with ten.place(f"{HELLO}:1", URL, 0):  # all places are free again
        pass


async def test_a_launch_and_its_container_are_counted_once(daemon: DockerDaemon) -> None:
    two = quota(daemon, 2)
    async with two.place(f"{HELLO}:1", URL, 2) as first:
        await server(daemon, launch=first)
        async with two.place(f"{HELLO}:1", URL, 2) as second:
            assert second != first
            assert (await refused(two)).quota == "pod_quota"
        await two.check(f"{HELLO}:1", URL, 2)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(two.place(f"{HELLO}:1", URL, 2))
        await refused(two)


async def test_a_server_of_the_time_before_launches_had_ids_counts(daemon: DockerDaemon) -> None:
    """Two without an id are two."""
    await server(daemon)
    await server(daemon)

    await refused(quota(daemon, 2))
    await quota(daemon, 3).check(f"{HELLO}:1", URL, 0)
