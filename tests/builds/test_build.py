"""One build on the real Docker daemon, with the real repo2docker."""

from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from binderhub_lite.builds import Builds, BuildSettings, LogArchive
from binderhub_lite.builds.names import container_name
from binderhub_lite.conventions import CA_BUNDLE_IN_CONTAINER, Component, network_name
from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.events import BinderError
from binderhub_lite.providers import GitRepoProvider, Repo
from binderhub_lite.providers.web_api import WebApi

from ..support.gate import Gate
from ..support.git_server import GitServer
from .conftest import MakeBuilds, SharedFolder
from .watching import BROKEN, TINY, counting_around, failure, follow, follow_until


async def test_a_directory_becomes_an_image(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder
) -> None:
    builds, repo = make_builds(), await folder.repo(TINY)
    image = builds.image_of(repo)
    assert not await builds.has_image(image)

    events = await follow(builds, repo)

    assert await builds.has_image(image)
    phases = list(dict.fromkeys(event.phase for event in events))
    assert [phase for phase in phases if phase != "unknown"] == ["waiting", "fetching", "building"]
    assert builds.in_progress == 0
    assert await daemon.containers(Component.BUILD) == []


async def from_git(web: WebApi, spec: str) -> Repo:
    config = Config({"GitRepoProvider": {"allow_private_hosts": True}})
    return await GitRepoProvider(config=config, web=web, spec=spec).resolve("git")


async def test_a_git_repository_becomes_an_image_at_the_commit_that_was_asked_for(
    web: WebApi, daemon: DockerDaemon, make_builds: MakeBuilds, git_server: GitServer
) -> None:
    source = git_server.repo("build-git", {"Dockerfile": TINY + "LABEL version=first\n"})
    first = source.commit
    source.add({"Dockerfile": TINY + "LABEL version=second\n"})
    builds = make_builds()
    repo = await from_git(web, f"{source.escaped}/{first}")

    await follow(builds, repo)

    image = await daemon.client.images.inspect(builds.image_of(repo))
    assert image["Config"]["Labels"]["version"] == "first"


@pytest.mark.parametrize(
    ("dockerfile", "reason"),
    [
        pytest.param(BROKEN, "exit code: 3", id="a command that fails"),
        pytest.param("FRM x\n", "unknown instruction: FRM", id="a Dockerfile that is none"),
    ],
)
async def test_a_failed_build_is_one_clear_sentence_and_leaves_nothing(
    daemon: DockerDaemon,
    make_builds: MakeBuilds,
    folder: SharedFolder,
    dockerfile: str,
    reason: str,
) -> None:
    builds, repo = make_builds(), await folder.repo(dockerfile)

    sentence = await failure(builds, repo)

    assert sentence.startswith(f"Building {repo.url} failed: ")
    assert reason in sentence
    assert "\n" not in sentence
    assert not await builds.has_image(builds.image_of(repo))
    assert await daemon.containers(Component.BUILD) == []
    assert builds.in_progress == 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [("no-such-repository", "not exported: /no-such-repo"), ("build-clone", "has the commit 000")],
)
async def test_what_cannot_be_cloned_fails_with_the_reason(
    web: WebApi,
    daemon: DockerDaemon,
    make_builds: MakeBuilds,
    git_server: GitServer,
    name: str,
    reason: str,
) -> None:
    """A full commit is taken at its word, so only the build finds out that it is not there."""
    known = git_server.repo("build-clone")
    spec = f"{known.escaped.replace('build-clone', name)}/{'0' * 40}"
    repo = await from_git(web, spec)

    sentence = await failure(make_builds(), repo)

    assert sentence.startswith(f"Building {repo.url} failed: ")
    assert reason in sentence
    assert "\n" not in sentence
    assert await daemon.containers(Component.BUILD) == []


async def test_a_dead_container_of_the_same_name_makes_room(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder
) -> None:
    """What a process leaves that is killed before its build has ended."""
    builds, repo = make_builds(), await folder.repo(TINY)
    image = builds.image_of(repo)
    name = container_name(daemon.namespace, repo.url, repo.ref, image)
    left = await daemon.client.containers.create(
        {"Image": "binderhub-lite/singleuser", "Cmd": ["false"]}, name=name
    )
    await left.start()
    await left.wait()

    await follow(builds, repo)

    assert await builds.has_image(image)
    assert await daemon.containers(Component.BUILD) == []


