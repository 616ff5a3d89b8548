"""People with accounts: in a real Chromium, with the hub that comes along and with another one."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from binderhub_lite.launch.ports import free_port
from binderhub_lite.web.login import COOKIE

from ..support.browser import PATIENCE_MS, chromium
from ..support.git_server import GitRepo, GitServer
from ..support.instance import PROGRAM, BinderProcess, docker, get
from ..support.outside_hub import TOKEN, OutsideHub
from ..support.people import LOGIN, log_in, person

pytestmark = pytest.mark.asyncio(loop_scope="module")
expect.set_options(timeout=PATIENCE_MS)

OFFICE = "the-token-of-the-school-office"
ACCOUNTS = f"""
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.services = [{{"name": "office", "api_token": {OFFICE!r}}}]
c.JupyterHub.load_roles = [
    {{"name": "office", "scopes": ["tokens", "admin:users"], "services": ["office"]}}
]
"""


# What the administrator of a hub adds to its configuration (docs/logins.md says the same).
OUTSIDE_ACCOUNTS = """
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.redirect_to_server = False
c.JupyterHub.allow_named_servers = True
c.BinderSpawner.auth_enabled = True
c.JupyterHub.load_roles = [
    {"name": "binder", "scopes": ["servers"], "services": ["binder"]},
    {
        "name": "user",
        "scopes": [
            "access:services!service=binder",
            "access:servers!user",
            "read:servers!user",
            "delete:servers!user",
            "read:users!user",
            "users:activity!user",
            "tokens!user",
        ],
    },
]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BinderProcess]:
    """An instance whose own hub has accounts."""
    # Who is logged in needs no page of ours.
    config = f"c.BinderHub.auth_enabled = True\nc.RateLimiter.limit = 0\n{ACCOUNTS}"
    school = BinderProcess(tmp_path_factory.mktemp("school"), config=config)
    yield school.wait_until_ready()
    school.stop()


@pytest.fixture(scope="module")
def course(git_server: GitServer) -> GitRepo:
    return git_server.repo("with-accounts", {"hello.md": "# Hello\n"})


async def test_log_in_launch_and_log_out(
    browser: Browser, school: BinderProcess, course: GitRepo
) -> None:
    link = f"{school.url}v2/{course.spec}?urlpath=lab%2Ftree%2Fhello.md"
    async with person(browser) as page:
        await page.goto(link)
        await log_in(page, "ada")
        await page.wait_for_url(re.compile("/jupyter/user/ada/lab/tree/hello.md"))
        await expect(page.locator("#jp-main-dock-panel")).to_be_visible()
        server = f"{school.url}jupyter/user/ada/"

        await page.goto(link + "&again")
        await expect(page.locator("#failure-message")).to_contain_text(
            "User ada already has a running server"
        )
        assert (await page.goto(server + "api/status")).status == 200  # type: ignore[union-attr]
        await page.goto(school.url)
        await page.get_by_role("link", name="Your servers").click()
        await expect(page.get_by_role("button", name="Stop My Server")).to_be_visible()
        await expect(page.get_by_role("button", name="My Server", exact=True)).to_be_visible()

        async with person(browser) as other:
            await other.goto(school.url)
            await log_in(other, "bob")
            await other.wait_for_url(school.url)
            assert (await other.goto(server + "lab")).status == 403  # type: ignore[union-attr]
            # It could only start one of nothing: that is not offered.
            await other.goto(f"{school.url}jupyter/hub/home")
            await expect(other.get_by_role("link", name="To the main page")).to_be_visible()
            await expect(other.get_by_role("button", name="Start My Server")).to_be_hidden()

        await page.goto(school.url)
        await page.get_by_role("link", name="Log out ada").click()
        await page.wait_for_url(LOGIN)
        await page.goto(school.url + "about")
        await log_in(page, "eve")
        await page.wait_for_url(school.url + "about")
        await expect(page.get_by_role("link", name="Log out eve")).to_be_visible()
        # The hub cannot start a server of nothing: it tells where servers come from.
        for nothing in ("user/eve/lab", "hub/spawn"):
            await page.goto(f"{school.url}jupyter/{nothing}")
            await expect(page.locator("body")).to_contain_text("Servers start from links here")
            await page.get_by_text("To the main page").click()
            await page.wait_for_url(school.url)


