"""What a user's server and a build's RUN step reach, tried from inside them.

The same attempts are made with isolation and without it, so that each of them can fail.
"""

import asyncio
import json
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

from binderhub_lite.addresses import own_addresses
from binderhub_lite.conventions import network_name

from ..support.beyond import METADATA, machine_beyond
from ..support.firewall import ATTEMPTS, default_bridge_open, rules
from ..support.git_server import DOCKERFILE, GitRepo, GitServer
from ..support.instance import BinderProcess, docker

pytestmark = pytest.mark.usefixtures("alone_on_the_default_bridge")

Targets = Mapping[str, list[Any] | str]
Outcome = dict[str, str]

DOCKER_SOCKET = "/var/run/docker.sock"
CLOSED = """
c.BinderHub.network_isolation_deny = ['{denied}']
del c.BinderHub.network_isolation_builds
"""
# Hands a server what must never be there, so that the attempt at it can succeed.
OPEN = f"""
import os
c.BinderHub.network_isolation = False
c.DockerSpawner.volumes = {{{DOCKER_SOCKET!r}: {DOCKER_SOCKET!r}}}
c.DockerSpawner.extra_host_config = {{"group_add": [os.stat({DOCKER_SOCKET!r}).st_gid]}}
c.DockerSpawner.mem_limit = "300M"
c.DockerSpawner.cpu_limit = 0.75
c.BinderSpawner.pids_limit = 200
c.BinderSpawner.allow_sudo = True
"""
# What `sudo` is made of: programs that run as their owner, root.
SUDO = """
USER root
RUN for program in id chown mkdir; do cp /usr/bin/$program /usr/bin/root-$program; done \
 && chmod u+s /usr/bin/root-*
USER jovyan
"""


@pytest.fixture(scope="module")
def beyond() -> Iterator[tuple[str, str]]:
    with machine_beyond() as addresses:
        yield addresses


