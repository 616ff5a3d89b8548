"""Every kind of hub that can run the servers, and every way to reach them."""

import asyncio
import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from binderhub_lite.conventions import CA_BUNDLE_IN_CONTAINER, bridge_name
from binderhub_lite.launch.ports import free_port

from ..support.git_server import GitServer
from ..support.instance import PROGRAM, BinderProcess, docker, get, stream
from ..support.outside_hub import TOKEN, OutsideHub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[OutsideHub]:
    hub = OutsideHub(tmp_path / "hub", {})
    yield hub
    hub.stop()


async def test_a_hub_that_is_already_there(
    hub: OutsideHub, tmp_path: Path, git_server: GitServer
) -> None:
    binder = BinderProcess(
        tmp_path / "binder",
        namespace=hub.namespace,
        config=f"c.BinderHub.hub_url = {hub.url!r}\nc.BinderHub.hub_api_token = {TOKEN!r}\n",
    ).wait_until_ready()
    assert binder.children() == []
    ready = (await binder.launch(git_server.repo("outside").spec))[-1]

    assert ready["url"].startswith(f"{hub.url}user/")
    assert (await get(f"{ready['url']}api/status?token={ready['token']}"))[0] == 200
    health = json.loads((await get(f"{binder.url}health"))[1])
    assert health["ok"]

    await asyncio.to_thread(hub.stop)
    status, text = await get(f"{binder.url}health")
    assert status == 503
    checks = {check["service"]: check["ok"] for check in json.loads(text)["checks"]}
    assert checks.pop("JupyterHub API") is False
    assert all(checks.values())
    await asyncio.to_thread(binder.stop)


async def test_a_token_that_the_hub_does_not_know(
    hub: OutsideHub, tmp_path: Path, git_server: GitServer
) -> None:
    binder = BinderProcess(
        tmp_path / "binder",
        namespace=hub.namespace,
        config=f"c.BinderHub.hub_url = {hub.url!r}\nc.BinderHub.hub_api_token = 'wrong'\n",
    ).wait_until_ready()
    failed = (await binder.launch(git_server.repo("wrong-token").spec))[-1]
    assert failed["phase"] == "failed"
    assert failed["message"].startswith("JupyterHub answered 403: ")
    await asyncio.to_thread(binder.stop)


def test_a_hub_without_a_token_is_refused_at_start(tmp_path: Path) -> None:
    binder = BinderProcess(tmp_path, config="c.BinderHub.hub_url = 'http://127.0.0.1:1/'\n")
    assert binder.process.wait(30) == 1
    assert "To launch at http://127.0.0.1:1/ a token is needed" in binder.output


@pytest.fixture
def managing_hub(tmp_path: Path, git_server: GitServer) -> Iterator[OutsideHub]:
    """A hub that runs us as its service."""
    hub = OutsideHub(
        tmp_path / "hub",
        {
            "url": f"http://127.0.0.1:{free_port()}",
            "command": [
                *PROGRAM,
                f"--data-dir={tmp_path / 'data'}",
                f"--BinderHub.network_isolation_allow={git_server.address}",
                "--RepoProvider.allow_private_hosts=True",
            ],
        },
    )
    yield hub
    hub.stop()


async def test_as_a_service_that_the_hub_manages(
    managing_hub: OutsideHub, git_server: GitServer
) -> None:
    hub = managing_hub
    service = f"{hub.url}services/binder/"
    async with asyncio.timeout(30):
        while (await get(f"{service}versions"))[0] != 200:
            await asyncio.sleep(0.2)
    repo = git_server.repo("managed")
    events = [event async for event in stream(f"{service}build/{repo.spec}")]
    ready = events[-1]
    assert ready["url"].startswith(f"{hub.url}user/")
    assert ready["binder_launch_host"] == service
    assert (await get(f"{ready['url']}api/status?token={ready['token']}"))[0] == 200
    page = (await get(service))[1]
    assert '"baseUrl": "/hubs/one/services/binder/"' in page


