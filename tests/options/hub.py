"""The hub and logins."""

import psutil

from ..support.hub_api import TOKEN
from .rows import Started, row


@row(
    "hub_url",
    "hub_url_local",
    "hub_api_token",
    config="c.BinderHub.hub_url = 'https://hub.test/here/'\n"
    "c.BinderHub.hub_url_local = {hub!r}\nc.BinderHub.hub_api_token = 'the-token-of-the-hub'",
)
async def hub_url(started: Started) -> None:
    started.hub.progress = [{"ready": True, "url": "/here/user/x/"}]

    ready = (await started.events())[-1]

    assert ready["url"] == "https://hub.test/here/user/x/"
    assert "start" in started.hub.calls


@row(
    "idle_timeout",
    "data_dir",
    config="c.BinderHub.hub_url = ''\nc.BinderHub.idle_timeout = 77\n"
    "c.BinderHub.data_dir = {folder!r} + '/ours'",
)
async def idle_timeout(started: Started) -> None:
    children = psutil.Process().children(recursive=True)
    cullers = [each for each in children if "culler.py" in " ".join(each.cmdline())]
    assert "--timeout=77" in cullers[0].cmdline()
    assert (started.folder / "ours" / "jupyterhub.sqlite").is_file()


@row("auth_enabled", config="c.BinderHub.auth_enabled = True")
async def auth_enabled(started: Started) -> None:
    async with started.http.get(started.url, allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"].startswith(f"{started.hub.url}hub/api/oauth2/authorize")
    (refusal,) = await started.events()
    assert refusal["status_code"] == 403


@row(
    "use_named_servers",
    "Launcher.allow_named_servers",
    "Launcher.named_server_limit_per_user",
    config="c.BinderHub.auth_enabled = True\nc.BinderHub.use_named_servers = True\n"
    "c.Launcher.named_server_limit_per_user = 2",
)
async def use_named_servers(started: Started) -> None:
    started.hub.progress = [{"ready": True, "url": "/user/ada/x/"}]
    started.hub.users.add("ada")
    ends = [await started.events(headers=AS_ADA) for _ in range(3)]

    assert [events[-1]["phase"] for events in ends] == ["ready", "ready", "failed"]
    assert len(started.hub.named["ada"]) == 2
    assert "2" in ends[-1][-1]["message"]


AS_ADA = {"Authorization": f"token {TOKEN}"}
