"""A machine without room says so: what Docker and memory are asked, and what people are told."""

import io
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
import psutil
import pytest
from docker.errors import DockerException

from binderhub_lite.launch.room import FULL_DISK, NO_MEMORY, explain, has_memory
from binderhub_lite.launch.spawner import BinderSpawner, ServerDied

from ..support.docker_daemon import OwnDockerDaemon, own_docker_daemon

IMAGE = "tiny:1"


@pytest.fixture
def small_docker() -> Iterator[OwnDockerDaemon]:
    with own_docker_daemon("30m") as daemon:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("nothing"))
        daemon.docker("import", "-", IMAGE, stdin=buffer.getvalue())
        yield daemon


def told(url: str, image: str) -> str:
    """What a person is told when a container of `image` cannot be made."""
    client: Any = docker.APIClient(base_url=url, version="1.41")
    with pytest.raises(DockerException) as trouble:
        client.create_container(image, ["nothing"])
    return explain(trouble.value)


def test_a_full_disk_and_other_refusals(small_docker: OwnDockerDaemon) -> None:
    assert told(small_docker.url, "no-such:1") == (
        "Docker refused to start the server: No such image: no-such:1"
    )
    with (small_docker.data_root / "filling").open("wb") as filling, suppress(OSError):
        while True:
            filling.write(b"0" * 2**20)
    assert told(small_docker.url, IMAGE) == FULL_DISK


def test_docker_that_is_away(tmp_path: Path) -> None:
    client: Any = docker.APIClient(base_url=f"unix://{tmp_path}/docker.sock", version="1.41")
    with pytest.raises(OSError) as trouble:  # noqa: PT011
        client.create_container(IMAGE, ["nothing"])
    assert explain(trouble.value).startswith("Docker does not answer, so no server can start (")


async def test_without_memory_no_server_is_started() -> None:
    assert has_memory(0)
    everything = psutil.virtual_memory().total
    assert not has_memory(everything)
    spawner = BinderSpawner(memory_reserve=everything, user_options={"image": IMAGE})
    with pytest.raises(ServerDied) as died:
        await spawner.start()
    assert died.value.jupyterhub_message == NO_MEMORY
