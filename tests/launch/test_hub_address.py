"""How servers in containers reach the hub, where people log in through it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from aiohttp import ClientSession

from binderhub_lite.app import BinderHub
from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.launch.hub_address import HubAddress
from binderhub_lite.launch.ports import free_port
from binderhub_lite.pipeline import Ask

from ..support.instance import NAMESPACES, docker

SOMEBODY_ELSES = "203.0.113.1"
OFFICE = "the-token-of-the-school-office"


def test_the_hub_listens_where_servers_see_this_machine(bridge_address: str) -> None:
    address = HubAddress.for_servers_at(bridge_address)
    assert address == HubAddress(bridge_address, bridge_address)
    assert address.url_for_servers(8081) == f"http://{bridge_address}:8081"
    assert address.extra_hosts == {}


@pytest.mark.parametrize("gateway", [SOMEBODY_ELSES, ""])
def test_where_docker_is_in_a_virtual_machine_its_name_for_us_is_used(gateway: str) -> None:
    address = HubAddress.for_servers_at(gateway)
    assert address.ip == "127.0.0.1"
    assert address.url_for_servers(8081) == "http://host.docker.internal:8081"
    assert address.extra_hosts == {"host.docker.internal": "host-gateway"}


def test_without_logins_servers_have_nothing_to_ask() -> None:
    assert HubAddress().ip == "127.0.0.1"
    assert HubAddress().url_for_servers(8081) == ""


async def test_a_server_asks_the_hub_from_within_a_virtual_machine(
    tmp_path: Path,
    bridge_address: str,
    http: ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Docker Desktop leads `host-gateway` to the host's loopback; here, `relay` does."""

    async def gateway(daemon: DockerDaemon) -> str:
        return SOMEBODY_ELSES

    monkeypatch.setattr(DockerDaemon, "network_gateway", gateway)
    app = _school(tmp_path)
    async with app.running(asyncio.get_running_loop().create_future()) as instance:
        instance.take_everything_down = True
        port = json.loads((tmp_path / "data" / "hub.json").read_text())["port"]
        hub = f"http://127.0.0.1:{port}/jupyter/hub/api"
        await http.post(f"{hub}/users/ada", headers={"Authorization": f"token {OFFICE}"})
        origin = f"http://127.0.0.1:{app.port}"
        ask = Ask("local", "course", origin, f"{origin}/", user="ada")
        async with relay(bridge_address, port) as visits:
            batches = [batch async for batch in instance.pipeline.events(ask)]
            ready = batches[-1][-1]
            assert ready.phase == "ready", ready
            async with http.get(
                f"{ready.fields['url']}api/status", params={"token": ready.fields["token"]}
            ) as answer:
                assert answer.status == 200
            assert visits
        container = f"binderhub-lite-server-{app.build_namespace}-ada--"
        url = docker("exec", container, "printenv", "JUPYTERHUB_API_URL").strip()
        assert url == f"http://host.docker.internal:{port}/jupyter/hub/api"


def _school(folder: Path) -> BinderHub:
    (folder / "shared" / "course").mkdir(parents=True)
    dockerfile = folder / "shared" / "course" / "Dockerfile"
    dockerfile.write_text("FROM binderhub-lite/singleuser\n")
    port = free_port()
    NAMESPACES.add(f"test-{port}")
    (folder / "binderhub_config.py").write_text(f"""
c.BinderHub.auth_enabled = True
c.BinderHub.build_namespace = "test-{port}"
# It would hold inside the virtual machine, and this machine's address is outside of it.
c.BinderHub.network_isolation = False
c.LocalRepoProvider.root = {str(folder / "shared")!r}
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.services = [{{"name": "office", "api_token": {OFFICE!r}}}]
c.JupyterHub.load_roles = [
    {{"name": "office", "scopes": ["admin:users"], "services": ["office"]}}
]
""")
    app = BinderHub()
    app.initialize(
        [f"-f={folder / 'binderhub_config.py'}", f"--port={port}", f"--data-dir={folder / 'data'}"]
    )
    return app


@asynccontextmanager
async def relay(ip: str, port: int) -> AsyncIterator[list[object]]:
    """Leads connections to `ip` to the same port of the loopback; yields who came."""
    visits: list[object] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(writer.get_extra_info("peername"))
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))

    async with await asyncio.start_server(serve, ip, port):
        yield visits


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
