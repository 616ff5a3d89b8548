"""What is made of a hub's answers, the bad ones above all."""

from typing import Any

import pytest
from aiohttp import ClientSession

from binderhub_lite.launch import HubClient
from binderhub_lite.launch.hub_client import HubRefused, HubUnreachable

from ..support.hub_api import CUT, TOKEN, HubApi


async def test_a_hub_that_answers_passes_the_check(hub: HubApi, client: HubClient) -> None:
    await client.check()

    assert hub.calls == ["info"]


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_hub_that_breaks_may_be_asked_again(
    hub: HubApi, client: HubClient, status: int
) -> None:
    hub.breaks["info"] = [status]

    with pytest.raises(HubUnreachable, match=f"JupyterHub answered {status}: the hub says no"):
        await client.check()
    await client.check()


async def test_a_hub_that_is_not_there_is_named(http: ClientSession) -> None:
    with pytest.raises(HubUnreachable, match=r"JupyterHub does not answer at 127\.0\.0\.1:1") as e:
        await HubClient(http, "http://127.0.0.1:1/jupyter/", TOKEN).check()
    assert e.value.status_code == 502


async def test_a_wrong_token_is_refused_and_not_tried_again(
    hub: HubApi, http: ClientSession
) -> None:
    with pytest.raises(HubRefused) as caught:
        await HubClient(http, hub.url, "wrong").check()
    assert caught.value.status_code == 403
    assert "wrong" not in caught.value.message


async def test_users_come_and_go_however_often_one_asks(hub: HubApi, client: HubClient) -> None:
    for _ in range(2):
        await client.create_user("me & you?")
        assert hub.users == {"me & you?"}
    for _ in range(2):
        await client.delete_user("me & you?")
        assert hub.users == set()


@pytest.mark.parametrize("status", [400, 409])
async def test_a_server_that_is_there_is_only_fine_for_who_asks_again(
    hub: HubApi, client: HubClient, status: int
) -> None:
    hub.breaks["start"] = [status, status]

    with pytest.raises(HubRefused):
        await client.start_server("me", "", {})
    await client.start_server("me", "", {}, again=True)


async def test_progress_is_what_the_hub_says_line_by_line(hub: HubApi, client: HubClient) -> None:
    hub.progress = [{"message": "one"}, {"message": "zwei ü"}, {"ready": True}]

    assert [event async for event in client.progress("me", "")] == hub.progress


async def test_a_broken_progress_stream_is_the_hubs_fault(hub: HubApi, client: HubClient) -> None:
    hub.progress = [{"message": "one"}, CUT]
    seen: list[dict[str, Any]] = []

    with pytest.raises(HubUnreachable, match="The connection to JupyterHub broke"):
        seen.extend([event async for event in client.progress("me", "")])

    hub.breaks["progress"] = [404]
    with pytest.raises(HubRefused, match="404"):
        await anext(client.progress("me", ""))


@pytest.mark.parametrize(
    ("public_url", "path", "expected"),
    [
        ("", "/jupyter/user/me/", "https://binder.test/jupyter/user/me/"),
        ("https://hub.test/", "/user/me/", "https://hub.test/user/me/"),
        ("https://hub.test/prefix/", "/prefix/user/me/", "https://hub.test/prefix/user/me/"),
        ("", "https://me.hub.test/user/me/", "https://me.hub.test/user/me/"),
    ],
)
def test_a_servers_url_is_one_that_browsers_reach(
    public_url: str, path: str, expected: str
) -> None:
    client = HubClient(None, "http://127.0.0.1:8081", TOKEN, public_url)  # type: ignore[arg-type]

    assert client.public_server_url(path, "https://binder.test") == expected
