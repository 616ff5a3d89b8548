"""The rules themselves: set, set again, and removed, by whoever may."""

import asyncio
import json
import logging
import multiprocessing
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping

import pytest
from traitlets.config import Config

from binderhub_lite.app import BinderHub
from binderhub_lite.conventions import DEFAULT_BRIDGE_NETWORK, Component, bridge_name, network_name
from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.isolation import Destination, IsolationSettings, NetworkIsolation
from binderhub_lite.isolation.rules import Rules
from binderhub_lite.options import BuildOptions

from ..support.bridge import bridge_address
from ..support.firewall import ATTEMPTS, jumps, rules
from ..support.instance import docker
from ..support.namespace import own_namespace
from ..support.tiny_builder import QUICK, import_tiny_builders

NOBODY = 65534
SINGLEUSER = "binderhub-lite/singleuser"

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root sees the firewall's rules"),
    pytest.mark.usefixtures("alone_on_the_default_bridge"),
]


@pytest.fixture
async def daemon() -> AsyncIterator[DockerDaemon]:
    async with own_namespace() as daemon:
        await daemon.ensure_network()
        yield daemon


def settings(**changes: object) -> IsolationSettings:
    """Those of a default instance, but other tests' gates stay open."""
    exceptions = [Destination.parse(bridge_address())]
    image = BuildOptions().build_image
    return IsolationSettings(**{"allow": exceptions, "helper_image": image, **changes})


async def test_rules_are_set_once_and_leave_nothing(daemon: DockerDaemon) -> None:
    isolation = NetworkIsolation(daemon, settings())
    await isolation.start()
    assert isolation.problem is None
    once = rules(daemon.namespace)
    assert set(once) == {"iptables-save", "ip6tables-save"}
    assert jumps(daemon.namespace) == {bridge_name(daemon.namespace), "docker0"}

    await isolation.start()
    assert rules(daemon.namespace) == once

    await isolation.lift()
    assert rules(daemon.namespace) == {}


async def test_another_configuration_takes_the_place_of_the_first(daemon: DockerDaemon) -> None:
    await NetworkIsolation(daemon, settings()).start()
    only_servers = NetworkIsolation(
        daemon, settings(build_steps=False, deny=[Destination.parse("10.0.0.0/8:99")])
    )
    await only_servers.start()
    assert jumps(daemon.namespace) == {bridge_name(daemon.namespace)}
    closed = [line for line in rules(daemon.namespace)["iptables-save"] if "10.0.0.0/8" in line]
    assert [line.split()[-3:] for line in closed] == [["REJECT", "--reject-with", "tcp-reset"]]

    off = NetworkIsolation(daemon, settings(enabled=False))
    await off.start()
    assert rules(daemon.namespace) == {}


async def test_two_namespaces_have_rules_of_their_own(daemon: DockerDaemon) -> None:
    one = NetworkIsolation(daemon, settings())
    async with own_namespace() as other_daemon:
        await other_daemon.ensure_network()
        two = NetworkIsolation(other_daemon, settings())
        await asyncio.gather(one.start(), two.start())
        before = rules(daemon.namespace)
        await two.lift()
        assert rules(other_daemon.namespace) == {}
        assert rules(daemon.namespace) == before
    await one.lift()


async def attempted(network: str, targets: Mapping[str, tuple[str, int]]) -> set[str]:
    """What a container on a network of Docker's reaches."""
    run = [SINGLEUSER, "python3", "-c", ATTEMPTS, json.dumps(targets)]
    output = await asyncio.to_thread(docker, "run", "--rm", f"--network={network}", *run)
    outcome = json.loads(output.removeprefix("attempts "))
    return {name for name, result in outcome.items() if result == "reached"}


async def test_where_people_log_in_servers_reach_the_hubs_api_and_nothing_else(
    daemon: DockerDaemon,
) -> None:
    gateway = await daemon.network_gateway()
    with (
        socket.create_server((gateway, 0)) as hub,
        socket.create_server((gateway, 0)) as something_else,
    ):
        targets = {
            "the hub": hub.getsockname(),
            "something else": something_else.getsockname(),
        }
        isolation = NetworkIsolation(daemon, settings(), hub.getsockname())
        await isolation.start()
        networks = (network_name(daemon.namespace), DEFAULT_BRIDGE_NETWORK)
        server, step = await asyncio.gather(*(attempted(each, targets) for each in networks))
        await isolation.lift()
        without = await attempted(networks[0], targets)
    assert server == {"the hub"}
    assert step == set()
    assert without == set(targets)


