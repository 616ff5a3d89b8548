"""Every option of `c.BinderHub`: the real application started with it, its effect seen outside.

One row an option (or a few that belong together). An option without a row is a failing test.
"""

import asyncio
import contextlib
import json
import os
import re
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import psutil
import pytest
from aiohttp import ClientSession
from traitlets.config import Application

from binderhub_lite.app import BinderHub
from binderhub_lite.dockerd import bridge_name
from binderhub_lite.event_log import EventLog
from binderhub_lite.events import BinderError
from binderhub_lite.instance import Instance
from binderhub_lite.launch import Launcher, LaunchQuota
from binderhub_lite.launch.ports import free_port
from binderhub_lite.upstream.homes import INSTEAD
from binderhub_lite.web.rate_limit import RateLimiter

from .support import firewall
from .support.hub_api import HANG, TOKEN, HubApi, hub_api
from .support.instance import docker, stream
from .support.tiny_builder import QUICK, SLOW, import_tiny_builders

NAMESPACE = f"every-option-{os.getpid()}"

# What every row starts from; the options of the row come after it, and may replace it.
BASE = """
c.BinderHub.ip = "127.0.0.1"
c.BinderHub.hub_url = {hub!r}
c.BinderHub.hub_api_token = "the-token-of-the-hub"
c.BinderHub.build_namespace = {namespace!r}
c.BinderHub.image_prefix = {namespace!r} + "-"
c.BinderHub.build_image = {builder!r}
c.BinderHub.image_gc_interval = 0
c.BinderHub.network_isolation = False
c.Launcher.retries = 0
c.LocalRepoProvider.root = {shared!r}
"""


@dataclass
class Started:
    """A running application, seen from outside."""

    app: BinderHub
    instance: Instance
    folder: Path
    hub: HubApi
    http: ClientSession
    capture: pytest.CaptureFixture[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.app.port}{self.app.base_url}"

    async def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        async with self.http.get(self.url + path, headers=headers) as answer:
            return answer.status, await answer.text(), dict(answer.headers)

    async def page(self, path: str = "", **headers: str) -> str:
        status, text, _ = await self.get(path, **headers)
        assert status == 200, text
        return text

    async def events(
        self, spec: str = "local/hello", headers: Mapping[str, str] | None = None, **query: str
    ) -> list[dict[str, Any]]:
        url = f"{self.url}build/{spec}"
        accept = {"Accept": "text/event-stream", **(headers or {})}
        found = []
        async with self.http.get(url, params=query, headers=accept) as answer:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    found.append(json.loads(line.removeprefix(b"data: ")))
                    if found[-1]["phase"] in ("ready", "failed"):
                        break
        return found

    @asynccontextmanager
    async def building(self) -> AsyncIterator[dict[str, Any]]:
        """Docker's facts of the builder container of a build that does not end by itself."""
        watching = asyncio.create_task(self.events())
        try:
            yield await self._builder()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _builder(self) -> dict[str, Any]:
        filters = [
            f"--filter=label=binderhub-lite.namespace={self.app.build_namespace}",
            "--filter=label=binderhub-lite.component=build",
        ]
        for _ in range(200):
            names = (await asyncio.to_thread(docker, "ps", "--quiet", *filters)).split()
            if names:
                (facts,) = json.loads(await asyncio.to_thread(docker, "inspect", names[0]))
                return dict(facts)
            await asyncio.sleep(0.05)
        raise AssertionError("no builder container runs")

    def log(self) -> str:
        """What the application has logged since this was last asked."""
        return self.capture.readouterr().err


Check = Callable[[Started], Awaitable[None]]


@dataclass(frozen=True)
class Row:
    options: tuple[str, ...]
    config: str
    check: Check
    arguments: tuple[str, ...] = ()
    refused: str = ""
    """The sentence with which the start is refused; then there is nothing to check."""


ROWS: list[Row] = []


