"""The web application on its own: real parts behind it, no hub of its own."""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from multidict import CIMultiDictProxy
from traitlets.config import Config
from yarl import URL

from binderhub_lite.app import BinderHub
from binderhub_lite.builds import Builds, LogArchive
from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.event_log import EventLog
from binderhub_lite.isolation import NetworkIsolation
from binderhub_lite.launch import HubClient, Launcher, LaunchQuota
from binderhub_lite.metrics import Metrics
from binderhub_lite.pipeline import Pipeline
from binderhub_lite.providers.detect import hosts_of
from binderhub_lite.providers.github_api import SERVICE as GITHUB
from binderhub_lite.providers.web_api import WebApi
from binderhub_lite.web import Site, make_application
from binderhub_lite.web.build_token import BuildTokens
from binderhub_lite.web.rate_limit import RateLimiter
from binderhub_lite.web.request_facts import RequestFacts

from ..support.github_api import GitHubApi, github_api
from ..support.hub_api import TOKEN, HubApi, hub_api
from ..support.namespace import own_namespace

ROOT = Path(__file__).parent.parent.parent
SECRET = "the secret that signs the build tokens of these tests, long enough for any algorithm"
EVENTS = {"Accept": "text/event-stream"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def page_config(self) -> dict[str, Any]:
        """What the page's first script says; fails unless that is its configuration."""
        script = re.search(r"<script[^>]*>(.*?)</script>", self.text, re.DOTALL)
        assert script is not None
        config = re.fullmatch(r"window\.pageConfig = (\{.*\});", script[1], re.DOTALL)
        assert config is not None, script[1]
        parsed: dict[str, Any] = json.loads(config[1])
        return parsed


@dataclass(frozen=True)
class Served:
    """A site that is being served; paths go out exactly as they are given."""

    site: Site
    origin: str
    http: ClientSession

    async def get(self, path: str, method: str = "GET", **arguments: Any) -> Answer:
        url = URL(self.origin + path, encoded=True)
        async with self.http.request(method, url, allow_redirects=False, **arguments) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def events(self, path: str, headers: Mapping[str, str] = EVENTS) -> list[dict[str, Any]]:
        """The events of a stream, to the one that ends it."""
        found = []
        async for line in self.lines(path, headers):
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
                if found[-1]["phase"] in ("ready", "failed"):
                    break
        return found

    async def lines(self, path: str, headers: Mapping[str, str] = EVENTS) -> AsyncGenerator[str]:
        url = URL(self.origin + path, encoded=True)
        async with self.http.get(url, headers=headers) as answer:
            assert answer.status == 200
            async for line in answer.content:
                yield line.decode().rstrip("\n")


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession(skip_auto_headers=["Accept"]) as session:
        yield session


@pytest.fixture
async def hub() -> AsyncIterator[HubApi]:
    async with hub_api() as hub:
        yield hub


@pytest.fixture
async def github() -> AsyncIterator[GitHubApi]:
    async with github_api() as api:
        yield api


@pytest.fixture
async def daemon() -> AsyncIterator[DockerDaemon]:
    async with own_namespace() as daemon:
        yield daemon


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """The root of the local provider."""
    path = tmp_path / "shared"
    path.mkdir()
    return path


@pytest.fixture
async def serve(
    http: ClientSession,
    web: WebApi,
    hub: HubApi,
    github: GitHubApi,
    daemon: DockerDaemon,
    shared: Path,
) -> AsyncIterator[Serve]:
    """Serves a site with options of BinderHub's; `changes` replace parts of the site.

    `config` has options of other classes, by class.
    """
    async with AsyncExitStack() as stack:

        async def serve(
            changes: Mapping[str, Any] | None = None,
            host: str = "127.0.0.1",
            config: Mapping[str, Any] | None = None,
            **options: Any,
        ) -> Served:
            site = replace(_site(options, config or {}), **(changes or {}))
            server = TestServer(make_application(site), host=host, handler_cancellation=True)
            await stack.enter_async_context(server)
            return Served(site, str(server.make_url("")).rstrip("/"), http)

        def _site(options: Mapping[str, Any], more: Mapping[str, Any]) -> Site:
            config = Config(
                {
                    "BinderHub": {"image_prefix": f"{daemon.namespace}-", **options},
                    "LocalRepoProvider": {"root": str(shared)},
                    "GitHubRepoProvider": {"api_base_path": github.url},
                    "RateLimiter": {"limit": 1000},
                    "Launcher": {"retries": 0},
                    **more,
                }
            )
            app = BinderHub(config=config)
            client = HubClient(http, hub.url, TOKEN)
            builds = Builds(daemon, app.build_settings(), LogArchive(shared.parent / "builds"))
            metrics = Metrics()
            metrics.github_rate_limit.set_function(partial(web.remaining, GITHUB))
            make_provider = app.provider_maker(web)
            launcher = Launcher(parent=app, hub=client)
            quota = LaunchQuota(parent=app, daemon=daemon, repo_quotas=app.repo_quotas())
            event_log = EventLog(parent=app, origin=app.normalized_origin)
            stack.callback(event_log.close)
            facts = RequestFacts(app.trusted_proxies)
            return Site(
                base_url=app.base_url,
                pipeline=Pipeline(
                    make_provider, builds, launcher, quota, client, metrics, event_log
                ),
                providers=app.repo_providers,
                hosts=hosts_of(app.repo_providers, app.config),
                make_provider=make_provider,
                builds=builds,
                daemon=daemon,
                isolation=NetworkIsolation(daemon, app.isolation_settings()),
                hub=client,
                metrics=metrics,
                rate_limiter=RateLimiter(parent=app),
                total_quota=quota.total_quota,
                tokens=BuildTokens(
                    SECRET, facts, app.build_token_expires_seconds, app.build_token_check_origin
                ),
                pages=app.page_settings(),
                templates=ROOT / "templates",
                static=ROOT / "static",
                api_only=app.enable_api_only_mode,
                cors_allow_origin=app.cors_allow_origin,
                facts=facts,
                ban_networks=app.ban_networks,
                allowed_metrics=app.allowed_metrics_ips,
                headers=app.answer_headers(),
                compress=bool(app.tornado_settings.get("compress_response")),
            )

        yield serve


@pytest.fixture
async def served(serve: Serve) -> Served:
    """A site with the default options."""
    return await serve()
