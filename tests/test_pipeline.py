"""The way of one request, as far as it can be gone without a hub."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from traitlets.config import Config

from binderhub_lite.builds import Builds, BuildSettings, LogArchive
from binderhub_lite.event_log import EventLog
from binderhub_lite.events import Event
from binderhub_lite.launch import HubClient, Launcher, LaunchQuota
from binderhub_lite.metrics import Metrics
from binderhub_lite.pipeline import Ask, Pipeline
from binderhub_lite.providers import GitHubRepoProvider, RepoProvider
from binderhub_lite.providers.web_api import WebApi

from .support.github_api import GitHubApi, github_api
from .support.namespace import own_namespace

# Every repository is "found" at an address where nothing listens: builds end there.
NOWHERE = "127.0.0.1:1"


@pytest.fixture
async def api() -> AsyncIterator[GitHubApi]:
    async with github_api() as api:
        yield api


@pytest.fixture
async def pipeline(api: GitHubApi, tmp_path: Path) -> AsyncIterator[Pipeline]:
    options = {"hostname": NOWHERE, "api_base_path": api.url, "banned_specs": ["^banned/"]}
    config = Config({"GitHubRepoProvider": options})
    async with ClientSession() as http, WebApi() as web, own_namespace() as daemon:

        def make_provider(prefix: str, spec: str) -> RepoProvider:
            return GitHubRepoProvider(config=config, web=web, spec=spec)

        settings = BuildSettings("localhost:1/no/such-builder:1")
        builds = Builds(daemon, settings, LogArchive(tmp_path))
        hub = HubClient(http, f"http://{NOWHERE}", "token")
        quota = LaunchQuota(
            daemon=daemon, repo_quotas={"per_repo_quota": 0, "per_repo_quota_higher": 0}
        )
        yield Pipeline(make_provider, builds, Launcher(hub=hub), quota, hub, Metrics(), EventLog())
        await builds.stop_all()


async def ask(pipeline: Pipeline, spec: str) -> list[Event]:
    origin = "http://localhost"
    request = Ask("gh", spec, origin, f"{origin}/", build_only=True)
    return [event async for batch in pipeline.events(request) for event in batch]


@pytest.mark.parametrize("branch", ["main", "master"])
async def test_a_default_branch_that_is_gone_is_tried_as_head(
    pipeline: Pipeline, api: GitHubApi, branch: str
) -> None:
    api.commits["user/repo/HEAD"] = "1" * 40

    events = await ask(pipeline, f"user/repo/{branch}")

    assert [request.path.rpartition("/")[2] for request in api.requests] == [branch, "HEAD"]
    assert ("waiting", "No such branch; trying the default branch (HEAD)...\n") in [
        (event.phase, event.message) for event in events
    ]
    assert "The builder image" in events[-1].message  # it went on to build


async def test_any_other_ref_that_is_gone_is_said_to_be(pipeline: Pipeline, api: GitHubApi) -> None:
    api.commits["user/repo/HEAD"] = "1" * 40

    events = await ask(pipeline, "user/repo/v2")

    assert len(api.requests) == 1
    assert (events[-1].phase, events[-1].fields["status_code"]) == ("failed", 404)
    assert events[-1].message.startswith("Could not resolve ref for gh/user/repo/v2: ")


async def test_a_banned_spec_is_refused_before_anybody_is_asked(
    pipeline: Pipeline, api: GitHubApi
) -> None:
    events = await ask(pipeline, "Banned/repo/HEAD")

    assert (events[-1].phase, events[-1].fields["status_code"]) == ("failed", 403)
    assert "may not be launched here" in events[-1].message
    assert api.requests == []


async def test_many_who_ask_at_once_cost_one_question(pipeline: Pipeline, api: GitHubApi) -> None:
    api.commits["user/repo/v1"] = "1" * 40
    api.answering.clear()
    asking = [asyncio.create_task(ask(pipeline, "user/repo/v1")) for _ in range(200)]
    await api.asked.wait()
    asking[0].cancel()  # who asked first, and leaves, does not take the answer along
    await asyncio.gather(asking[0], return_exceptions=True)
    api.answering.set()

    ends = [events[-1] for events in await asyncio.gather(*asking[1:])]

    assert len(api.requests) == 1
    assert {end.phase for end in ends} == {"failed"}
    assert len(await ask(pipeline, "user/repo/v1")) > 0
    assert len(api.requests) == 2, "an answer is shared, not kept"