def row(*options: str, config: str, arguments: tuple[str, ...] = ()) -> Callable[[Check], Check]:
    """Registers the check of what `options` do, when the file says `config` in addition."""

    def register(check: Check) -> Check:
        ROWS.append(Row(options, config, check, arguments))
        return check

    return register


def refused(option: str, config: str, sentence: str) -> None:
    async def nothing(started: Started) -> None:
        raise AssertionError("it has started")

    ROWS.append(Row((option,), config, nothing, refused=sentence))


# --- pages ------------------------------------------------------------------------------------


@row("about_message", config="c.BinderHub.about_message = '<b>Hello from us</b>'")
async def about_message(started: Started) -> None:
    assert "<b>Hello from us</b>" in await started.page("about")


@row("banner_message", config="c.BinderHub.banner_message = '<i>Exam today</i>'")
async def banner_message(started: Started) -> None:
    for path in ("", "about", "v2/local/hello"):
        assert "<i>Exam today</i>" in await started.page(path)


@row("badge_base_url", config="c.BinderHub.badge_base_url = 'https://badges.test'")
async def badge_base_url(started: Started) -> None:
    assert '"badgeBaseUrl": "https://badges.test/"' in await started.page()


@row(
    "badge_base_url",
    config="c.BinderHub.badge_base_url = lambda request: request.headers.get('Referer', '')",
)
async def badge_base_url_by_a_function(started: Started) -> None:
    assert '"badgeBaseUrl": "https://from.test/"' in await started.page(Referer="https://from.test")
    assert f'"badgeBaseUrl": "{started.url}"' in await started.page()


@row("base_url", config="c.BinderHub.base_url = '/teaching'")
async def base_url(started: Started) -> None:
    assert started.url.endswith("/teaching/")
    assert '"baseUrl": "/teaching/"' in await started.page()
    async with started.http.get(f"http://127.0.0.1:{started.app.port}/") as outside:
        assert outside.status == 404


@row("default_opengraph_title", config="c.BinderHub.default_opengraph_title = 'Our <Binder>'")
async def default_opengraph_title(started: Started) -> None:
    assert 'property="og:title" content="Our &lt;Binder&gt;"' in await started.page()


@row(
    "extra_header_html",
    "extra_footer_scripts",
    config="c.BinderHub.extra_header_html = {'2': '<!-- b -->', '1': '<!-- a -->'}\n"
    "c.BinderHub.extra_footer_scripts = {'z': 'last()', 'y': 'first(\"<\")'}",
)
async def extra_html(started: Started) -> None:
    page = await started.page()

    assert re.search(r"<!-- a -->\s*<!-- b -->.*</head>", page, re.DOTALL)
    assert re.search(
        r'<script[^>]*>first\("<"\)</script>\s*<script[^>]*>last\(\)</script>\s*</body>',
        page,
        re.DOTALL,
    )


@row(
    "google_analytics_code",
    "google_analytics_domain",
    config="c.BinderHub.google_analytics_code = 'G-OURS'\n"
    "c.BinderHub.google_analytics_domain = 'binder.test'",
)
async def google_analytics(started: Started) -> None:
    page = await started.page()

    assert '"G-OURS"' in page
    assert '"binder.test"' in page
    assert "navigator.doNotTrack" in page


@row(
    "template_path",
    "template_variables",
    config="c.BinderHub.template_path = {folder!r}\n"
    "c.BinderHub.template_variables = {{'greeting': 'Good morning'}}",
)
async def templates(started: Started) -> None:
    (started.folder / "about.html").write_text(
        '{% extends "templates/page.html" %}{% block main %}{{ greeting }}, class{% endblock %}'
    )

    assert "Good morning, class" in await started.page("about")


@row("enable_api_only_mode", config="c.BinderHub.enable_api_only_mode = True")
async def enable_api_only_mode(started: Started) -> None:
    assert (await started.get(""))[0] == 404
    assert (await started.get("health"))[0] == 200
    assert [event["phase"] for event in await started.events(build_only="true")][-1] == "ready"