async def test_a_builder_container_is_made_as_configured(
    daemon: DockerDaemon,
    make_builds: MakeBuilds,
    folder: SharedFolder,
    gate: Gate,
    tmp_path: Path,
) -> None:
    bundle = tmp_path / "ca.crt"
    bundle.write_text("")
    builds = make_builds(
        memory_limit=512 * 2**20,
        ca_bundle=str(bundle),
        repo2docker_extra_args=["--label=extra=yes"],
    )
    repo = await folder.repo(counting_around(gate))
    watching = builds.build(repo)
    await follow_until(watching, "at the gate")

    (container,) = await daemon.containers(Component.BUILD)
    facts: dict[str, Any] = await container.show()
    gate.open()
    async for _ in watching:
        pass

    host, config = facts["HostConfig"], facts["Config"]
    assert host["Memory"] == 512 * 2**20
    assert f"{bundle}:{CA_BUNDLE_IN_CONTAINER}:ro" in host["Binds"]
    assert daemon.socket_bind in host["Binds"]
    assert host["NetworkMode"] == network_name(daemon.namespace)
    assert f"SSL_CERT_FILE={CA_BUNDLE_IN_CONTAINER}" in config["Env"]
    labels = {
        name.removeprefix("binderhub-lite."): value for name, value in config["Labels"].items()
    }
    assert labels["created"].isdigit()
    assert {
        "namespace": daemon.namespace,
        "component": "build",
        "provider": "local",
        "spec": "hello",
        "repo_url": repo.url,
        "ref": repo.ref,
        "image": builds.image_of(repo),
    }.items() <= labels.items()
    image = await daemon.client.images.inspect(builds.image_of(repo))
    assert image["Config"]["Labels"]["extra"] == "yes"


async def test_without_settings_a_builder_has_no_limit_and_only_the_socket(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder, gate: Gate
) -> None:
    watching = make_builds().build(await folder.repo(counting_around(gate)))
    await follow_until(watching, "at the gate")

    (container,) = await daemon.containers(Component.BUILD)
    facts: dict[str, Any] = await container.show()

    assert facts["HostConfig"]["Memory"] == 0
    assert facts["HostConfig"]["Binds"] == [daemon.socket_bind]


async def test_the_appendix_ends_the_dockerfile_that_repo2docker_writes(
    make_builds: MakeBuilds, folder: SharedFolder
) -> None:
    """(A repository's own Dockerfile stays as it is: repo2docker appends nothing to that.)"""
    builds = make_builds(
        appendix_for=lambda repo, launch_host: f"LABEL appended={repo.slug}",
        # A real build needs the internet; what would be built can be seen without.
        repo2docker_extra_args=["--debug", "--no-build"],
    )
    repo = await folder.repo(dockerfile=None)

    await follow_until(builds.build(repo), "LABEL appended=local-hello")


async def test_a_builder_image_that_cannot_be_pulled_is_one_clear_sentence(
    daemon: DockerDaemon, make_builds: MakeBuilds, folder: SharedFolder
) -> None:
    builds = make_builds(build_image="127.0.0.1:1/builder:1")

    sentence = await failure(builds, await folder.repo(TINY))

    assert "builder image 127.0.0.1:1/builder:1" in sentence
    assert "cannot be pulled" in sentence
    assert await daemon.containers(Component.BUILD) == []


async def test_without_a_daemon_everyone_is_told_how_to_mend_it(
    folder: SharedFolder, tmp_path: Path
) -> None:
    nobody = DockerDaemon.connect(str(tmp_path / "docker.sock"), "test")
    builds, repo = (
        Builds(nobody, BuildSettings("x:1"), LogArchive(folder.root / "logs")),
        await folder.repo(TINY),
    )

    for asking in (builds.has_image("x:y"), follow(builds, repo), nobody.check()):
        with pytest.raises(BinderError, match="No Docker daemon answers at") as caught:
            await asking
        assert caught.value.status_code == 503
        assert "build_docker_host" in caught.value.message
    await nobody.close()