@pytest.fixture(scope="module")
def listener() -> Iterator[int]:
    """A port of this machine's, at every address that it has."""
    with socket.create_server(("", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture(scope="module")
def published() -> Iterator[int]:
    """A port that this machine publishes for a container that is none of ours."""
    serve = ["binderhub-lite/singleuser", "python3", "-m", "http.server", "8000"]
    container = docker("run", "--detach", "--rm", "--publish=8000", *serve).strip()
    yield int(docker("port", container, "8000/tcp").split()[0].rpartition(":")[2])
    docker("rm", "--force", container)


@dataclass(frozen=True)
class Place:
    """An instance, one user's server, and what may be reached from elsewhere."""

    binder: BinderProcess
    repo: GitRepo
    machine: dict[str, Any]

    @property
    def gateway(self) -> str:
        """This machine, as servers of this instance know it."""
        network = network_name(self.binder.namespace)
        return docker(
            "network", "inspect", network, "--format={{(index .IPAM.Config 0).Gateway}}"
        ).strip()

    @property
    def loopback_ports(self) -> dict[str, int]:
        """Of the hub's API, the proxy's API and BinderHub itself."""
        data = self.binder.folder / "data"
        ours = [
            connection.laddr.port
            for connection in psutil.Process(self.binder.process.pid).net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
        return {
            "the hub": json.loads((data / "hub.json").read_text())["port"],
            "the proxy": json.loads((data / "proxy.json").read_text())["api_port"],
            "BinderHub": ours[0],
        }

    @property
    def other_server(self) -> str:
        (name,) = self.binder.containers("server")
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return docker("inspect", name, f"--format={form}").strip()

    def open_targets(self) -> dict[str, list[Any] | str]:
        """What is reached where nothing is isolated."""
        targets: dict[str, list[Any] | str] = {
            "a cloud's metadata": [METADATA, 80],
            "another user's server": [self.other_server, 8888],
            "what the configuration denies": [self.machine["denied"], 80],
        }
        for where, address in {"gateway": self.gateway, "machine": own_addresses()[0]}.items():
            targets[f"the front door, {where}"] = [address, self.binder.port]
            targets[f"a port of this machine, {where}"] = [address, self.machine["listener"]]
            targets[f"a published port, {where}"] = [address, self.machine["published"]]
        return targets

    def loopback_targets(self) -> dict[str, list[Any]]:
        """What this machine reaches at its loopback address, and nobody anywhere."""
        return {
            f"{name}, {address}": [address, port]
            for name, port in self.loopback_ports.items()
            for address in ("127.0.0.1", self.gateway, own_addresses()[0])
        }

    def always_open_targets(self) -> dict[str, list[Any]]:
        return {
            "the world beyond": [self.machine["beyond"], 80],
            "a cloud's name server": [METADATA, 53],
            "the exception": [self.machine["bridge"], self.machine["listener"]],
        }


@pytest.fixture(scope="module", params=["isolated", "open"])
def place(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    git_server: GitServer,
    bridge_address: str,
    beyond: tuple[str, str],
    listener: int,
    published: int,
) -> Iterator[Place]:
    isolated = request.param == "isolated"
    config = CLOSED.format(denied=beyond[1]) if isolated else OPEN
    binder = BinderProcess(tmp_path_factory.mktemp(request.param), config=config).wait_until_ready()
    machine = {
        "isolated": isolated,
        "bridge": bridge_address,
        "beyond": beyond[0],
        "denied": beyond[1],
        "listener": listener,
        "published": published,
    }
    repo = git_server.repo(f"isolation-{request.param}")
    assert asyncio.run(binder.launch(repo.spec))[-1]["phase"] == "ready"
    yield Place(binder, repo, machine)
    binder.stop()
    assert rules(binder.namespace) == {}


def from_here(targets: Targets) -> Outcome:
    return _outcome(_run([sys.executable, "-c", ATTEMPTS, json.dumps(targets)]))


def from_server(container: str, targets: Targets) -> Outcome:
    command = ["docker", "exec", container, "python3", "-c", ATTEMPTS, json.dumps(targets)]
    return _outcome(_run(command))


async def from_run_step(place: Place, targets: Targets) -> Outcome:
    """Launches what was built, too."""
    step = f"RUN python3 /home/jovyan/attempts.py {shlex.quote(json.dumps(targets))}\n"
    place.repo.add({"attempts.py": ATTEMPTS, "Dockerfile": DOCKERFILE + SUDO + step})
    events = await place.binder.launch(place.repo.spec)
    assert events[-1]["phase"] == "ready", events[-1]
    said = "".join(event["message"] for event in events if event["phase"] == "building")
    return _outcome("\n".join(re.findall(r"attempts \{.*\}", said)[-1:]))


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _outcome(output: str) -> Outcome:
    outcome: Outcome = json.loads(output.partition("attempts ")[2])
    return outcome


def reached(outcome: Outcome) -> set[str]:
    return {name for name, result in outcome.items() if result == "reached"}


async def test_what_a_server_and_a_run_step_reach(place: Place) -> None:
    (other,) = place.binder.containers("server")
    loopback, beyond = place.loopback_targets(), place.always_open_targets()
    open_targets = place.open_targets()
    # What is on the loopback interface is there, and to be found at the ports that are tried.
    assert reached(from_here(loopback)) == {name for name in loopback if "127.0.0.1" in name}

    assert bool(rules(place.binder.namespace)) == place.machine["isolated"]
    everything = {**open_targets, **beyond, **loopback}
    with nullcontext() if place.machine["isolated"] else default_bridge_open():
        step = await from_run_step(place, everything)
    (server,) = set(place.binder.containers("server")) - {other}
    inside = from_server(server, {**everything, "Docker's socket": DOCKER_SOCKET})

    if place.machine["isolated"]:
        assert reached(inside) == set(beyond)
        assert reached(step) == set(beyond)
        # Refused at once: nobody's program hangs.
        refused = dict.fromkeys(open_targets, "ConnectionRefusedError")
        assert {name: inside[name] for name in open_targets} == refused
        assert_confined(server)
    else:
        assert reached(inside) == {*beyond, *open_targets, "Docker's socket"}
        # Docker itself keeps its default bridge from the networks of others.
        assert reached(step) == {*beyond, *open_targets} - {"another user's server"}
        assert_less_confined(server)


def inside_of(server: str, command: str) -> str:
    """What a shell in the server says, errors included."""
    run = ["docker", "exec", server, "sh", "-c", command]
    done = subprocess.run(run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.strip()


def host_config(server: str) -> dict[str, Any]:
    config: dict[str, Any] = json.loads(docker("inspect", server))[0]["HostConfig"]
    return config


def assert_confined(server: str) -> None:
    """By default: no rights at all, and never the whole machine."""
    status = inside_of(server, "cat /proc/self/status")
    assert re.search(r"^CapBnd:\t0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    assert inside_of(server, "root-id -u") == "1000"
    mounts = inside_of(server, "cat /proc/mounts")
    kernels = re.findall(r" /sys\S* (?:sysfs|cgroup2?) (\w+)", mounts)
    assert set(kernels) == {"ro"}
    limits = host_config(server)
    half = psutil.virtual_memory().total // 2
    assert (limits["Memory"], limits["MemorySwap"], limits["PidsLimit"]) == (half, half, 1024)
    assert limits["CpuShares"] == 512
    assert limits["Privileged"] is False


def assert_less_confined(server: str) -> None:
    """As the configuration says."""
    assert inside_of(server, "root-id -u") == "0"
    assert inside_of(server, "touch mine; root-chown 0 mine; stat -c %u mine") == "0"
    assert inside_of(server, "cat /proc/self/status | grep NoNewPrivs").split()[1] == "0"
    for folder in ("/sys/x", "/sys/kernel/x"):
        assert "Read-only file system" in inside_of(server, f"root-mkdir {folder}")
    limits = host_config(server)
    assert (limits["Memory"], limits["MemorySwap"], limits["PidsLimit"]) == (300 * 2**20,) * 2 + (
        200,
    )
    assert (limits["CpuQuota"], limits["CpuPeriod"]) == (75_000, 100_000)
    files = "/sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max"
    assert inside_of(server, f"cat {files} 2>/dev/null") == str(300 * 2**20)