@row(
    "extra_static_path",
    "extra_static_url_prefix",
    config="c.BinderHub.extra_static_path = {folder!r} + '/shared'\n"
    "c.BinderHub.extra_static_url_prefix = '/ours/'",
)
async def extra_static(started: Started) -> None:
    assert await started.page("ours/hello/README") == str(started.folder)
    assert (await started.get("ours/nothing"))[0] == 404


@row(
    "content_security_policy",
    config="c.BinderHub.content_security_policy = {'img-src': 'https://logos.test'}",
)
async def content_security_policy(started: Started) -> None:
    _, _, headers = await started.get("")
    assert re.search(r"img-src [^;]*https://logos\.test", headers["Content-Security-Policy"])


# --- who may ask for what -----------------------------------------------------------------------


@row(
    "ban_networks",
    "trusted_proxies",
    config="c.BinderHub.ban_networks = {'203.0.113.0/24': 'a bad net'}\n"
    "c.BinderHub.trusted_proxies = ['127.0.0.1', '192.0.2.1']",
)
async def ban_networks(started: Started) -> None:
    through_both = {"X-Forwarded-For": "203.0.113.9, 192.0.2.1"}
    claimed = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}

    for path in ("", "about", "v2/local/hello", "metrics", "static/images/logo.svg"):
        status, page, _ = await started.get(path, **through_both)
        assert (status, "a bad net" in page) == (403, True), path
    assert (await started.get("", **claimed))[0] == 200
    for path in ("health", "versions"):
        assert (await started.get(path, **through_both))[0] == 200
    (refusal,) = await started.events(headers=through_both)
    assert (refusal["phase"], refusal["status_code"]) == ("failed", 403)


@row("allowed_metrics_ips", config="c.BinderHub.allowed_metrics_ips = ['198.51.100.0/24']")
async def allowed_metrics_ips(started: Started) -> None:
    assert (await started.get("metrics"))[0] == 403
    assert (await started.get("metrics", **{"X-Forwarded-For": "198.51.100.7"}))[0] == 200


@row(
    "build_token_secret",
    "build_token_expires_seconds",
    config="c.BinderHub.build_token_secret = '" + "6b" * 32 + "'\n"
    "c.BinderHub.build_token_expires_seconds = 7000",
)
async def build_token(started: Started) -> None:
    token = re.search(r'"buildToken": "([^"]+)"', await started.page("v2/local/hello"))
    assert token is not None

    claims = jwt.decode(token[1], b"k" * 32, ["HS256"], audience="local/hello")
    assert 6900 < claims["exp"] - time.time() <= 7000


@row("build_token_check_origin", config="c.BinderHub.build_token_check_origin = False")
async def build_token_check_origin(started: Started) -> None:
    token = re.search(r'"buildToken": "([^"]+)"', await started.page("v2/local/hello"))
    assert token is not None
    query = f"build/local/hello?build_token={token[1]}"

    async with started.http.get(
        started.url + query,
        headers={"Accept": "text/event-stream", "Origin": "https://elsewhere.test"},
    ) as answer:
        assert "Looking up" in (await answer.content.readline()).decode()


@row("cors_allow_origin", config="c.BinderHub.cors_allow_origin = 'https://docs.test'")
async def cors_allow_origin(started: Started) -> None:
    for path in ("", "health", "nothing", "static/images/logo.svg"):
        _, _, headers = await started.get(path)
        assert headers["Access-Control-Allow-Origin"] == "https://docs.test"
        assert headers["Access-Control-Allow-Headers"] == "cache-control"


