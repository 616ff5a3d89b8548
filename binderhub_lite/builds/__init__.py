"""Repo → image: builds as repo2docker containers on the Docker daemon."""

from .archive import LogArchive
from .manager import Builds
from .settings import BuildSettings

__all__ = ["BuildSettings", "Builds", "LogArchive"]
