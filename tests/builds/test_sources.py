"""Real builds from every kind of git server, and what they leave of the secrets that they took."""

import asyncio
import gzip
import io
import subprocess
import tarfile
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from binderhub_lite.builds import Builds
from binderhub_lite.builds.repo2docker import CREDENTIALS
from binderhub_lite.providers import GitRepoProvider, Repo
from binderhub_lite.providers.web_api import WebApi

from ..support.git_over import forgetful_ssh, git_over_http, git_over_ssh
from ..support.git_server import GitServer
from .conftest import MakeBuilds

PASSWORD = "correct-horse-battery-staple"
DOCKERFILE = "FROM scratch\nCOPY . /content/\n"


async def resolve(web: WebApi, url: str, **options: Any) -> Repo:
    config = Config({"GitRepoProvider": {"allow_private_hosts": True, **options}})
    spec = f"{url.replace('/', '%2F')}/HEAD"
    return await GitRepoProvider(config=config, web=web, spec=spec).resolve("git")


async def build(builds: Builds, repo: Repo) -> str:
    """Everything that a watcher of the build is told."""
    said = []
    async with aclosing(builds.build(repo)) as batches:
        async for batch in batches:
            said += [event.json for event in batch]
    return "\n".join(said)


def content(image: str, name: str) -> str:
    """A file of the repository that the image was made from."""
    container = docker("create", image, "nothing").decode().strip()
    try:
        copied = docker("cp", f"{container}:/content/{name}", "-")
    finally:
        docker("rm", container)
    with tarfile.open(fileobj=io.BytesIO(copied)) as tar:
        file = tar.extractfile(name)
        assert file is not None
        return file.read().decode()


def docker(*arguments: str) -> bytes:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True).stdout


async def test_git_http_and_ssh(
    web: WebApi,
    git_server: GitServer,
    bridge_address: str,
    make_builds: MakeBuilds,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", forgetful_ssh(tmp_path))
    source = git_server.repo("sources", {"Dockerfile": DOCKERFILE})
    builds = make_builds()
    async with (
        git_over_http(git_server.root, bridge_address) as http,
        git_over_ssh(git_server.root, "127.0.0.1", tmp_path) as ssh,
    ):
        for url, options in [
            (source.url, {}),
            (f"{http.url}/sources", {}),
            # Only this machine reaches the server, and the key never leaves it.
            (f"{ssh.url}/sources", {"ssh_key": str(ssh.key)}),
        ]:
            repo = await resolve(web, url, **options)
            await build(builds, repo)

            image = builds.image_of(repo)
            readme = await asyncio.to_thread(content, image, "README.md")
            assert readme == (source.path / "README.md").read_text()
            await asyncio.to_thread(docker, "rmi", image)


async def test_a_password_reaches_the_clone_and_nothing_else(
    web: WebApi,
    git_server: GitServer,
    bridge_address: str,
    make_builds: MakeBuilds,
    tmp_path: Path,
) -> None:
    """The builder image here has no credential helper of its own."""
    source = git_server.repo("private", {"Dockerfile": DOCKERFILE})
    builds = make_builds()
    async with git_over_http(git_server.root, bridge_address, f"kim:{PASSWORD}") as served:
        credentials = f"username=kim\\npassword={PASSWORD}"
        repo = await resolve(web, f"{served.url}/private", git_credentials=credentials)
        image = builds.image_of(repo)

        served.requests.clear()
        served.answering.clear()
        building = asyncio.create_task(build(builds, repo))
        while not served.requests:  # while it clones
            await asyncio.sleep(0.05)
        label = f"label=binderhub-lite.image={image}"
        (container,) = docker("ps", "--quiet", f"--filter={label}").decode().split()
        inspected = docker("inspect", container).decode()
        kept = docker("exec", container, "cat", CREDENTIALS).decode()
        served.answering.set()
        events = await building

    logs = "".join(gzip.decompress(file.read_bytes()).decode() for file in kept_logs(tmp_path))
    saved = unpacked(docker("save", image))
    # First, that we search in the right places, for the right thing.
    assert PASSWORD in kept
    for text in (events, logs, inspected, repr(repo)):
        assert repo.ref in text
        assert PASSWORD not in text
    assert (source.path / "README.md").read_bytes() in saved
    assert image.encode() in docker("inspect", image)
    for data in (docker("inspect", image), docker("history", "--no-trunc", image), *saved):
        assert PASSWORD.encode() not in data


def kept_logs(folder: Path) -> list[Path]:
    found = [*folder.rglob("*.gz")]
    assert len(found) == 1
    return found


def unpacked(archive: bytes) -> list[bytes]:
    """The content of every file of an archive, and of archives in it: an image's layers."""
    found = []
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                content = file.read()
                found += unpacked(content) if member.name.endswith(".tar") else [content]
    return found
