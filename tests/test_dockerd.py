"""What we leave in the Docker daemon, and how it is reached."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiodocker.exceptions import DockerError
from aiohttp import web

from binderhub_lite.conventions import (
    CA_BUNDLE_IN_CONTAINER,
    CA_BUNDLE_VARIABLES,
    Component,
    labels,
    network_name,
    trust,
)
from binderhub_lite.dockerd import DockerDaemon, DockerUnavailable, remove, socket_path

from .support.namespace import own_namespace


@pytest.fixture
async def daemon() -> AsyncIterator[DockerDaemon]:
    async with own_namespace() as daemon:
        yield daemon


@pytest.mark.parametrize("host", ["/run/docker.sock", "unix:///run/docker.sock"])
def test_the_socket_may_be_a_path_or_a_url(host: str) -> None:
    assert socket_path(host) == "/run/docker.sock"


@pytest.mark.parametrize("host", ["tcp://10.0.0.1:2375", "ssh://host", "npipe:////./pipe/docker"])
def test_a_daemon_elsewhere_is_refused_in_words(host: str) -> None:
    with pytest.raises(ValueError, match=r"build_docker_host is .* give the path"):
        socket_path(host)


def test_containers_trust_a_bundle_wherever_programs_look_for_one(tmp_path: Path) -> None:
    binds, environment = trust(str(tmp_path / "sub" / ".." / "ca.crt"))

    assert binds == [f"{tmp_path / 'ca.crt'}:{CA_BUNDLE_IN_CONTAINER}:ro"]
    assert environment == dict.fromkeys(CA_BUNDLE_VARIABLES, CA_BUNDLE_IN_CONTAINER)
    assert {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO"} < set(environment)
    assert trust("") == ([], {})


async def test_as_many_builds_can_be_followed_as_there_are_and_no_connection_is_kept(
    tmp_path: Path,
) -> None:
    """aiohttp's own limit is 100; and a daemon that goes down still answers on old connections."""
    silent, connections = asyncio.Event(), set()

    async def answer(request: web.Request) -> web.Response:
        connections.add(request.transport)
        if request.path.endswith("/info"):
            await silent.wait()
        return web.json_response({"ApiVersion": "1.41"})

    server = web.ServerRunner(web.Server(answer))  # type: ignore[arg-type]
    await server.setup()
    await web.UnixSite(server, tmp_path / "docker.sock").start()
    daemon = DockerDaemon.connect(str(tmp_path / "docker.sock"), "test")
    followed = [asyncio.create_task(daemon.client.system.info()) for _ in range(150)]
    async with asyncio.timeout(30):
        while len(connections) < 150:
            await asyncio.sleep(0.01)

    before = len(connections)
    await daemon.check()
    await daemon.check()

    assert len(connections) >= before + 2
    silent.set()
    await asyncio.gather(*followed)
    await daemon.close()
    assert daemon.client.connector.closed
    await server.cleanup()


async def test_a_daemon_that_is_gone_is_told_in_the_systems_words(tmp_path: Path) -> None:
    daemon = DockerDaemon.connect(str(tmp_path / "docker.sock"), "test")
    with pytest.raises(DockerUnavailable) as caught:
        await daemon.check()
    assert caught.value.message == (
        f"No Docker daemon answers at {tmp_path}/docker.sock (No such file or directory): start "
        "Docker, or point c.BinderHub.build_docker_host at its socket."
    )
    await daemon.close()


async def test_the_network_is_one_however_many_ask_for_it_at_once(daemon: DockerDaemon) -> None:
    name = network_name(daemon.namespace)

    assert set(await asyncio.gather(*(daemon.ensure_network() for _ in range(6)))) == {name}

    (network,) = await daemon.client.networks.list(filters={"name": [name]})
    assert network["Options"]["com.docker.network.bridge.enable_icc"] == "false"
    assert network["Labels"] == {"binderhub-lite.namespace": daemon.namespace}
    await daemon.remove_network()
    assert await daemon.client.networks.list(filters={"name": [name]}) == []


async def test_a_network_that_somebody_tidied_up_comes_back_where_it_was(
    daemon: DockerDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("binderhub_lite.dockerd.SECONDS_WITHOUT_NETWORK", 0.05)
    ensure, looked = DockerDaemon.ensure_network, asyncio.Event()

    async def ensure_and_tell(daemon: DockerDaemon, *arguments: Any) -> str:
        name = await ensure(daemon, *arguments)
        looked.set()
        return name

    monkeypatch.setattr(DockerDaemon, "ensure_network", ensure_and_tell)
    # Docker gives these to nobody who does not ask for them.
    network = f"10.213.{secrets.randbelow(256)}"
    addresses = {"Subnet": f"{network}.0/24", "Gateway": f"{network}.1"}
    await daemon.ensure_network({"Config": [addresses]})
    looked.clear()
    keeping = asyncio.create_task(daemon.keep_network())
    async with asyncio.timeout(30):
        await looked.wait()
        assert await daemon.remove_network()
        while not await daemon.network_gateway():
            await asyncio.sleep(0.05)
    keeping.cancel()
    assert await daemon.network_gateway() == addresses["Gateway"]


async def test_of_several_who_remove_a_container_all_wait_until_it_is_gone(
    daemon: DockerDaemon,
) -> None:
    container = await daemon.client.containers.run(
        {
            "Image": "binderhub-lite/singleuser",
            "Cmd": ["sleep", "60"],
            "Labels": labels(daemon.namespace, Component.SERVER),
        }
    )

    async def remove_and_look() -> None:
        await remove(container)
        with pytest.raises(DockerError, match="No such container"):
            await container.show()

    await asyncio.gather(*(remove_and_look() for _ in range(4)))


async def test_removing_touches_one_kind_of_one_namespace(daemon: DockerDaemon) -> None:
    for component in Component:
        await daemon.client.containers.create(
            {
                "Image": "binderhub-lite/singleuser",
                "Cmd": ["sleep", "60"],
                "Labels": labels(daemon.namespace, component, spec="a/b"),
            }
        )
    (build,) = await daemon.containers(Component.BUILD)
    assert build["Labels"]["binderhub-lite.spec"] == "a/b"

    assert await daemon.remove_all(Component.BUILD) == 1

    assert await daemon.containers(Component.BUILD) == []
    assert len(await daemon.containers(Component.SERVER)) == 1
    await remove(build)  # one that is gone is no error
