"""A namespace of the Docker daemon for one test, and nothing of it left behind."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from binderhub_lite.conventions import Component
from binderhub_lite.dockerd import DockerDaemon

DOCKER_HOST = os.environ.get("DOCKER_HOST", "/var/run/docker.sock")


@asynccontextmanager
async def own_namespace() -> AsyncIterator[DockerDaemon]:
    """The real daemon; images whose names begin with the namespace are removed, too."""
    daemon = DockerDaemon.connect(DOCKER_HOST, f"test-{secrets.token_hex(4)}")
    try:
        yield daemon
    finally:
        for component in Component:
            await daemon.remove_all(component)
        await daemon.remove_network()
        wanted = {"reference": [f"{daemon.namespace}-*"]}
        for image in await daemon.client.images.list(filters=wanted):
            for tag in image["RepoTags"]:
                await daemon.client.images.delete(tag, force=True)
        await daemon.close()
