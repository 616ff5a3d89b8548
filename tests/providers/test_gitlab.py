"""GitLab, at its web API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp.web import Request, Response, json_response
from hypothesis import example, given
from hypothesis import strategies as st
from traitlets.config import Config, Configurable

from binderhub_lite.events import BinderError
from binderhub_lite.providers import GitLabRepoProvider
from binderhub_lite.providers.answer import Unreachable
from binderhub_lite.providers.base import NotFound
from binderhub_lite.providers.web_api import WebApi

from ..support.refusals import refusal
from ..support.web_service import WebService, web_service

COMMIT = "38e50c71130fcf56655685f0992f4f125bef3879"
START = "/api/v4/projects/"


@dataclass
class GitLabApi:
    """GitLab's answers to "get a single commit", by the path after `/projects/`."""

    commits: dict[str, Any] = field(default_factory=dict)
    broken: Response | None = None
    service: WebService = field(default_factory=WebService)

    async def answer(self, request: Request) -> Response:
        if self.broken is not None:
            return self.broken
        found = self.commits.get(request.raw_path.removeprefix(START))
        if found is None:
            return json_response({"message": "404 Project Not Found"}, status=404)
        return json_response({"id": found, "short_id": str(found)[:8], "parent_ids": []})


@pytest.fixture
async def api() -> AsyncIterator[GitLabApi]:
    async with _serve(GitLabApi()) as api:
        yield api


@asynccontextmanager
async def _serve(api: GitLabApi) -> AsyncIterator[GitLabApi]:
    async with web_service(api.answer) as api.service:
        yield api


def provider(api: GitLabApi, web: WebApi, spec: str, **options: str) -> GitLabRepoProvider:
    url = f"{api.service.url}/api/v4"
    config = Config({"GitLabRepoProvider": {"api_base_path": url} | options})
    return GitLabRepoProvider(parent=Configurable(config=config), web=web, spec=spec)


async def test_a_project_is_all_that_gitlab_says_of_it(api: GitLabApi, web: WebApi) -> None:
    api.commits["group%2Fsub-group%2Fproject/repository/commits/v1.0"] = COMMIT

    repo = await provider(api, web, "group%2Fsub-group%2Fproject.git/v1.0").resolve("gl")

    assert repo.ref == COMMIT
    assert repo.url == "https://gitlab.com/group/sub-group/project.git"
    assert repo.ref_url == f"https://gitlab.com/group/sub-group/project/tree/{COMMIT}"
    assert repo.resolved_spec == f"group%2Fsub-group%2Fproject/{COMMIT}"
    assert repo.slug == "group-sub_-group-project"
    assert repo.content_provider == "Git"


@pytest.mark.parametrize(
    ("ref", "asked"),
    [("HEAD", "HEAD"), ("feature/x", "feature%2Fx"), ("a%2Fb%23c", "a%2Fb%23c"), ("é", "%C3%A9")],
)
async def test_any_ref_reaches_the_api_as_it_is(
    api: GitLabApi, web: WebApi, ref: str, asked: str
) -> None:
    api.commits[f"g%2Fp/repository/commits/{asked}"] = COMMIT

    assert await provider(api, web, f"g%2Fp/{ref}").get_resolved_ref() == COMMIT


