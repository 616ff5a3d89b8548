"""Where the bench runs: instances and a git server of its own, and nothing left afterwards."""

import asyncio
import contextlib
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from binderhub_lite.conventions import LABEL_NAMESPACE
from binderhub_lite.dockerd import socket_path
from binderhub_lite.options import BuildOptions
from tests.support.bridge import bridge_address
from tests.support.git_server import GitServer
from tests.support.instance import BinderProcess


@dataclass(frozen=True)
class Place:
    """A folder, a namespace of the Docker daemon and a git server."""

    folder: Path
    namespace: str
    address: str
    """This machine's address on Docker's bridge, which containers reach."""
    git: GitServer

    @contextmanager
    def instance(self, config: str = "") -> Iterator[BinderProcess]:
        """A binderhub-lite that is ready; it ends, with all that it has started, at the end."""
        binder = BinderProcess(
            Path(tempfile.mkdtemp(dir=self.folder)),
            config=f"c.BinderHub.ip = '127.0.0.1'\nc.BinderHub.image_prefix = '{self.image()}'\n"
            + config,
            namespace=self.namespace,
        )
        try:
            yield binder.wait_until_ready()
        finally:
            _end(binder)

    def image(self, name: str = "") -> str:
        """The name of an image that is removed at the end."""
        return f"{self.namespace}-{name}"

    @property
    def label(self) -> str:
        """The option of `docker run` by which a container is removed at the end."""
        return f"--label={LABEL_NAMESPACE}={self.namespace}"

    @property
    def filter(self) -> str:
        """The option of `docker ps` that shows the containers of the bench alone."""
        return _filter(self.namespace)


@contextmanager
def place() -> Iterator[Place]:
    namespace = f"bench-{secrets.token_hex(3)}"
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        repos = Path(folder) / "git"
        repos.mkdir()
        git = GitServer(repos, bridge_address())
        try:
            yield Place(Path(folder), namespace, git.address, git)
        finally:
            git.stop()
            _remove_all(namespace)


def docker_socket() -> str:
    """The option of `docker run` that hands Docker to a builder."""
    return f"--volume={socket_path(BuildOptions().build_docker_host)}:/var/run/docker.sock"


async def docker(*arguments: str) -> str:
    """What the docker command prints. Raises RuntimeError when it fails."""
    process = await asyncio.create_subprocess_exec(
        "docker", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        printed, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise RuntimeError(f"docker {' '.join(arguments)}: {complaint.decode()}")
    return printed.decode().strip()


def _end(binder: BinderProcess) -> None:
    children = binder.children() if binder.process.poll() is None else []
    try:
        binder.stop()
    finally:
        # None of them runs any more, unless it did not end in time.
        binder.process.kill()
        for process in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _remove_all(namespace: str) -> None:
    ours = _filter(namespace)
    names = "--format={{.Repository}}:{{.Tag}}"
    for listing, removal in (
        (["ps", "--all", "--quiet", ours], ["rm", "--force", "--volumes"]),
        (["network", "ls", "--quiet", ours], ["network", "rm"]),
        (["images", names, f"--filter=reference={namespace}-*"], ["rmi", "--force"]),
    ):
        found = _docker_now(*listing).split()
        if found:
            _docker_now(*removal, *found)


def _filter(namespace: str) -> str:
    return f"--filter=label={LABEL_NAMESPACE}={namespace}"


def _docker_now(*arguments: str) -> str:
    return subprocess.run(  # what goes wrong, docker says itself: the rest is to be removed, too
        [shutil.which("docker") or "docker", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a second Ctrl-C is not to end it
    ).stdout
