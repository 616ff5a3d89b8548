"""A person's own place for a server, and what the hub says of it: never is another one touched."""

import asyncio
from typing import Any

import pytest

from binderhub_lite.events import BinderError
from binderhub_lite.launch import HubClient
from binderhub_lite.launch.hub_client import HubUnreachable
from binderhub_lite.launch.places import OwnPlace

from ..support.hub_api import HubApi

OLD: dict[str, Any] = {"token": "old"}
NEW: dict[str, Any] = {"token": "new"}


@pytest.fixture
def place(hub: HubApi, client: HubClient) -> OwnPlace:
    """That of ada, whose server runs."""
    hub.users, hub.servers = {"ada"}, {"ada": OLD}
    return OwnPlace(client, asyncio.Lock(), "ada")


async def assert_left_alone(place: OwnPlace, hub: HubApi) -> None:
    with pytest.raises(BinderError, match="User ada already has a running server") as refused:
        await place.start(NEW)
    assert refused.value.status_code == 409
    await place.clear()
    assert hub.servers == {"ada": OLD}


async def test_a_server_that_runs_is_left_alone(place: OwnPlace, hub: HubApi) -> None:
    await assert_left_alone(place, hub)


async def test_a_server_that_starts_is_left_alone(place: OwnPlace, hub: HubApi) -> None:
    hub.starting = {"ada"}
    await assert_left_alone(place, hub)
    assert "start" not in hub.calls


async def test_a_server_that_died_makes_room_at_once(place: OwnPlace, hub: HubApi) -> None:
    hub.dead = {"ada"}
    await place.start(NEW)
    assert hub.servers == {"ada": NEW}

    await place.clear()
    assert hub.servers == {}


async def test_a_running_server_is_left_alone_by_a_retry_too(place: OwnPlace, hub: HubApi) -> None:
    hub.breaks["start"] = [500]
    with pytest.raises(HubUnreachable):
        await place.start(NEW)
    await assert_left_alone(place, hub)


async def test_a_retry_takes_what_the_first_try_started(place: OwnPlace, hub: HubApi) -> None:
    hub.servers, hub.breaks["start"], hub.breaks_too_late = {}, [500], True
    with pytest.raises(HubUnreachable):
        await place.start(NEW)
    await place.start(NEW)
    assert hub.servers == {"ada": NEW}