@pytest.fixture
def elsewhere(tmp_path: Path, bridge_address: str) -> Iterator[tuple[BinderProcess, OutsideHub]]:
    """An instance with a server for each launch, at a hub that somebody else runs."""
    port = free_port()
    service = {
        "oauth_client_id": "service-binder",
        "oauth_redirect_uri": f"http://127.0.0.1:{port}/oauth_callback",
        "oauth_no_confirm": True,
    }
    hub = OutsideHub(tmp_path / "hub", service, OUTSIDE_ACCOUNTS, bridge_address)
    binder = BinderProcess(
        tmp_path / "binder",
        port=port,
        namespace=hub.namespace,
        config="c.BinderHub.auth_enabled = True\n"
        "c.BinderHub.use_named_servers = True\n"
        "c.Launcher.named_server_limit_per_user = 2\n"
        f"c.BinderHub.hub_url = {hub.url!r}\n"
        f"c.BinderHub.hub_api_token = {TOKEN!r}\n",
    )
    yield binder.wait_until_ready(), hub
    binder.stop()
    hub.stop()


async def test_another_hub_with_a_server_for_each_launch(
    browser: Browser, course: GitRepo, elsewhere: tuple[BinderProcess, OutsideHub]
) -> None:
    binder, hub = elsewhere
    link = f"{binder.url}v2/{course.spec}"
    in_a_server = re.compile(f"^{re.escape(hub.url)}user/ada/([a-z0-9-]+)/")

    async with person(browser) as page:
        await page.goto(link)
        await log_in(page, "ada")
        names = set()
        for _ in range(2):
            await page.wait_for_url(in_a_server)
            await expect(page.locator("#jp-main-dock-panel")).to_be_visible()
            names |= set(in_a_server.findall(page.url))
            await page.goto(link + "?another")
        assert len(names) == 2
        await expect(page.locator("#failure-message")).to_contain_text(
            "User ada already runs 2 named servers"
        )
        async with person(browser) as other:
            await other.goto(binder.url)
            await log_in(other, "bob")
            await other.wait_for_url(binder.url)
            server = f"{hub.url}user/ada/{names.pop()}/lab"
            assert (await other.goto(server)).status == 403  # type: ignore[union-attr]
        await page.goto(binder.url)
        await page.get_by_role("link", name="Log out ada").click()
        await page.wait_for_url(LOGIN)
        assert page.url.startswith(hub.url)
        await page.goto(binder.url)
        await page.wait_for_url(LOGIN)


@pytest.fixture
def managing_hub(tmp_path: Path, bridge_address: str) -> Iterator[OutsideHub]:
    """A hub with accounts that runs us as its service."""
    folder = tmp_path / "hub"
    folder.mkdir()
    (folder / "binderhub_config.py").write_text(
        "c.BinderHub.auth_enabled = True\n"
        "c.RepoProvider.allow_private_hosts = True\n"
        f"c.BinderHub.network_isolation_allow = [{bridge_address!r}]\n"
    )
    service = {
        "url": f"http://127.0.0.1:{free_port()}",
        "command": [*PROGRAM, f"--data-dir={tmp_path / 'data'}"],
        "oauth_no_confirm": True,
    }
    hub = OutsideHub(folder, service, OUTSIDE_ACCOUNTS, bridge_address)
    yield hub
    hub.stop()


async def test_as_a_service_that_the_hub_manages(
    browser: Browser, course: GitRepo, managing_hub: OutsideHub
) -> None:
    hub = managing_hub
    pages = f"{hub.url}services/binder/"
    async with asyncio.timeout(30):
        while (await get(f"{pages}versions"))[0] != 200:
            await asyncio.sleep(0.2)
    async with person(browser) as page:
        await page.goto(f"{pages}v2/{course.spec}?urlpath=api%2Fstatus")
        await log_in(page, "ada")
        await page.wait_for_url(f"{hub.url}user/ada/api/status**")
        await expect(page.locator("body")).to_contain_text('"kernels"')

        # Users' servers are below the same host, and are not told of the session.
        (session,) = [
            cookie
            for cookie in await page.context.cookies()
            if cookie.get("name", "").startswith(COOKIE)
        ]
        assert session.get("path") == urlsplit(pages).path

        await page.goto(pages)
        await page.get_by_role("link", name="Log out ada").click()
        await page.wait_for_url(LOGIN)
        await page.goto(pages)
        await page.wait_for_url(LOGIN)


