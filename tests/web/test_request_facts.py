"""Under which name the client reached us, and who the client is."""

import socket

import psutil
import pytest

from .conftest import Serve, Served

SPOOFED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7, 198.51.100.9"}


async def base_url(served: Served, headers: dict[str, str]) -> str:
    page = await served.get("/", headers=headers)
    return str(page.page_config["badgeBaseUrl"])


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "http://laptop.test:8585/"),
        ({"X-Forwarded-Proto": "https"}, "https://laptop.test:8585/"),
        ({"X-Forwarded-Proto": "https,http"}, "https://laptop.test:8585/"),
        ({"X-Forwarded-Proto": "http"}, "http://laptop.test:8585/"),
        ({"X-Forwarded-Proto": "javascript"}, "http://laptop.test:8585/"),
        ({"X-Forwarded-Host": "evil.test"}, "http://laptop.test:8585/"),
    ],
)
async def test_links_bear_the_name_by_which_the_client_came(
    served: Served, headers: dict[str, str], expected: str
) -> None:
    assert await base_url(served, {"Host": "laptop.test:8585", **headers}) == expected


async def test_only_a_proxy_on_this_machine_is_believed(serve: Serve) -> None:
    """Docker's bridge stands for another machine: its address is not a loopback one."""
    bridge = next(
        entry.address
        for entry in psutil.net_if_addrs()["docker0"]
        if entry.family == socket.AF_INET
    )
    served = await serve(host=bridge)

    assert await base_url(served, SPOOFED) == f"{served.origin}/"
