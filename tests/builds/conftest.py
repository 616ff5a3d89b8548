"""Real builds in a namespace of their own."""

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from binderhub_lite.builds import Builds, BuildSettings, LogArchive
from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.options import BuildOptions
from binderhub_lite.providers import LocalRepoProvider, Repo

from ..support.namespace import own_namespace

MakeBuilds = Callable[..., Builds]


@pytest.fixture
async def daemon() -> AsyncIterator[DockerDaemon]:
    async with own_namespace() as daemon:
        await daemon.ensure_network()
        yield daemon


@pytest.fixture
async def make_builds(daemon: DockerDaemon, tmp_path: Path) -> AsyncIterator[MakeBuilds]:
    """Managers as two processes would have them: they share nothing but the daemon."""
    made: list[Builds] = []

    def make(**settings: Any) -> Builds:
        defaults = {
            "build_image": BuildOptions().build_image,
            "image_prefix": f"{daemon.namespace}-",
        }
        archive = LogArchive(tmp_path / f"logs-{len(made)}")
        made.append(Builds(daemon, BuildSettings(**(defaults | settings)), archive))
        return made[-1]

    yield make
    for builds in made:
        await builds.stop_all()


@dataclass(frozen=True)
class SharedFolder:
    """A directory whose subdirectories can be built without a git server."""

    root: Path

    async def repo(self, dockerfile: str | None, name: str = "hello") -> Repo:
        """A new directory: content of its own, so that no image and no layer is there yet."""
        folder = self.root / name
        folder.mkdir()
        if dockerfile is not None:
            (folder / "Dockerfile").write_text(dockerfile)
        (folder / "README.md").write_text(secrets.token_hex())
        config = Config({"LocalRepoProvider": {"root": str(self.root)}})
        return await LocalRepoProvider(config=config, spec=name).resolve("local")


@pytest.fixture
def folder(tmp_path: Path) -> SharedFolder:
    return SharedFolder(tmp_path)
