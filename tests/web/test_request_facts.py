"""Under which name the client reached us, and who the client is."""

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from binderhub_lite.web.request_facts import client_ip, origin


async def facts(headers: dict[str, str], host: str = "127.0.0.1") -> tuple[str, str]:
    """What a server that listens on `host` makes of a request from this machine."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response([origin(request), client_ip(request)])

    app = web.Application()
    app.router.add_get("/", answer)
    async with (
        TestServer(app, host=host) as server,
        ClientSession() as http,
        http.get(server.make_url("/"), headers={"Host": "laptop.test:8585", **headers}) as found,
    ):
        seen_origin, seen_ip = await found.json()
        return seen_origin, seen_ip


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [
        (None, "http"),
        ("https", "https"),
        ("https, http", "https"),
        ("http", "http"),
        ("javascript", "http"),
        ("", "http"),
    ],
)
async def test_links_bear_the_name_by_which_the_client_came(proto: str | None, scheme: str) -> None:
    headers = {} if proto is None else {"X-Forwarded-Proto": proto}

    assert (await facts(headers))[0] == f"{scheme}://laptop.test:8585"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (None, "127.0.0.1"),
        ("203.0.113.7", "203.0.113.7"),
        pytest.param("203.0.113.7, 198.51.100.9", "198.51.100.9", id="the last is the proxy's own"),
        pytest.param("::ffff:203.0.113.7", "203.0.113.7", id="IPv4 on a socket for both"),
        ("2001:db8::1", "2001:db8::1"),
        (" , ", "127.0.0.1"),
    ],
)
async def test_the_client_is_who_the_proxy_saw(forwarded: str | None, client: str) -> None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}

    assert (await facts(headers))[1] == client


async def test_only_a_proxy_on_this_machine_is_believed(bridge_address: str) -> None:
    """Docker's bridge stands for another machine: its address is not a loopback one."""
    spoofed = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}

    seen_origin, seen_ip = await facts(spoofed, host=bridge_address)

    assert seen_origin == "http://laptop.test:8585"
    assert seen_ip != "203.0.113.7"
