"""Who shares a build: everyone who asks for its image, in whatever process."""

import asyncio
import time

import pytest

from binderhub_lite.conventions import Component
from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.events import BinderError

from ..support.gate import Gate
from .conftest import MakeBuilds, SharedFolder
from .watching import (
    BROKEN,
    COUNTING,
    counted,
    counting_around,
    created_containers,
    failure,
    follow,
    follow_until,
)


async def test_everyone_who_asks_watches_the_same_build(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder
) -> None:
    builds, repo, since = make_builds(), await folder.repo(COUNTING), time.time()

    seen = await asyncio.gather(*(follow(builds, repo) for _ in range(10)))

    assert [counted(events) for events in seen] == ["12345678"] * 10
    assert created_containers(daemon, since) == 1


@pytest.mark.parametrize("dockerfile", [COUNTING, BROKEN], ids=["success", "failure"])
async def test_processes_that_race_for_one_image_share_one_container_and_its_end(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder, dockerfile: str
) -> None:
    repo, since = await folder.repo(dockerfile), time.time()
    racing = [make_builds() for _ in range(6)]

    ends = await asyncio.gather(*(follow(one, repo) for one in racing), return_exceptions=True)

    assert created_containers(daemon, since) == 1
    if dockerfile == COUNTING:
        assert [counted(end) if isinstance(end, list) else end for end in ends] == ["12345678"] * 6
    else:
        (sentence,) = {str(end) for end in ends}
        assert "exit code: 3" in sentence


async def test_after_a_failure_the_next_one_who_asks_starts_a_new_build(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder
) -> None:
    builds, repo, since = make_builds(), await folder.repo(BROKEN), time.time()

    assert await failure(builds, repo) == await failure(builds, repo)
    assert created_containers(daemon, since) == 2


async def test_a_late_watcher_gets_the_tail_of_the_log_and_all_that_follows(
    make_builds: MakeBuilds, folder: SharedFolder, gate: Gate
) -> None:
    builds, repo = make_builds(log_tail_lines=2), await folder.repo(counting_around(gate))
    await follow_until(builds.build(repo), "at the gate")

    late = builds.build(repo)
    (waiting,), tail = await anext(late), await anext(late)
    assert waiting.fields["started_it"] is False
    assert len(tail) == 2
    assert "at the gate" in tail[-1].message
    gate.open()
    assert counted([event async for batch in late for event in batch]) == "5678"


async def test_a_watcher_that_leaves_does_not_end_the_build(
    make_builds: MakeBuilds, folder: SharedFolder, gate: Gate
) -> None:
    builds, repo = make_builds(), await folder.repo(counting_around(gate))
    leaving = builds.build(repo)
    await follow_until(leaving, "at the gate")
    await leaving.aclose()
    assert builds.in_progress == 1

    staying = builds.build(repo)
    await follow_until(staying, "at the gate")
    gate.open()
    assert counted([event async for batch in staying for event in batch]) == "5678"


async def test_a_build_outlives_its_process_and_the_next_one_follows_it_to_the_end(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder, gate: Gate
) -> None:
    repo, since = await folder.repo(counting_around(gate)), time.time()
    before, after = make_builds(), make_builds()
    watching = before.build(repo)
    await follow_until(watching, "at the gate")

    await before.detach()
    with pytest.raises(BinderError, match="shutting down"):
        await follow_until(watching, "line 8 of 8")
    (container,) = await daemon.containers(Component.BUILD)
    assert container["State"] == "running"

    seen = []
    async for batch in after.build(repo):
        seen += batch
        if any("at the gate" in event.message for event in batch):
            gate.open()
    assert counted(seen) == "12345678"
    assert await after.has_image(after.image_of(repo))
    assert created_containers(daemon, since) == 1


async def test_stopping_all_ends_the_builds_of_this_namespace_and_no_others(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder, gate: Gate
) -> None:
    builds, repo = make_builds(), await folder.repo(counting_around(gate))
    await follow_until(builds.build(repo), "at the gate")
    stranger = DockerDaemon(daemon.client, daemon.socket, "test-somebody-else")

    assert await stranger.remove_all(Component.BUILD) == 0
    assert len(await daemon.containers(Component.BUILD)) == 1
    await builds.stop_all()

    assert await daemon.containers(Component.BUILD) == []
    assert not await builds.has_image(builds.image_of(repo))