@row(
    "tornado_settings",
    config="c.BinderHub.tornado_settings = {'headers': {'X-Frame-Options': 'DENY'},"
    " 'compress_response': True, 'autoreload': True}",
)
async def tornado_settings(started: Started) -> None:
    for path in ("", "health", "nothing", "static/images/logo.svg", "build/local/hello"):
        async with started.http.get(started.url + path) as answer:
            assert answer.headers["X-Frame-Options"] == "DENY", path
    assert (await started.get("about", **{"Accept-Encoding": "gzip"}))[2][
        "Content-Encoding"
    ] == "gzip"
    _, _, headers = await started.get("api/repoproviders", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"  # which only pages have by themselves
    assert "tornado_settings: autoreload mean nothing here." in started.log()


@row(
    "repo_providers",
    config="from binderhub.repoproviders import LocalRepoProvider\n"
    "c.BinderHub.repo_providers = {'here': LocalRepoProvider}",
)
async def repo_providers(started: Started) -> None:
    async with started.http.get(started.url + "api/repoproviders") as answer:
        assert [provider["id"] for provider in await answer.json()] == ["here"]
    assert (await started.events("local/hello"))[-1]["message"].startswith("No provider found")


# --- builds -------------------------------------------------------------------------------------


@row(
    "build_image",
    "image_prefix",
    config=f"c.BinderHub.build_image = {QUICK!r}\nc.BinderHub.image_prefix = 'every-option/x-'",
)
async def build_image(started: Started) -> None:
    assert f'"build_image": "{QUICK}"' in await started.page("versions")
    built = [event for event in await started.events() if event["phase"] == "built"]
    assert built[0]["imageName"].startswith("every-option/x-local-")


@row(
    "appendix",
    "build_memory_limit",
    "build_namespace",
    "ca_bundle",
    "push_secret",
    "repo2docker_extra_args",
    config=f"c.BinderHub.build_image = {SLOW!r}\n"
    "c.BinderHub.appendix = 'LABEL at={{binder_url}} from={{repo_url}}'\n"
    "c.BinderHub.build_memory_limit = '256M'\n"
    f"c.BinderHub.build_namespace = '{NAMESPACE}-b'\n"
    "c.BinderHub.ca_bundle = {folder!r} + '/ca.crt'\n"
    "c.BinderHub.push_secret = {folder!r} + '/docker.json'\n"
    "c.BinderHub.repo2docker_extra_args = ['--cache-from=ours']\n",
)
async def what_a_builder_gets(started: Started) -> None:
    async with started.building() as builder:
        command, host = builder["Config"]["Cmd"], builder["HostConfig"]

        link, shared = f"{started.url}v2/local/hello", started.folder / "shared"
        assert f"--appendix=LABEL at={link} from=file://{shared}/hello" in command
        assert "--cache-from=ours" in command
        assert host["Memory"] == 256 * 2**20
        assert builder["Config"]["Labels"]["binderhub-lite.namespace"] == f"{NAMESPACE}-b"
        sources = {bind.split(":")[0] for bind in host["Binds"]}
        assert {f"{started.folder}/ca.crt", f"{started.folder}/docker.json"} <= sources


refused(
    "build_docker_host",
    "c.BinderHub.build_docker_host = '/no/such.sock'",
    "No Docker daemon answers at /no/such.sock",
)


@row(
    "builder_required",
    config="c.BinderHub.builder_required = False\nc.BinderHub.build_docker_host = '/no/such.sock'",
)
async def builder_required(started: Started) -> None:
    assert "binderhub-lite" in await started.page()
    status, text, _ = await started.get("health")
    assert status == 503
    assert '{"service": "Docker daemon", "ok": false}' in text


@row("build_node_selector", config="c.BinderHub.build_node_selector = {'disk': 'fast'}")
async def build_node_selector(started: Started) -> None:
    message = (await started.events())[-1]["message"]
    assert "build_node_selector does not match: there is no disk" in message


@row(
    "build_max_age",
    config=f"c.BinderHub.build_max_age = 1\nc.BinderHub.build_image = {SLOW!r}",
)
async def build_max_age(started: Started) -> None:
    message = (await started.events())[-1]["message"]
    assert "longer than the 1 seconds that a build may take" in message


@row("build_cleanup_interval", config="c.BinderHub.build_cleanup_interval = 1")
async def build_cleanup_interval(started: Started) -> None:
    name = await asyncio.to_thread(left_over_builder)
    for _ in range(60):
        await asyncio.sleep(0.1)
        if name not in await asyncio.to_thread(docker, "ps", "--all", "--format={{.Names}}"):
            return
    raise AssertionError(f"{name} is still there")


def left_over_builder() -> str:
    """The container of a build that has ended while nobody looked."""
    name = f"{NAMESPACE}-left-over"
    labels = {
        "namespace": NAMESPACE,
        "component": "build",
        "image": f"{NAMESPACE}-x:1",
        "repo_url": "x",
        "ref": "1",
        "provider": "git",
        "spec": "x",
        "created": str(time.time()),
    }
    each = [f"--label=binderhub-lite.{label}={value}" for label, value in labels.items()]
    docker("run", "--detach", f"--name={name}", *each, QUICK, "sh", "-c", ":")
    return name


@row(
    "concurrent_build_limit",
    config=f"c.BinderHub.concurrent_build_limit = 1\nc.BinderHub.build_image = {SLOW!r}",
)
async def concurrent_build_limit(started: Started) -> None:
    async with (
        started.building(),
        contextlib.aclosing(stream(f"{started.url}build/local/other")) as waiting,  # type: ignore[type-var]
    ):
        async for event in waiting:
            if "1 build ahead of yours" in event["message"]:
                return
    raise AssertionError("it did not wait")


@row("log_tail_lines", config=f"c.BinderHub.log_tail_lines = 0\nc.BinderHub.build_image = {SLOW!r}")
async def log_tail_lines(started: Started) -> None:
    """Somebody who comes late hears of what comes, not of what was."""

    async def until_begun() -> None:
        async for event in stream(f"{started.url}build/local/hello"):
            if event["message"] == "begun\n":
                return

    async with started.building():
        name = (await started.page("api/builds")).split('"name": "')[1].split('"')[0]
        while "begun" not in await started.page(f"api/builds/{name}/log"):
            await asyncio.sleep(0.05)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(until_begun(), 1)


@row("build_log_days", config="c.BinderHub.build_log_days = 0.00001")
async def build_log_days(started: Started) -> None:
    await started.events()
    assert await started.page("api/builds") != "[]"
    await asyncio.sleep(0.9)

    with contextlib.suppress(TimeoutError):  # a round of it, at once
        await asyncio.wait_for(started.app.watch_build_pods(), 0.5)

    assert await started.page("api/builds") == "[]"


@row(
    "image_gc_interval",
    "image_gc_high",
    "image_gc_low",
    "image_gc_keep",
    config="c.BinderHub.image_gc_interval = 1\nc.BinderHub.image_gc_high = 100\n"
    "c.BinderHub.image_gc_low = 98\nc.BinderHub.image_gc_keep = ['keep-me']",
)
async def image_gc(started: Started) -> None:
    """That images go and stay as these say, tests/images shows on a disk of its own."""
    settings = started.app.cleaner_settings()
    assert (settings.high, settings.low) == (100, 98)
    while "binderhub_docker_disk_use_ratio 0.0\n" in await started.page("metrics"):
        await asyncio.sleep(0.1)


@row(
    "network_isolation",
    "network_isolation_allow",
    "network_isolation_builds",
    "network_isolation_deny",
    config="c.BinderHub.network_isolation = True\n"
    "c.BinderHub.network_isolation_allow = ['198.51.100.7:9418']\n"
    "c.BinderHub.network_isolation_deny = ['198.51.100.0/24']\n"
    "c.BinderHub.network_isolation_builds = False",
)
async def network_isolation(started: Started) -> None:
    """What the rules do, tests/isolation and tests/e2e show from inside servers and builds."""
    assert '{"service": "Network isolation", "ok": true' in (await started.get("health"))[1]
    lines = "\n".join(firewall.rules(NAMESPACE)["iptables-save"])
    assert "--ctorigdst 198.51.100.7 --ctorigdstport 9418 -j RETURN" in lines
    assert "198.51.100.0/24" in lines
    assert firewall.jumps(NAMESPACE) == {bridge_name(NAMESPACE)}  # builds are on another


# --- the hub ------------------------------------------------------------------------------------


@row(
    "hub_url",
    "hub_url_local",
    "hub_api_token",
    config="c.BinderHub.hub_url = 'https://hub.test/here/'\n"
    "c.BinderHub.hub_url_local = {hub!r}\nc.BinderHub.hub_api_token = 'the-token-of-the-hub'",
)
async def hub_url(started: Started) -> None:
    started.hub.progress = [{"ready": True, "url": "/here/user/x/"}]

    ready = (await started.events())[-1]

    assert ready["url"] == "https://hub.test/here/user/x/"
    assert "start" in started.hub.calls


@row(
    "idle_timeout",
    "data_dir",
    config="c.BinderHub.hub_url = ''\nc.BinderHub.idle_timeout = 77\n"
    "c.BinderHub.data_dir = {folder!r} + '/ours'",
)
async def idle_timeout(started: Started) -> None:
    children = psutil.Process().children(recursive=True)
    cullers = [each for each in children if "culler.py" in " ".join(each.cmdline())]
    assert "--timeout=77" in cullers[0].cmdline()
    assert (started.folder / "ours" / "jupyterhub.sqlite").is_file()


@row("auth_enabled", config="c.BinderHub.auth_enabled = True")
async def auth_enabled(started: Started) -> None:
    async with started.http.get(started.url, allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"].startswith(f"{started.hub.url}hub/api/oauth2/authorize")
    (refusal,) = await started.events()
    assert refusal["status_code"] == 403


@row(
    "use_named_servers",
    "Launcher.allow_named_servers",
    "Launcher.named_server_limit_per_user",
    config="c.BinderHub.auth_enabled = True\nc.BinderHub.use_named_servers = True\n"
    "c.Launcher.named_server_limit_per_user = 2",
)
async def use_named_servers(started: Started) -> None:
    started.hub.progress = [{"ready": True, "url": "/user/ada/x/"}]
    started.hub.users.add("ada")
    ends = [await started.events(headers=AS_ADA) for _ in range(3)]

    assert [events[-1]["phase"] for events in ends] == ["ready", "ready", "failed"]
    assert len(started.hub.named["ada"]) == 2
    assert "2" in ends[-1][-1]["message"]


AS_ADA = {"Authorization": f"token {TOKEN}"}


# --- the launcher, limits, the event log ------------------------------------------------------


@row("pod_quota", config="c.BinderHub.pod_quota = 0")
@row("LaunchQuota.total_quota", config="c.LaunchQuota.total_quota = 0")
async def pod_quota(started: Started) -> None:
    assert "Too many users on this BinderHub" in (await started.events())[-1]["message"]
    assert '"quota": 0' in (await started.get("health"))[1]


@row(
    "per_repo_quota",
    "per_repo_quota_higher",
    config="c.BinderHub.per_repo_quota = 1\nc.BinderHub.per_repo_quota_higher = 2\n"
    "c.LocalRepoProvider.high_quota_specs = ['^other']",
)
async def per_repo_quota(started: Started) -> None:
    for spec, quota in {"local/hello": 1, "local/other": 2}.items():
        for _ in range(quota):
            events = await started.events(spec)
            assert "Too many" not in events[-1]["message"]
            (image,) = (event["imageName"] for event in events if event["phase"] == "built")
            await asyncio.to_thread(server_of, image)
        assert "Too many users running file://" in (await started.events(spec))[-1]["message"]


def server_of(image: str) -> None:
    """A running container that counts as a server."""
    labels = {"namespace": NAMESPACE, "component": "server", "image": image}
    each = [f"--label=binderhub-lite.{label}={value}" for label, value in labels.items()]
    docker("run", "--detach", *each, SLOW, "sleep", "1000")


@row(
    "RateLimiter.limit",
    "RateLimiter.period_seconds",
    "RateLimiter.clean_seconds",
    config="c.RateLimiter.limit = 1\nc.RateLimiter.period_seconds = 2\n"
    "c.RateLimiter.clean_seconds = 1",
)
async def rate_limiter(started: Started) -> None:
    def limited(events: list[dict[str, Any]]) -> bool:
        return events[-1].get("status_code") == 429

    assert [limited(await started.events("no/such")) for _ in range(2)] == [False, True]
    await asyncio.sleep(2.1)
    assert not limited(await started.events("no/such"))


@row(
    "normalized_origin",
    "EventLog.handlers_maker",
    config="import logging\nc.BinderHub.normalized_origin = 'binder.test'\n"
    "c.EventLog.handlers_maker = lambda log: [logging.FileHandler({folder!r} + '/events.log')]",
)
async def normalized_origin(started: Started) -> None:
    started.hub.progress = [{"ready": True, "url": "/user/x/"}]
    await started.events()

    for _ in range(50):
        text = (started.folder / "events.log").read_text()
        if text:
            break
        await asyncio.sleep(0.1)
    event = json.loads(text)
    assert (event["origin"], event["provider"], event["status"]) == (
        "binder.test",
        "Local",
        "success",
    )


@row(
    "EventLog.allowed_schemas",
    config="import logging\nc.EventLog.allowed_schemas = []\n"
    "c.EventLog.handlers_maker = lambda log: [logging.FileHandler({folder!r} + '/events.log')]",
)
async def allowed_schemas(started: Started) -> None:
    started.hub.progress = [{"ready": True, "url": "/user/x/"}]
    await started.events()
    await asyncio.sleep(0.3)

    assert (started.folder / "events.log").read_text() == ""


@row(
    "Launcher.retries",
    "Launcher.retry_delay",
    config="c.Launcher.retries = 2\nc.Launcher.retry_delay = 0.1",
)
async def retries(started: Started) -> None:
    started.hub.breaks["create"] = [500, 500, 500]
    began = time.monotonic()

    assert (await started.events())[-1]["phase"] == "failed"

    assert started.hub.calls.count("create") == 3
    assert time.monotonic() - began > 0.3  # 0.1 and twice as long


@row("Launcher.launch_timeout", config="c.Launcher.launch_timeout = 1")
async def launch_timeout(started: Started) -> None:
    started.hub.progress = [HANG]

    assert "was not ready within 1 seconds" in (await started.events())[-1]["message"]


@row(
    "Launcher.pre_launch_hook",
    config="async def not_today(launcher, image, username, server_name, repo_url):\n"
    "    raise RuntimeError('closed for ' + repo_url)\n"
    "c.Launcher.pre_launch_hook = not_today",
)
async def pre_launch_hook(started: Started) -> None:
    assert "closed for file://" in (await started.events())[-1]["message"]


# --- the server ---------------------------------------------------------------------------------


@row("ip", "port", config="c.BinderHub.ip = '127.0.0.2'\nc.BinderHub.port = {port}")
async def ip_and_port(started: Started) -> None:
    port = started.app.port
    async with started.http.get(f"http://127.0.0.2:{port}/health") as answer:
        assert answer.status == 200
    with pytest.raises(OSError, match="onnect"):
        await asyncio.open_connection("127.0.0.1", port)


@row("config_file", config="c.BinderHub.about_message = 'from the file'")
async def config_file(started: Started) -> None:
    assert started.app.config_path == started.folder / "binderhub_config.py"
    assert "from the file" in await started.page("about")


@row("executor_threads", config="c.BinderHub.executor_threads = 3")
async def executor_threads(started: Started) -> None:
    await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.1) for _ in range(8)))

    names = [thread.name for thread in threading.enumerate()]
    assert len([name for name in names if name.startswith("binderhub-lite")]) == 3


