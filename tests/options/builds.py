"""Builds, the disk, isolation."""

import asyncio
import contextlib
import time

import pytest

from binderhub_lite.conventions import bridge_name

from ..support import firewall
from ..support.instance import docker, stream
from ..support.tiny_builder import QUICK, SLOW
from .rows import NAMESPACE, Started, refused, row


@row(
    "build_image",
    "image_prefix",
    config=f"c.BinderHub.build_image = {QUICK!r}\nc.BinderHub.image_prefix = '{NAMESPACE}/x-'",
)
async def build_image(started: Started) -> None:
    assert f'"build_image": "{QUICK}"' in await started.page("versions")
    built = [event for event in await started.events() if event["phase"] == "built"]
    assert built[0]["imageName"].startswith(f"{NAMESPACE}/x-local-")


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


@row(
    "build_log_days",
    config="c.BinderHub.build_log_days = 0.00001\nc.BinderHub.build_cleanup_interval = 1",
)
async def build_log_days(started: Started) -> None:
    assert "Built image" in str(await started.events())

    while await started.page("api/builds") != "[]":
        await asyncio.sleep(0.1)


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
