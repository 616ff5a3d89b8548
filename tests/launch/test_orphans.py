"""Containers of servers that a hub has forgotten."""

from collections.abc import AsyncIterator

import pytest

from binderhub_lite.conventions import Component, labels
from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.launch import HubClient
from binderhub_lite.launch.hub_client import HubRefused, HubUnreachable
from binderhub_lite.launch.orphans import Orphans

from ..support.hub_api import HubApi
from ..support.namespace import own_namespace


@pytest.fixture
async def daemon() -> AsyncIterator[DockerDaemon]:
    async with own_namespace() as daemon:
        yield daemon


async def server(daemon: DockerDaemon, **details: str) -> str:
    """A container that is marked as a server."""
    marks = labels(daemon.namespace, Component.SERVER, **details)
    config = {"Image": "binderhub-lite/singleuser", "Labels": marks}
    return (await daemon.client.containers.create(config)).id


async def left(daemon: DockerDaemon) -> set[str]:
    return {container.id for container in await daemon.containers(Component.SERVER)}


async def test_servers_that_the_hub_does_not_know_are_removed_at_the_second_look(
    daemon: DockerDaemon, hub: HubApi, client: HubClient
) -> None:
    hub.named = {"ada": ["", "second"]}
    kept = {
        await server(daemon, user="ada", server=""),
        await server(daemon, user="ada", server="second"),
        await server(daemon),  # started by a hub of another kind
    }
    forgotten = {
        await server(daemon, user="ada", server="third"),
        await server(daemon, user="nobody", server=""),
    }
    orphans = Orphans(daemon, client)
    await orphans.look()
    assert await left(daemon) == kept | forgotten

    for status, error in {503: HubUnreachable, 403: HubRefused}.items():
        hub.breaks["user"] = [status]
        with pytest.raises(error):
            await orphans.look()
    assert await left(daemon) == kept | forgotten

    await orphans.look()
    assert await left(daemon) == kept


async def test_a_server_that_the_hub_finds_again_stays(
    daemon: DockerDaemon, hub: HubApi, client: HubClient
) -> None:
    slow = await server(daemon, user="ada", server="")
    orphans = Orphans(daemon, client)
    await orphans.look()
    hub.named = {"ada": [""]}
    await orphans.look()
    hub.named = {}
    await orphans.look()
    assert await left(daemon) == {slow}
    await orphans.look()
    assert await left(daemon) == set()