@row("debug", config="c.BinderHub.debug = True")
async def debug(started: Started) -> None:
    await started.page("health")
    assert re.search(r"^\[D .*GET /health", started.log(), re.MULTILINE)


@row(
    "log_level",
    "log_format",
    "log_datefmt",
    config="c.BinderHub.log_level = 'INFO'\nc.BinderHub.log_format = '<%(asctime)s> %(message)s'\n"
    "c.BinderHub.log_datefmt = 'day %j'",
)
async def log_format(started: Started) -> None:
    await started.page("health")
    await started.page("about?token=geheim&x=1")

    log = started.log()
    assert re.search(r"^<day \d\d\d> 200 GET /about\?token=\*\*\*&x=1 ", log, re.MULTILINE)
    assert "/health" not in log


refused("use_registry", "c.BinderHub.use_registry = True", "use_registry = True is not possible")
for name, trait in BinderHub.class_traits(config=True).items():
    if INSTEAD in trait.metadata:

        async def warned(started: Started, name: str = name) -> None:
            assert f"c.BinderHub.{name} has no effect on one machine" in started.log()

        ROWS.append(Row((name,), f"c.BinderHub.{name} = None", warned))


# ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def tiny_builders() -> Iterator[None]:
    import_tiny_builders()
    yield
    for namespace in (NAMESPACE, f"{NAMESPACE}-b"):
        left = docker("ps", "-aq", f"--filter=label=binderhub-lite.namespace={namespace}").split()
        if left:
            docker("rm", "--force", *left)