async def test_rules_that_somebody_flushed_come_back(
    daemon: DockerDaemon, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("binderhub_lite.isolation.network.SECONDS_BETWEEN", 0.1)
    isolation = NetworkIsolation(daemon, settings())
    await isolation.start()
    once = rules(daemon.namespace)
    keeping = asyncio.create_task(isolation.keep())
    bridge, chain = bridge_name(daemon.namespace), Rules(daemon.namespace).chains[0]
    subprocess.run(["iptables", "-w", "-D", "INPUT", "-i", bridge, "-j", chain], check=True)
    subprocess.run(["iptables", "-w", "-F", chain], check=True)
    async with asyncio.timeout(20):
        while rules(daemon.namespace) != once:
            await asyncio.sleep(0.05)
    keeping.cancel()
    await isolation.lift()


def _as_somebody_in_the_docker_group(namespace: str, image: str, lift: bool) -> None:
    """In a process of its own: sets the rules, or lifts them, and fails when it cannot."""
    docker_socket = BuildOptions().build_docker_host.removeprefix("unix://")
    os.setgroups([os.stat(docker_socket).st_gid])
    os.setgid(NOBODY)
    os.setuid(NOBODY)

    async def isolate() -> str | None:
        daemon = DockerDaemon.connect(docker_socket, namespace)
        isolation = NetworkIsolation(daemon, settings(enabled=not lift, helper_image=image))
        await isolation.start()
        await daemon.close()
        return isolation.problem

    problem = asyncio.run(isolate())
    if problem is not None:
        raise SystemExit(problem)


async def _run_as_somebody_in_the_docker_group(*arguments: object) -> int | None:
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_as_somebody_in_the_docker_group, args=arguments)
    process.start()
    await asyncio.to_thread(process.join, 60)
    return process.exitcode


async def test_the_docker_group_is_enough(daemon: DockerDaemon) -> None:
    image = BuildOptions().build_image
    assert await _run_as_somebody_in_the_docker_group(daemon.namespace, image, False) == 0
    by_helper = rules(daemon.namespace)
    assert await daemon.containers(Component.HELPER) == []

    as_root = NetworkIsolation(daemon, settings())
    await as_root.start()
    assert rules(daemon.namespace) == by_helper

    assert await _run_as_somebody_in_the_docker_group(daemon.namespace, image, True) == 0
    assert rules(daemon.namespace) == {}


async def test_what_cannot_be_set_up_is_told_once(
    daemon: DockerDaemon, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import_tiny_builders()
    # Not on the path of this process, and the image has no chroot to reach the machine's own.
    monkeypatch.setattr("binderhub_lite.isolation.runners.SYSTEM_PATHS", "")
    monkeypatch.setenv("PATH", "/nowhere")
    isolation = NetworkIsolation(daemon, settings(helper_image=QUICK))
    with caplog.at_level(logging.WARNING):
        await isolation.start()
        await isolation.lift()
    assert isolation.problem is not None
    assert "chroot" in isolation.problem
    (warning, _) = caplog.messages
    assert warning.startswith("Network isolation is not in place (")
    assert "c.BinderHub.network_isolation = False" in warning
    assert await daemon.containers(Component.HELPER) == []


@pytest.mark.parametrize(("hub_url", "wanted"), [("", True), ("http://hub.example.org", False)])
def test_servers_of_another_hub_are_left_alone(hub_url: str, wanted: bool) -> None:
    app = BinderHub(config=Config({"BinderHub": {"hub_url": hub_url}}))
    assert app.isolation_settings().build_steps is wanted


async def test_the_default_bridge_is_found(daemon: DockerDaemon) -> None:
    bridge = await daemon.bridge(DEFAULT_BRIDGE_NETWORK)
    assert bridge is not None
    assert bridge.interface == "docker0"
    assert await daemon.bridge("no-such-network") is None