async def test_https(tmp_path: Path, git_server: GitServer) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost "
        f"-keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    binder = BinderProcess(
        tmp_path / "binder",
        config=(
            f"c.JupyterHub.ssl_key = {str(key)!r}\nc.JupyterHub.ssl_cert = {str(certificate)!r}\n"
        ),
    )
    binder.wait_for_line(f"BinderHub is ready at https://localhost:{binder.port}/")
    secure = f"https://127.0.0.1:{binder.port}/"
    repo = git_server.repo("https")
    events = [event async for event in stream(f"{secure}build/{repo.spec}")]

    ready = events[-1]
    assert ready["url"].startswith(f"{secure}jupyter/user/")
    assert ready["binder_launch_host"] == secure
    assert (await get(f"{ready['url']}api/status?token={ready['token']}"))[0] == 200
    assert f'content="{secure}logo_social.png"' in (await get(secure))[1]
    await asyncio.to_thread(binder.stop)


async def test_below_a_path_with_the_hub_options_of_the_command_line(
    tmp_path: Path, git_server: GitServer
) -> None:
    bundle = tmp_path / "bundle.crt"
    bundle.write_text("a certificate\n")
    binder = BinderProcess(
        tmp_path,
        config=(
            "c.BinderHub.base_url = '/binder'\n"
            f"c.BinderHub.ca_bundle = {str(bundle)!r}\n"
            "c.DockerSpawner.mem_limit = '300M'\n"
        ),
        arguments=("--BinderSpawner.cpu_limit=0.5",),
    )
    binder.wait_for_line(f"BinderHub is ready at http://localhost:{binder.port}/binder/")
    repo = git_server.repo("base-url")
    events = [event async for event in stream(f"{binder.url}binder/build/{repo.spec}")]
    assert events[-1]["binder_launch_host"] == f"{binder.url}binder/"
    assert (await get(f"{binder.url}binder/v2/{repo.spec}"))[0] == 200

    (name,) = binder.containers("server")
    host = json.loads(docker("inspect", name))[0]["HostConfig"]
    assert host["Memory"] == 300 * 2**20
    assert host["CpuQuota"] == 50_000
    trusted = docker("exec", name, "sh", "-c", "sha256sum < $SSL_CERT_FILE; echo $PIP_CERT")
    ours = hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert trusted == f"{ours}  -\n{CA_BUNDLE_IN_CONTAINER}\n"
    await asyncio.to_thread(binder.stop)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can cut a network off")
async def test_without_any_internet(tmp_path: Path, git_server: GitServer) -> None:
    shared = tmp_path / "shared" / "folder"
    shared.mkdir(parents=True)
    (shared / "Dockerfile").write_text(f"FROM binderhub-lite/singleuser\n# {time.time()}\n")
    binder = BinderProcess(
        tmp_path, config=f"c.LocalRepoProvider.root = {str(shared.parent)!r}\n"
    ).wait_until_ready()
    network = f"binderhub-lite-{binder.namespace}"
    rule = ["DOCKER-USER", "-i", bridge_name(binder.namespace), "-j", "DROP"]
    subprocess.run(["iptables", "-I", *rule], check=True)
    try:
        assert not _reaches_the_package_index(network)
        for spec in ("local/folder", git_server.repo("no-internet").spec):
            assert (await binder.launch(spec))[-1]["phase"] == "ready"
    finally:
        subprocess.run(["iptables", "-D", *rule], check=True)
    await asyncio.to_thread(binder.stop)


def _reaches_the_package_index(network: str) -> bool:
    download = ["pip", "--retries=0", "--timeout=3", "download", "--no-deps", "six"]
    run = ["docker", "run", "--rm", f"--network={network}", "binderhub-lite/singleuser", *download]
    return subprocess.run(run, capture_output=True, check=False).returncode == 0
