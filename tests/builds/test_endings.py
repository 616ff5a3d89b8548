"""How builds are bounded, stopped and found again, on the real daemon."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiodocker.containers import DockerContainer

from binderhub_lite.builds import Builds, BuildSettings, LogArchive
from binderhub_lite.builds.facts import BuildFacts
from binderhub_lite.conventions import LABEL_USER, Component
from binderhub_lite.dockerd import DockerDaemon, remove
from binderhub_lite.events import BinderError
from binderhub_lite.options import BuildOptions

from ..support.gate import Gate
from .conftest import MakeBuilds, SharedFolder
from .watching import TINY, failure, follow, follow_until


def waits_at(gate: Gate) -> str:
    return (
        "FROM binderhub-lite/singleuser\nCOPY README.md /tmp/\n"
        f"{gate.dockerfile_line}RUN echo past the gate\n"
    )


async def quiet_but_for(builds: Builds, images: set[str]) -> None:
    """Wait until nothing but these images is built any more."""
    async with asyncio.timeout(30):
        while builds.images_in_use() != images:
            await asyncio.sleep(0.05)


async def reached(gate: Gate) -> None:
    await asyncio.to_thread(gate.wait_until_reached)


async def test_a_build_that_takes_too_long_is_stopped(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder, gate: Gate
) -> None:
    builds, repo = make_builds(max_age=3), await folder.repo(waits_at(gate))

    sentence = await failure(builds, repo)

    assert sentence.endswith("it took longer than the 3 seconds that a build may take.")
    assert await daemon.containers(Component.BUILD) == []


@pytest.mark.parametrize(
    ("by_hand", "sentence"),
    [
        (remove, "its container was removed by somebody."),
        (DockerContainer.kill, "its container was killed by somebody."),
    ],
)
async def test_a_build_that_somebody_ends_by_hand_says_so(
    daemon: DockerDaemon,
    make_builds: MakeBuilds,
    folder: SharedFolder,
    gate: Gate,
    by_hand: Callable[[DockerContainer], Awaitable[None]],
    sentence: str,
) -> None:
    builds, repo = make_builds(), await folder.repo(waits_at(gate))
    failing = asyncio.create_task(failure(builds, repo))
    await reached(gate)
    (container,) = await daemon.containers(Component.BUILD)
    await by_hand(container)
    assert (await failing).endswith(sentence)
    assert await daemon.containers(Component.BUILD) == []


async def test_a_build_that_runs_out_of_memory_says_so(
    make_builds: MakeBuilds, folder: SharedFolder
) -> None:
    builds = make_builds(memory_limit=12 * 2**20)

    sentence = await failure(builds, await folder.repo(TINY))

    assert sentence.endswith("repo2docker ran out of the memory that a build may take.")


async def test_cancelling_stops_the_work_and_tells_every_watcher(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder, gate: Gate
) -> None:
    builds, repo = make_builds(), await folder.repo(waits_at(gate))
    users = {"ada", "bob", "cyd"}
    watchers = [asyncio.create_task(failure(builds, repo, user)) for user in users]
    await reached(gate)
    (container,) = await daemon.containers(Component.BUILD)
    starter = container["Labels"][LABEL_USER]

    for other in users - {starter}:
        with pytest.raises(BinderError, match="Somebody else has started this build") as refused:
            await builds.cancel(repo.provider, repo.spec, other)
        assert refused.value.status_code == 403
    await builds.cancel(repo.provider, repo.spec, starter)

    assert await asyncio.gather(*watchers) == ["The build was cancelled."] * 3
    assert await daemon.containers(Component.BUILD) == []
    with pytest.raises(BinderError, match="No build of local/hello is running"):
        await builds.cancel(repo.provider, repo.spec)


async def test_a_build_that_is_cancelled_while_docker_makes_its_container_leaves_none(
    daemon: DockerDaemon,
    make_builds: MakeBuilds,
    folder: SharedFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create, made = daemon.client.containers.create, asyncio.Event()

    async def answer_late(*arguments: Any, **more: Any) -> DockerContainer:
        container = await create(*arguments, **more)
        made.set()
        await asyncio.sleep(0.2)
        return container

    monkeypatch.setattr(daemon.client.containers, "create", answer_late)
    builds, repo = make_builds(), await folder.repo(TINY)
    failing = asyncio.create_task(failure(builds, repo))
    await made.wait()

    await builds.cancel(repo.provider, repo.spec)

    assert await failing == "The build was cancelled."
    assert await daemon.containers(Component.BUILD) == []


async def test_builds_beyond_the_limit_wait_and_nobodys_is_dropped(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder, gate: Gate
) -> None:
    builds = make_builds(concurrent_limit=1)
    first = await folder.repo(waits_at(gate), "one")
    running = asyncio.create_task(follow(builds, first))
    await reached(gate)
    wanted, unwanted = await folder.repo(TINY, "two"), await folder.repo(TINY, "three")
    leaving = builds.build(unwanted)
    await follow_until(leaving, "1 build ahead of yours")
    staying = builds.build(wanted)
    await follow_until(staying, "2 builds ahead of yours")
    also = builds.build(wanted)
    await follow_until(also, "2 builds ahead of yours")

    await leaving.aclose()
    await also.aclose()
    await follow_until(staying, "1 build ahead of yours")
    await quiet_but_for(builds, {builds.image_of(first), builds.image_of(wanted)})
    assert len(await daemon.containers(Component.BUILD)) == 1

    gate.open()
    await running
    async for _ in staying:
        pass
    assert await builds.has_image(builds.image_of(wanted))
    assert not await builds.has_image(builds.image_of(unwanted))


async def test_after_a_restart_running_builds_are_followed_to_their_end(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder, gate: Gate
) -> None:
    repo = await folder.repo(waits_at(gate))
    before, after = make_builds(), make_builds(log_tail_lines=3, concurrent_limit=1)
    watching = before.build(repo)
    await follow_until(watching, "at the gate")
    await before.detach()

    await after.clean_up()
    assert after.images_in_use() == {after.image_of(repo)}
    queued = after.build(await folder.repo(TINY, "later"))
    await follow_until(queued, "1 build ahead of yours")
    late = after.build(repo)
    await follow_until(late, "at the gate")
    with pytest.raises(BinderError, match="Somebody else"):
        await after.cancel(repo.provider, repo.spec, "bob")
    gate.open()
    rest = [event.message async for batch in late for event in batch]

    assert sum("past the gate" in message for message in rest) >= 1
    assert await after.has_image(after.image_of(repo))
    async for _ in queued:
        pass
    assert await daemon.containers(Component.BUILD) == []


async def test_a_build_that_begins_while_docker_makes_its_list_is_followed_once(
    daemon: DockerDaemon, folder: SharedFolder, gate: Gate, tmp_path: Path
) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    class SlowDaemon(DockerDaemon):
        async def containers(self, component: Component) -> list[DockerContainer]:
            asked.set()
            await answer.wait()
            return await super().containers(component)

    slow = SlowDaemon(daemon.client, daemon.socket, daemon.namespace)
    settings = BuildSettings(BuildOptions().build_image, image_prefix=f"{daemon.namespace}-")
    builds = Builds(slow, settings, LogArchive(tmp_path / "logs"))
    cleaning = asyncio.create_task(builds.clean_up())
    await asked.wait()
    watching = builds.build(await folder.repo(waits_at(gate)))
    await follow_until(watching, "at the gate")
    answer.set()
    await cleaning

    gate.open()
    await follow_until(watching, "past the gate")
    async with asyncio.timeout(30):
        async for _ in watching:
            pass
    assert builds.in_progress == 0


async def test_a_container_that_a_killed_process_never_started_makes_room(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder
) -> None:
    repo = await folder.repo(TINY)
    other, killed, again = (make_builds(maker=maker) for maker in ("/other", "/data", "/data"))
    for builds in (other, killed):
        image = builds.image_of(repo)
        facts = BuildFacts.of(daemon.namespace, repo, image)
        config = {
            "Image": "binderhub-lite/singleuser",
            "Labels": facts.labels(daemon.namespace, builds._settings.maker),
        }
        container = await daemon.client.containers.create(config, name=facts.name)
        await again.clean_up()
        left = await daemon.containers(Component.BUILD)
        assert [one.id for one in left] == ([container.id] if builds is other else [])
        await remove(container)

    await follow(again, repo)


async def test_what_ended_while_nobody_looked_is_removed(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder, gate: Gate
) -> None:
    before, after = make_builds(), make_builds()
    watching = before.build(await folder.repo(waits_at(gate)))
    await follow_until(watching, "at the gate")
    await before.detach()
    (container,) = await daemon.containers(Component.BUILD)
    await container.kill()
    await container.wait()

    await after.clean_up()
    await quiet_but_for(after, set())

    assert await daemon.containers(Component.BUILD) == []
    (record,) = await after.records()
    assert (record.state, record.spec) == ("failed", "hello")
    log = b"".join([piece async for piece in after.log_text(record.name, follow=False)])
    assert b"at the gate" in log
    assert log.endswith(b"failed: its container was killed by somebody.\n")


async def test_a_build_is_refused_where_the_daemon_is_not_the_one_that_was_meant(
    make_builds: MakeBuilds, folder: SharedFolder
) -> None:
    repo = await folder.repo(TINY)
    sentence = await failure(make_builds(node_selector={"OSType": "plan9", "gpu": "yes"}), repo)
    assert sentence == (
        "Builds are not allowed on this Docker daemon, which build_node_selector does not match: "
        "OSType is 'linux', not 'plan9'; there is no gpu."
    )
    await follow(make_builds(node_selector={"OSType": "linux"}), repo)


async def test_the_push_secret_is_in_the_builder(
    daemon: DockerDaemon,
    make_builds: MakeBuilds,
    folder: SharedFolder,
    gate: Gate,
    tmp_path: Path,
) -> None:
    secret = tmp_path / "config.json"
    secret.write_text("{}")
    builds = make_builds(push_secret=str(secret))
    watching = builds.build(await folder.repo(waits_at(gate)))
    await follow_until(watching, "at the gate")
    (container,) = await daemon.containers(Component.BUILD)
    mounts = (await container.show())["Mounts"]
    assert {"Source": str(secret), "RW": False, "Destination": "/root/.docker/config.json"} in [
        {key: mount[key] for key in ("Source", "RW", "Destination")} for mount in mounts
    ]
    gate.open()
    async for _ in watching:
        pass
