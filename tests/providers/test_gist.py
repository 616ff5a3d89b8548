"""Gists, at GitHub's web API."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.web import Request, Response
from hypothesis import example, given
from hypothesis import strategies as st
from traitlets.config import Config, Configurable

from binderhub_lite.events import BinderError
from binderhub_lite.providers import GistRepoProvider
from binderhub_lite.providers.answer import Unreachable
from binderhub_lite.providers.base import NotFound
from binderhub_lite.providers.web_api import WebApi

from ..support.git_server import GitServer
from ..support.github_api import GitHubApi, github_api
from ..support.refusals import refusal
from ..support.web_service import web_service

GIST = "8a658f7f63b13768d1e75fa2464f5092"
NEWEST, OLDER, OLDEST = "3" * 40, "2" * 40, "1" * 40


def gist(*, public: bool = True, versions: tuple[str, ...] = (NEWEST, OLDER)) -> dict[str, Any]:
    return {
        "id": GIST,
        "public": public,
        "git_pull_url": f"https://gist.github.com/{GIST}.git",
        "files": {"readme.md": {"filename": "readme.md", "size": 46, "content": "An example"}},
        "history": [{"version": version, "change_status": {"total": 4}} for version in versions],
        "truncated": False,
    }


@pytest.fixture
async def api() -> AsyncIterator[GitHubApi]:
    async with github_api() as api:
        api.gists[GIST] = gist()
        yield api


def provider(api: GitHubApi, web: WebApi, spec: str, **options: Any) -> GistRepoProvider:
    config = Config({"GistRepoProvider": {"api_base_path": api.url} | options})
    return GistRepoProvider(parent=Configurable(config=config), web=web, spec=spec)


@pytest.mark.parametrize("ref", ["", "/", "/HEAD", "/main", "/master", f"/{NEWEST}"])
async def test_a_gist_at_its_newest_revision(api: GitHubApi, web: WebApi, ref: str) -> None:
    repo = await provider(api, web, f"user/{GIST}{ref}").resolve("gist")

    assert repo.ref == NEWEST
    assert repo.url == f"https://gist.github.com/user/{GIST}.git"
    assert repo.ref_url == f"https://gist.github.com/user/{GIST}/{NEWEST}"
    assert repo.resolved_spec == f"user/{GIST}/{NEWEST}"
    assert (repo.slug, repo.content_provider) == (GIST, "Git")


async def test_a_gist_at_an_earlier_revision(api: GitHubApi, web: WebApi) -> None:
    assert (await provider(api, web, f"user/{GIST}/{OLDER}").resolve("gist")).ref == OLDER
    assert len(api.requests) == 1


async def test_a_revision_that_the_gist_lists_no_more(api: GitHubApi, web: WebApi) -> None:
    api.gists[f"{GIST}/{OLDEST}"] = gist(versions=(OLDEST,))

    assert (await provider(api, web, f"user/{GIST}/{OLDEST}").resolve("gist")).ref == OLDEST


@pytest.mark.parametrize(
    "spec", [f"user/{GIST}/{'9' * 40}", f"user/{GIST}/v1", f"user/{GIST}/{OLDER[:7]}", "user/abc"]
)
async def test_what_is_not_there_is_not_found(api: GitHubApi, web: WebApi, spec: str) -> None:
    with pytest.raises(NotFound, match=f"Could not resolve ref for gist/{spec}"):
        await provider(api, web, spec).resolve("gist")


async def test_a_secret_gist_needs_leave(api: GitHubApi, web: WebApi) -> None:
    api.gists[GIST] = gist(public=False)

    with pytest.raises(BinderError, match="allow_secret_gist = True") as caught:
        await provider(api, web, f"user/{GIST}").resolve("gist")
    assert caught.value.status_code == 403
    allowed = provider(api, web, f"user/{GIST}", allow_secret_gist=True)
    assert (await allowed.resolve("gist")).ref == NEWEST


async def test_the_rate_limit_is_that_of_github(api: GitHubApi, web: WebApi) -> None:
    api.remaining, api.resets_in = 0, 300

    with pytest.raises(BinderError, match="try again in 5 minutes") as caught:
        await provider(api, web, f"user/{GIST}").resolve("gist")

    assert caught.value.status_code == 429
    assert web.remaining("github") == 0


async def test_git_may_answer_where_secrets_do_not_matter(
    web: WebApi, git_server: GitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = git_server.repo(f"user/{GIST}.git")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv(
        "GIT_CONFIG_KEY_0", f"url.git://{git_server.address}:{git_server.port}/.insteadOf"
    )
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://gist.test/")
    nobody = GitHubApi(url="http://127.0.0.1:1")

    with pytest.raises(Unreachable):
        await provider(nobody, web, f"user/{GIST}", hostname="gist.test").resolve("gist")
    options = {"hostname": "gist.test", "allow_secret_gist": True}
    assert (await provider(nobody, web, f"user/{GIST}", **options).resolve("gist")).ref == (
        source.commit
    )


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"public": true}', '{"history": []}'])
@pytest.mark.parametrize("more", ["", '{"public": true, "history": [{"version": "x"}]}'])
async def test_an_answer_that_is_none_is_not_believed(web: WebApi, body: str, more: str) -> None:
    async def junk(request: Request) -> Response:
        return Response(text=more or body)

    async with web_service(junk) as service:
        with pytest.raises(Unreachable, match="makes no sense"):
            await provider(GitHubApi(url=service.url), web, f"user/{GIST}").resolve("gist")


def test_what_is_configured_for_github_holds_for_gists() -> None:
    config = Config(
        {"GitHubRepoProvider": {"access_token": "t"}, "RepoProvider": {"banned_specs": ["^evil/"]}}
    )

    assert GistRepoProvider(config=config, spec=f"user/{GIST}").access_token == "t"
    assert GistRepoProvider(config=config, spec=f"evil/{GIST}").is_banned()
    assert GistRepoProvider(config=config, spec=f"e%76il/{GIST}").is_banned()


@pytest.mark.parametrize("spec", ["", "user", "/", f"user/{GIST}/{OLDER}/x", f"/{GIST}"])
def test_a_spec_of_another_form_is_told_the_right_one(spec: str) -> None:
    with pytest.raises(BinderError, match="is not user/gist or user/gist/commit") as caught:
        GistRepoProvider(spec=spec)
    assert caught.value.status_code == 400


@given(st.text())
@example("user/..")
@example("user%2F../abc")
def test_any_spec_is_either_understood_or_refused_in_words(text: str) -> None:
    refused = refusal(GistRepoProvider, spec=text)

    assert refused is None or refused.status_code in (400, 404)
    assert refused is not None or "/" in text


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{0,20}", fullmatch=True),
    st.from_regex(r"[0-9a-f]{20,32}", fullmatch=True),
)
def test_a_gist_has_its_id_as_slug(user: str, gist_id: str) -> None:
    found = GistRepoProvider(spec=f"{user}/{gist_id}/HEAD")

    assert found.get_build_slug() == gist_id
    assert found.get_repo_url() == f"https://gist.github.com/{user}/{gist_id}.git"
