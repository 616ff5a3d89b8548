"""What we leave in the Docker daemon, and how it is reached."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from binderhub_lite.dockerd import (
    CA_BUNDLE_IN_CONTAINER,
    CA_BUNDLE_VARIABLES,
    Component,
    DockerDaemon,
    labels,
    network_name,
    remove,
    socket_path,
    trust,
)

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


async def test_the_network_is_one_however_many_ask_for_it_at_once(daemon: DockerDaemon) -> None:
    name = network_name(daemon.namespace)

    assert set(await asyncio.gather(*(daemon.ensure_network() for _ in range(6)))) == {name}

    (network,) = await daemon.client.networks.list(filters={"name": [name]})
    assert network["Options"]["com.docker.network.bridge.enable_icc"] == "false"
    assert network["Labels"] == {"binderhub-lite.namespace": daemon.namespace}
    await daemon.remove_network()
    assert await daemon.client.networks.list(filters={"name": [name]}) == []


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
