"""Who may ask for what, and how they are answered."""

import re
import time

import jwt

from .rows import Started, row


@row(
    "ban_networks",
    "trusted_proxies",
    config="c.BinderHub.ban_networks = {'203.0.113.0/24': 'a bad net'}\n"
    "c.BinderHub.trusted_proxies = ['127.0.0.1', '192.0.2.1']",
)
async def ban_networks(started: Started) -> None:
    through_both = {"X-Forwarded-For": "203.0.113.9, 192.0.2.1"}
    claimed = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}

    for path in ("", "about", "v2/local/hello", "metrics", "static/images/logo.svg"):
        status, page, _ = await started.get(path, **through_both)
        assert (status, "a bad net" in page) == (403, True), path
    assert (await started.get("", **claimed))[0] == 200
    for path in ("health", "versions"):
        assert (await started.get(path, **through_both))[0] == 200
    (refusal,) = await started.events(headers=through_both)
    assert (refusal["phase"], refusal["status_code"]) == ("failed", 403)


@row("block_build_user_agents", config="c.BinderHub.block_build_user_agents = ['.*moth']")
async def block_build_user_agents(started: Started) -> None:
    (refusal,) = await started.events(headers={"User-Agent": "Big MOTH/1.0"})
    assert refusal["status_code"] == 403
    assert "crawlers or bots cannot launch here" in refusal["message"]
    assert len(await started.events("no/such", headers={"User-Agent": "Googlebot/2.1"})) > 1


@row("allowed_metrics_ips", config="c.BinderHub.allowed_metrics_ips = ['198.51.100.0/24']")
async def allowed_metrics_ips(started: Started) -> None:
    assert (await started.get("metrics"))[0] == 403
    assert (await started.get("metrics", **{"X-Forwarded-For": "198.51.100.7"}))[0] == 200


@row(
    "build_token_secret",
    "build_token_expires_seconds",
    config="c.BinderHub.build_token_secret = '" + "6b" * 32 + "'\n"
    "c.BinderHub.build_token_expires_seconds = 7000",
)
async def build_token(started: Started) -> None:
    token = re.search(r'"buildToken": "([^"]+)"', await started.page("v2/local/hello"))
    assert token is not None

    claims = jwt.decode(token[1], b"k" * 32, ["HS256"], audience="local/hello")
    assert 6900 < claims["exp"] - time.time() <= 7000


@row("build_token_check_origin", config="c.BinderHub.build_token_check_origin = False")
async def build_token_check_origin(started: Started) -> None:
    token = re.search(r'"buildToken": "([^"]+)"', await started.page("v2/local/hello"))
    assert token is not None
    query = f"build/local/hello?build_token={token[1]}"

    async with started.http.get(
        started.url + query,
        headers={"Accept": "text/event-stream", "Origin": "https://elsewhere.test"},
    ) as answer:
        assert "Looking up" in (await answer.content.readline()).decode()


@row("cors_allow_origin", config="c.BinderHub.cors_allow_origin = 'https://docs.test'")
async def cors_allow_origin(started: Started) -> None:
    for path in ("", "health", "nothing", "static/images/logo.svg"):
        _, _, headers = await started.get(path)
        assert headers["Access-Control-Allow-Origin"] == "https://docs.test"
        assert headers["Access-Control-Allow-Headers"] == "cache-control"


@row(
    "tornado_settings",
    config="c.BinderHub.tornado_settings = {'headers': {'X-Frame-Options': 'DENY'},"
    " 'compress_response': True, 'autoreload': True}",
)
async def tornado_settings(started: Started) -> None:
    for path in ("", "health", "nothing", "static/images/logo.svg", "build/local/hello"):
        async with started.http.get(started.url + path) as answer:
            assert answer.headers["X-Frame-Options"] == "DENY", path
    assert (await started.get("about", **{"Accept-Encoding": "gzip"}))[2][
        "Content-Encoding"
    ] == "gzip"
    _, _, headers = await started.get("api/repoproviders", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"  # which only pages have by themselves
    assert "tornado_settings: autoreload mean nothing here." in started.log()


@row(
    "repo_providers",
    config="from binderhub.repoproviders import LocalRepoProvider\n"
    "c.BinderHub.repo_providers = {'here': LocalRepoProvider}",
)
async def repo_providers(started: Started) -> None:
    async with started.http.get(started.url + "api/repoproviders") as answer:
        assert [provider["id"] for provider in await answer.json()] == ["here"]
    assert (await started.events("local/hello"))[-1]["message"].startswith("No provider found")