async def test_programs_come_with_a_token(school: BinderProcess, course: GitRepo) -> None:
    async with aiohttp.ClientSession() as http:
        hub = f"{school.url}jupyter/hub/api"
        office = {"Authorization": f"token {OFFICE}"}
        await http.post(f"{hub}/users/grace", headers=office)
        async with http.post(f"{hub}/users/grace/tokens", headers=office, json={}) as answer:
            token = (await answer.json())["token"]
        bearer = {"Authorization": f"Bearer {token}"}

        for path in ("health", "versions", "metrics", "badge_logo.svg", "static/images/logo.svg"):
            assert await _status(http, school.url + path) == 200, path
        for path in ("api/builds", "api/repoproviders", "api/builds/any/log"):
            assert await _status(http, school.url + path) == 403, path
        assert await _status(http, f"{school.url}api/builds", headers=bearer) == 200
        assert await _status(http, f"{school.url}api/builds?token={token}") == 200
        assert await _status(http, school.url) == 302
        assert await _status(http, f"{school.url}?token={token}") == 200
        assert await _status(http, f"{school.url}?token=wrong") == 403

        for headers in ({}, {"Authorization": "token wrong"}, office):
            (refused,) = await _events(http, school, course, headers)
            assert (refused["phase"], refused["status_code"]) == ("failed", 403)

        *_, ready = await _events(http, school, course, {"Authorization": f"token {token}"})
        assert ready["phase"] == "ready", ready
        status = f"{ready['url']}api/status"
        assert await _status(http, f"{status}?token={ready['token']}") == 200
        assert await _status(http, status) == 403

        # The launch's token opens that server, and that is all. So does the server's own.
        (container,) = [name for name in school.containers("server") if "grace" in name]
        inside = docker("exec", container, "printenv", "JUPYTERHUB_API_TOKEN").strip()
        for weak in (ready["token"], inside):
            (refused,) = await _events(http, school, course, {"Authorization": f"token {weak}"})
            assert refused["status_code"] == 403
        # Nobody starts a server past BinderHub.
        assert await _status(http, f"{hub}/users/grace/servers/x", "POST", headers=bearer) == 403
        assert await _status(http, f"{hub}/users/grace/server", "DELETE", headers=bearer) < 300
    assert token not in school.output
    log = (school.folder / "data" / "jupyterhub.log").read_text()
    assert token not in log
    assert ready["token"] not in log


async def test_idle_servers_are_looked_for(school: BinderProcess) -> None:
    programs = [" ".join(child.cmdline()) for child in school.children()]
    assert any("culler.py" in program for program in programs)


async def test_the_service_may_do_no_more_than_start_and_stop_servers(
    school: BinderProcess,
) -> None:
    settings = json.loads((school.folder / "data" / "hub_settings.json").read_text())
    headers = {"Authorization": f"token {settings['binder_token']}"}
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{school.url}jupyter/hub/api/user", headers=headers) as answer,
    ):
        scopes = (await answer.json())["scopes"]
    unwanted = [scope for scope in scopes if not re.match(r"(start:|delete:|read:)?servers", scope)]
    assert [scope for scope in unwanted if not scope.startswith("read:users:name")] == []


async def test_logins_need_to_know_how(tmp_path: Path) -> None:
    binder = BinderProcess(tmp_path, config="c.BinderHub.auth_enabled = True\n")
    assert await asyncio.to_thread(binder.process.wait, 30) == 1
    assert "set c.JupyterHub.authenticator_class" in binder.output


async def _status(
    http: aiohttp.ClientSession, url: str, method: str = "GET", **options: Any
) -> int:
    async with http.request(method, url, allow_redirects=False, **options) as answer:
        return answer.status


async def _events(
    http: aiohttp.ClientSession, binder: BinderProcess, repo: GitRepo, headers: dict[str, str]
) -> list[dict[str, Any]]:
    events = []
    async with http.get(
        f"{binder.url}build/{repo.spec}", headers={"Accept": "text/event-stream", **headers}
    ) as answer:
        async for line in answer.content:
            if line.startswith(b"data:"):
                events.append(json.loads(line.removeprefix(b"data:")))
                if events[-1]["phase"] in ("ready", "failed"):
                    break
    return events
