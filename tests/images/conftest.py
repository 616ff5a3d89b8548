"""A Docker daemon whose disk is small, and images on it that seem to be built by us."""

import io
import os
import secrets
import subprocess
import tarfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.images import CleanerSettings, ImageCleaner, ImageShelf, LaunchTimes
from binderhub_lite.launch.data_dir import DataDir
from binderhub_lite.metrics import Metrics
from binderhub_lite.options import BuildOptions

from ..support.docker_daemon import OwnDockerDaemon, own_docker_daemon

DISK = 200  # MB
MB = 2**20
HOUR = 3600
NAMESPACE = "small"


class SmallDocker:
    """The small daemon, with ways to fill its disk."""

    def __init__(self, daemon: OwnDockerDaemon) -> None:
        self.daemon = daemon
        self.docker = daemon.docker

    def image(self, name: str, megabytes: int = 20, **labels: str) -> str:
        """An image that seems to be built by us; `labels` replace or add some of ours."""
        image = f"{name}:1"
        ours = {"namespace": NAMESPACE, "repo_url": f"https://example.org/{name}", "ref": "1"}
        all_labels = {**ours, "image": image, **labels}
        changes = [
            f"--change=LABEL binderhub-lite.{label}={value}" for label, value in all_labels.items()
        ]
        self.docker("import", *changes, "-", image, stdin=_root_file_system(megabytes))
        return image

    def build(self, name: str, dockerfile: str, **files: bytes) -> str:
        """An image that BuildKit builds, with our labels and a cache that it leaves behind."""
        folder = self.daemon.folder / secrets.token_hex(4)
        folder.mkdir()
        (folder / "Dockerfile").write_text(dockerfile)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        image = f"{name}:1"
        labels = {"namespace": NAMESPACE, "image": image, "repo_url": name, "ref": "1"}
        # The builder image has the docker command that repo2docker uses.
        subprocess.run(
            ["docker", "run", "--rm", f"--volume={self.daemon.socket}:/var/run/docker.sock"]
            + [f"--volume={folder}:/context", "--entrypoint=docker", BuildOptions().build_image]
            + ["buildx", "build", "--quiet", "--load", f"--tag={image}"]
            + [f"--label=binderhub-lite.{label}={value}" for label, value in labels.items()]
            + ["/context"],
            check=True,
            capture_output=True,
        )
        return image

    def fill(self, megabytes: int) -> Path:
        """A file that is not Docker's."""
        file = self.daemon.data_root / secrets.token_hex(4)
        file.write_bytes(bytes(megabytes * MB))
        return file

    @property
    def images(self) -> set[str]:
        return set(self.docker("images", "--format={{.Repository}}:{{.Tag}}").split())

    @property
    def megabytes_used(self) -> float:
        facts = os.statvfs(self.daemon.data_root)
        return (facts.f_blocks - facts.f_bfree) * facts.f_frsize / MB


def _root_file_system(megabytes: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("content")
        info.size = megabytes * MB
        tar.addfile(info, io.BytesIO(os.urandom(info.size)))
    return buffer.getvalue()


def hours_ago(**hours: float) -> Mapping[str, float]:
    """Launch times of images."""
    return {f"{image}:1": time.time() - ago * HOUR for image, ago in hours.items()}


@pytest.fixture
def small() -> Iterator[SmallDocker]:
    with own_docker_daemon(f"{DISK}m") as daemon:
        yield SmallDocker(daemon)


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    path = tmp_path / "data"
    path.mkdir()
    return DataDir(path)


class Cleaning:
    """A cleaner of the small daemon, as a server would have it."""

    def __init__(self, docker: DockerDaemon, data_dir: DataDir) -> None:
        self.docker = docker
        self.data_dir = data_dir
        self.metrics = Metrics()
        self.needed: set[str] = set()

    def launched(self, **hours: float) -> None:
        """Note launches so many hours ago."""
        self.data_dir.write("launches.json", dict(hours_ago(**hours)))

    @property
    def shelf(self) -> ImageShelf:
        return ImageShelf(self.docker, LaunchTimes(self.data_dir), needed=lambda: self.needed)

    def cleaner(self, high: int = 50, low: int = 30, keep: tuple[str, ...] = ()) -> ImageCleaner:
        settings = CleanerSettings.of(high, low, 0.2, keep)
        return ImageCleaner(self.docker, self.shelf, settings, self.metrics)

    def measured(self, name: str) -> float:
        value = self.metrics.registry.get_sample_value(name)
        assert value is not None
        return value


@pytest.fixture
async def cleaning(small: SmallDocker, data_dir: DataDir) -> AsyncIterator[Cleaning]:
    docker = DockerDaemon.connect(small.daemon.url, NAMESPACE)
    yield Cleaning(docker, data_dir)
    await docker.close()
