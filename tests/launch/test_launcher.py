"""Launches, when the hub does what a healthy one does not."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st

from binderhub_lite.events import BinderError, Event
from binderhub_lite.launch import HubClient, Launcher, LaunchRequest, Server
from binderhub_lite.launch.hub_client import HubRefused, HubUnreachable
from binderhub_lite.launch.places import unique_name
from binderhub_lite.providers import Repo

from ..support.hub_api import CUT, HANG, TOKEN, HubApi

READY = {"progress": 100, "ready": True, "message": "Server ready", "url": "/user/me/"}
REQUEST = LaunchRequest("https://binder.test/", "v2/gh/user/repo/main", "203.0.113.7", "the-place")

Step = Event | Server


def repo(slug: str = "user-repo") -> Repo:
    return Repo(
        provider="gh",
        spec="user/repo/main",
        resolved_spec="user/repo/abc",
        url="https://github.com/user/repo",
        ref="abc",
        ref_url="https://github.com/user/repo/tree/abc",
        slug=slug,
        content_provider="Git",
    )


def start(client: HubClient, **options: Any) -> AsyncGenerator[Step]:
    launcher = Launcher(hub=client, **({"retry_delay": 0} | options))
    return launcher.launch("image:abc", repo(), REQUEST)


async def launch(client: HubClient, **options: Any) -> list[Step]:
    return [step async for step in start(client, **options)]


async def each_in_a_task_of_its_own(steps: AsyncGenerator[Step]) -> AsyncIterator[Step]:
    """As the web layer reads: between two steps, nobody is inside the generator."""
    while (step := await asyncio.ensure_future(anext(steps, None))) is not None:
        yield step


async def test_a_launch_reports_and_ends_with_the_server(hub: HubApi, client: HubClient) -> None:
    hub.progress = [{"progress": 0, "message": "Server requested"}, READY]

    *events, server = await launch(client)

    assert events == [
        Event.of("launching", "Launching server..."),
        Event.of("launching", "Server requested"),
    ]
    (options,) = hub.servers.values()
    assert server == Server("/user/me/", options["token"])
    assert hub.calls == ["create", "start", "progress"]
    assert options == {
        "image": "image:abc",
        "token": options["token"],
        "repo_url": "https://github.com/user/repo",
        "binder_ref_url": "https://github.com/user/repo/tree/abc",
        "binder_launch_host": "https://binder.test/",
        "binder_request": "v2/gh/user/repo/main",
        "binder_persistent_request": "v2/gh/user/repo/abc",
        "binder_client_ip": "203.0.113.7",
        "binder_launch_id": "the-place",
    }


async def test_every_launch_has_a_user_and_a_token_of_its_own(
    hub: HubApi, client: HubClient
) -> None:
    hub.progress = [READY]

    await asyncio.gather(*(launch(client) for _ in range(5)))

    assert len(hub.users) == 5
    assert len({options["token"] for options in hub.servers.values()}) == 5


@pytest.mark.parametrize("too_late", [False, True], ids=["not done", "done all the same"])
@pytest.mark.parametrize("call", ["create", "start"])
async def test_a_hub_that_breaks_is_asked_again(
    hub: HubApi, client: HubClient, call: str, too_late: bool
) -> None:
    hub.breaks[call], hub.breaks_too_late = [500, 503], too_late
    hub.progress = [READY]

    *_, server = await launch(client)

    assert isinstance(server, Server)
    assert server.retries == hub.calls.count(call) - 1 == (1 if too_late else 2)
    assert len(hub.users) == len(hub.servers) == 1


async def test_each_wait_between_tries_is_twice_as_long(hub: HubApi, client: HubClient) -> None:
    hub.breaks["start"] = [500, 500]
    hub.progress = [READY]
    began = time.monotonic()

    await launch(client, retry_delay=0.1)

    assert 0.3 <= time.monotonic() - began < 1


@pytest.mark.parametrize("call", ["create", "start"])
async def test_a_hub_that_stays_broken_is_given_up(
    hub: HubApi, client: HubClient, call: str
) -> None:
    hub.breaks[call] = [500] * 10

    with pytest.raises(HubUnreachable, match="JupyterHub answered 500: the hub says no"):
        await launch(client, retries=2)

    assert hub.calls.count(call) == 3
    assert hub.calls[-1] == "delete"
    assert hub.users == set()


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_refusal_is_final(hub: HubApi, client: HubClient, status: int) -> None:
    hub.breaks["start"] = [status]

    with pytest.raises(HubRefused) as caught:
        await launch(client)

    assert caught.value.status_code == status
    assert hub.calls == ["create", "start", "stop", "delete"]
    assert hub.users == set()


@pytest.mark.parametrize(
    ("progress", "sentence"),
    [
        (
            {"failed": True, "message": "Spawn failed: The server ended at once."},
            "The server ended at once.",
        ),
        (CUT, "The connection to JupyterHub broke"),
        ({"message": "and then nothing"}, "JupyterHub stopped reporting before"),
    ],
    ids=["failed", "cut", "over"],
)
async def test_a_server_that_does_not_come_is_explained_and_removed(
    hub: HubApi, client: HubClient, progress: dict[str, Any], sentence: str
) -> None:
    hub.progress = [{"message": "Server requested"}, progress]

    with pytest.raises(BinderError, match=f"^{re.escape(sentence)}") as caught:
        await launch(client)

    assert caught.value.status_code in (500, 502)
    assert hub.users == set()
    assert hub.servers == {}


@pytest.mark.parametrize("progress", [[HANG], [{"message": "Server requested"}, HANG]])
async def test_a_launch_ends_in_time_whoever_reads_it(
    hub: HubApi, client: HubClient, progress: list[dict[str, Any]]
) -> None:
    hub.progress, began = progress, time.monotonic()
    steps = each_in_a_task_of_its_own(start(client, launch_timeout=1))

    with pytest.raises(BinderError, match="The server was not ready within 1 seconds") as caught:
        async with asyncio.timeout(5):
            assert [step async for step in steps] == "never"

    assert caught.value.status_code == 504
    assert time.monotonic() - began < 2
    assert hub.users == set()


async def test_the_time_for_a_launch_covers_its_retries(hub: HubApi, client: HubClient) -> None:
    hub.breaks["create"] = [500] * 100

    async with asyncio.timeout(3):
        with pytest.raises(BinderError, match="not ready within 1 seconds"):
            await launch(client, retries=99, retry_delay=0.2, launch_timeout=1)


async def test_the_first_trouble_is_told_even_if_nothing_can_be_cleaned_up(
    hub: HubApi, client: HubClient
) -> None:
    hub.progress = [{"failed": True, "message": "no memory"}]
    hub.breaks["delete"] = [500]

    with pytest.raises(BinderError, match="no memory"):
        await launch(client)


async def test_what_the_hub_cannot_remove_yet_goes_later(hub: HubApi, client: HubClient) -> None:
    hub.progress = [{"failed": True, "message": "no memory"}]
    hub.breaks["delete"] = [400, 500]

    with pytest.raises(BinderError, match="no memory"):
        await launch(client)

    async with asyncio.timeout(5):
        while hub.users:
            await asyncio.sleep(0.01)
    assert hub.calls.count("delete") == 3


async def test_who_leaves_while_it_starts_leaves_nothing(hub: HubApi, client: HubClient) -> None:
    hub.progress = [{"message": "Server requested"}, HANG]
    steps = start(client)
    while (step := await anext(steps)) != Event.of("launching", "Server requested"):
        assert step == Event.of("launching", "Launching server...")

    async with asyncio.timeout(5):
        await steps.aclose()
        await hub.left_alone.wait()

    assert hub.calls == ["create", "start", "progress", "stop", "delete"]
    assert hub.users == set()


async def test_who_is_cancelled_in_the_middle_of_a_wait_leaves_nothing(
    hub: HubApi, client: HubClient
) -> None:
    hub.progress = [{"message": "Server requested"}, HANG]
    waiting = asyncio.create_task(launch(client))
    async with asyncio.timeout(5):
        while "progress" not in hub.calls:
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    assert hub.users == set()


async def test_who_leaves_with_their_server_keeps_it(hub: HubApi, client: HubClient) -> None:
    hub.progress = [READY]
    steps = start(client)
    while not isinstance(await anext(steps), Server):
        pass

    await steps.aclose()

    assert len(hub.users) == len(hub.servers) == 1


async def test_a_hub_that_breaks_while_a_server_starts_is_asked_again(
    hub: HubApi, client: HubClient
) -> None:
    hub.breaks["progress"], hub.progress = [502], [READY]

    *_, server = await launch(client)

    assert isinstance(server, Server)
    assert server.retries == 1
    assert hub.calls == ["create", "start", "progress"] * 2


async def test_a_hub_that_starts_too_many_servers_is_waited_for(
    hub: HubApi, client: HubClient
) -> None:
    hub.busy, hub.progress = 6, [READY]  # more often than an error would be tried again

    *events, server = await launch(client)

    assert isinstance(server, Server)
    assert server.retries == 0
    assert [event.message for event in events if isinstance(event, Event)] == [
        "Launching server...\n",
        "Many servers start just now; waiting...\n",
    ]


async def test_a_full_hub_is_a_refusal(hub: HubApi, client: HubClient) -> None:
    hub.breaks["start"] = [429]  # without a word on when to come again

    with pytest.raises(HubRefused, match="the hub says no") as caught:
        await launch(client)
    assert caught.value.status_code == 429


@pytest.mark.parametrize("kind", ["plain", "async"])
async def test_a_hook_is_asked_before_anything_is_started(
    hub: HubApi, client: HubClient, kind: str
) -> None:
    hub.progress, asked = [READY], []

    def hook(*arguments: Any) -> None:
        asked.append(arguments)
        assert hub.calls == []

    async def slow_hook(*arguments: Any) -> None:
        await asyncio.sleep(0)
        hook(*arguments)

    await launch(client, pre_launch_hook=hook if kind == "plain" else slow_hook)

    (user,) = hub.users
    ((launcher, *rest),) = asked
    assert isinstance(launcher, Launcher)
    assert rest == ["image:abc", user, "", "https://github.com/user/repo"]


class ComesFromTornado(Exception):
    """As tornado.web.HTTPError: its words are not what str() gives."""

    log_message, status_code = "Not on Mondays.", 403


@pytest.mark.parametrize(
    ("error", "message", "status"),
    [
        (ValueError("Not on Mondays."), "Not on Mondays.", 500),
        (BinderError("Not on Mondays.", 403), "Not on Mondays.", 403),
        (ComesFromTornado(), "Not on Mondays.", 403),
        (KeyError(), "KeyError", 500),
    ],
)
async def test_a_hook_may_refuse_in_its_own_words(
    hub: HubApi, client: HubClient, error: Exception, message: str, status: int
) -> None:
    def hook(*_: Any) -> None:
        raise error

    with pytest.raises(BinderError) as caught:
        await launch(client, pre_launch_hook=hook)

    assert (caught.value.message, caught.value.status_code) == (message, status)
    assert hub.calls == []


async def test_a_hook_has_the_launchs_time_and_no_more(hub: HubApi, client: HubClient) -> None:
    with pytest.raises(BinderError, match="not ready within 1 seconds"):
        await launch(client, pre_launch_hook=lambda *_: asyncio.Event().wait(), launch_timeout=1)


async def test_without_a_hub_the_sentence_says_so(http: ClientSession) -> None:
    nobody = HubClient(http, "http://127.0.0.1:1", TOKEN)

    with pytest.raises(HubUnreachable, match="JupyterHub does not answer at"):
        await launch(nobody, retries=1)


@given(st.text())
def test_a_users_name_is_short_and_safe_and_new_every_time(slug: str) -> None:
    name = unique_name(repo(slug))

    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)
    assert len(name) <= 41
    assert name != unique_name(repo(slug))
