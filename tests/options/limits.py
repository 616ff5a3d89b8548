"""The launcher, limits, the event log."""

import asyncio
import json
from typing import Any

from ..support.hub_api import HANG
from ..support.instance import docker
from ..support.tiny_builder import SLOW
from .rows import NAMESPACE, Started, row


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
    config="c.RateLimiter.limit = 1\nc.RateLimiter.period_seconds = 3\n"
    "c.RateLimiter.clean_seconds = 1",
)
async def rate_limiter(started: Started) -> None:
    def limited(events: list[dict[str, Any]]) -> bool:
        return events[-1].get("status_code") == 429

    assert [limited(await started.events("no/such")) for _ in range(2)] == [False, True]
    while limited(await started.events("no/such")):
        await asyncio.sleep(0.1)


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

    assert (await started.events())[-1]["phase"] == "failed"

    assert started.hub.calls.count("create") == 3
    log = started.log()
    assert "Retry 1 in 0.1 s" in log
    assert "Retry 2 in 0.2 s" in log


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
