"""Under which name the client reached us, and who the client is."""

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from binderhub_lite.app import BinderHub
from binderhub_lite.web.request_facts import RequestFacts


async def facts(
    headers: dict[str, str], host: str = "127.0.0.1", trusted: list[str] | None = None
) -> tuple[str, str]:
    """What a server that listens on `host` makes of a request from this machine."""
    options = {} if trusted is None else {"trusted_proxies": trusted}
    request_facts = RequestFacts(BinderHub(**options).trusted_proxies)

    async def answer(request: web.Request) -> web.Response:
        return web.json_response([request_facts.origin(request), request_facts.client_ip(request)])

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
        pytest.param("https, http", "http", id="the last is the proxy's own"),
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
        pytest.param("203.0.113.7:5012", "203.0.113.7", id="some proxies write the port"),
        ("[2001:db8::1]:5012", "2001:db8::1"),
        (" , ", "127.0.0.1"),
    ],
)
async def test_the_client_is_who_the_proxy_saw(forwarded: str | None, client: str) -> None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}

    assert (await facts(headers))[1] == client


BEHIND_TWO = {
    "X-Forwarded-For": "198.51.100.66, 203.0.113.7, 192.0.2.80",
    "X-Forwarded-Proto": "ftp, https, http",
    "X-Forwarded-Host": "binder.test",
}


async def test_trusted_proxies_are_seen_through_but_nobody_behind_them() -> None:
    """The first address is what the client claims to stand for; the web server adds who it is."""
    here = ["127.0.0.0/8", "192.0.2.80"]

    assert await facts(BEHIND_TWO, trusted=here) == ("https://binder.test", "203.0.113.7")
    assert (await facts(BEHIND_TWO))[1] == "192.0.2.80"
    assert await facts(BEHIND_TWO, trusted=[]) == ("http://laptop.test:8585", "127.0.0.1")


async def test_a_client_cannot_claim_to_be_another() -> None:
    forged = {"X-Forwarded-For": "10.1.1.1, 203.0.113.7", "X-Forwarded-Proto": "https, http"}

    assert await facts(forged) == ("http://laptop.test:8585", "203.0.113.7")


@pytest.mark.parametrize(
    "junk", ["unknown", "for=1.2.3.4", "203.0.113.7:5000:6", "[::1", "a" * 5000, "%00"]
)
async def test_junk_is_nobody_that_is_trusted(junk: str) -> None:
    assert (await facts({"X-Forwarded-For": f"203.0.113.7, {junk}"}))[1] == junk


async def test_only_a_proxy_on_this_machine_is_believed(bridge_address: str) -> None:
    """Docker's bridge stands for another machine: its address is not a loopback one."""
    spoofed = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}

    seen_origin, seen_ip = await facts(spoofed, host=bridge_address)

    assert seen_origin == "http://laptop.test:8585"
    assert seen_ip != "203.0.113.7"