async def test_tokens_go_with_the_request_and_with_the_clone(
    api: GitLabApi, web: WebApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.commits["g%2Fp/repository/commits/HEAD"] = COMMIT
    anonymous = await provider(api, web, "g%2Fp/HEAD").resolve("gl")
    oauth = await provider(api, web, "g%2Fp/HEAD", access_token="o").resolve("gl")
    monkeypatch.setenv("GITLAB_PRIVATE_TOKEN", "from-environment")
    private = await provider(api, web, "g%2Fp/HEAD").resolve("gl")

    assert [request.headers.get("Authorization") for request in api.service.requests] == [
        None,
        "Bearer o",
        None,
    ]
    assert api.service.requests[-1].headers["PRIVATE-TOKEN"] == "from-environment"
    assert anonymous.credentials is None
    for repo, login in [(oauth, ("oauth2", "o")), (private, ("binderhub", "from-environment"))]:
        assert repo.credentials is not None
        assert (repo.credentials.username, repo.credentials.password) == login
    assert not any("token" in path or "environment" in path for path in api.service.paths)


async def test_what_gitlab_does_not_have_or_show_is_not_found(api: GitLabApi, web: WebApi) -> None:
    with pytest.raises(NotFound, match="no such repository or ref, or it is private"):
        await provider(api, web, "g%2Fp/HEAD").resolve("gl")


@pytest.mark.parametrize(
    ("broken", "sentence", "code"),
    [
        ({"status": 401}, "private, or the token", 403),
        ({"status": 403}, "private, or the token", 403),
        ({"status": 429}, "no more requests .* in some minutes", 429),
        (
            {"status": 429, "headers": {"Retry-After": "100", "RateLimit-Remaining": "0"}},
            "in 2 minutes",
            429,
        ),
        ({"status": 502}, "error of its own", 502),
        ({"text": "<html>"}, "makes no sense", 502),
        ({"text": '{"message": "hello"}'}, "makes no sense", 502),
        ({"text": '{"id": "../../x"}'}, "makes no sense", 502),
    ],
)
async def test_trouble_is_said_in_one_sentence(
    web: WebApi, broken: dict[str, Any], sentence: str, code: int
) -> None:
    async def answer(request: Request) -> Response:
        return Response(**broken)

    async with web_service(answer) as service:
        with pytest.raises(BinderError, match=sentence) as caught:
            await provider(GitLabApi(service=service), web, "g%2Fp/HEAD").resolve("gl")

    assert caught.value.status_code == code


async def test_a_gitlab_that_is_too_slow_is_given_up(api: GitLabApi) -> None:
    api.service.answering.clear()

    async with WebApi(seconds=0.05, pause=0.001) as web:
        with pytest.raises(Unreachable, match=r"did not answer within 0\.05 seconds"):
            await provider(api, web, "g%2Fp/HEAD").resolve("gl")


async def test_two_hundred_at_once_cost_one_request(api: GitLabApi, web: WebApi) -> None:
    api.commits["g%2Fp/repository/commits/HEAD"] = COMMIT

    found = await asyncio.gather(
        *(provider(api, web, "g%2Fp/HEAD").resolve("gl") for _ in range(200))
    )

    assert {repo.ref for repo in found} == {COMMIT}
    assert len(api.service.requests) == 1


def test_a_gitlab_of_ones_own() -> None:
    config = Config({"GitLabRepoProvider": {"hostname": "git.school.lan"}})
    own = GitLabRepoProvider(config=config, spec="g%2Fp/HEAD")

    assert own.get_repo_url() == "https://git.school.lan/g/p.git"
    assert [*own.own_urls()] == ["https://git.school.lan", "https://git.school.lan/api/v4"]


@pytest.mark.parametrize("spec", ["", "group/project/main", "project/main", "g%2Fp", "g%2Fp/", "/"])
def test_a_spec_of_another_form_is_told_the_right_one(spec: str) -> None:
    with pytest.raises(BinderError, match="is not of the form group%2Fproject/ref") as caught:
        GitLabRepoProvider(spec=spec)
    assert caught.value.status_code == 400


@pytest.mark.parametrize(
    "spec", ["..%2Fx/HEAD", "g%2F..%2Fx/HEAD", "g%2F%2Fp/HEAD", "g%2Fp/../../x", "g%2Fp%3Fx/HEAD"]
)
def test_a_spec_cannot_lead_elsewhere_in_the_api(spec: str) -> None:
    with pytest.raises(NotFound, match="cannot be a project and a ref"):
        GitLabRepoProvider(spec=spec)


@given(st.text())
@example("a%2Fb%00/HEAD")
def test_any_spec_is_either_understood_or_refused_in_words(text: str) -> None:
    refused = refusal(GitLabRepoProvider, spec=text)

    assert refused is None or refused.status_code in (400, 404)
    assert refused is not None or "/" in text


names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,10}", fullmatch=True)


@given(st.lists(names, min_size=2, max_size=5), names)
def test_a_project_reaches_its_url_whole(path: list[str], ref: str) -> None:
    found = GitLabRepoProvider(spec=f"{quote('/'.join(path), safe='')}/{ref}")

    assert (found.namespace, found.unresolved_ref) == ("/".join(path), ref)
    assert found.get_repo_url() == f"https://gitlab.com/{'/'.join(path)}.git"