@asynccontextmanager
async def started(
    row: Row, folder: Path, capture: pytest.CaptureFixture[str]
) -> AsyncIterator[Started]:
    for name in ("hello", "other"):
        (folder / "shared" / name).mkdir(parents=True)
        (folder / "shared" / name / "README").write_text(f"{folder}")
    for name in ("ca.crt", "docker.json"):
        (folder / name).write_text("{}")
    port = free_port()
    async with hub_api() as hub, ClientSession() as http:
        facts = {
            "hub": hub.url,
            "namespace": NAMESPACE,
            "builder": QUICK,
            "shared": str(folder / "shared"),
            "folder": str(folder),
            "port": port,
            "docker_host": os.environ.get("DOCKER_HOST", "/var/run/docker.sock"),
        }
        own = row.config.format(**facts) if "{folder" in row.config else row.config
        for name, value in facts.items():
            own = own.replace(f"{{{name}!r}}", repr(value)).replace(f"{{{name}}}", str(value))
        file = folder / "binderhub_config.py"
        file.write_text(f"c.BinderHub.port = {port}\n" + BASE.format(**facts) + own)
        app = BinderHub(data_dir=str(folder / "data"))
        app.initialize(["--config", str(file), *row.arguments])
        async with app.running(asyncio.get_running_loop().create_future()) as instance:
            instance.take_everything_down = True
            yield Started(app, instance, folder, hub, http, capture)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.check.__name__ + "-" + row.options[0])
async def test_an_option_does_what_its_help_says(
    row: Row, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINDERHUB_LITE_CA_BUNDLE", "")
    if not row.refused:
        async with started(row, tmp_path, capsys) as running:
            await row.check(running)
        return
    with pytest.raises((BinderError, SystemExit)) as caught:
        async with started(row, tmp_path, capsys):
            pass
    assert row.refused in f"{caught.value} {capsys.readouterr().err}"


def test_no_option_is_without_a_row() -> None:
    inherited = {
        name
        for name in Application.class_trait_names(config=True)
        if getattr(Application, name) is getattr(BinderHub, name)
    }
    options = set(BinderHub.class_trait_names(config=True)) - inherited
    for kind in (EventLog, Launcher, LaunchQuota, RateLimiter):
        own = kind.class_own_traits(config=True)
        options |= {f"{kind.__name__}.{name}" for name in own}

    # It writes a file and ends: tests/test_cli.py.
    assert options - {"generate_config"} == {option for row in ROWS for option in row.options}
