"""GitHub: its web API, and git when the API is of no help."""

import math
from collections.abc import AsyncIterator

import pytest
from aiohttp.web import Request, Response, json_response
from hypothesis import example, given
from hypothesis import strategies as st
from traitlets.config import Config, Configurable

from binderhub_lite.events import BinderError
from binderhub_lite.providers import GitHubRepoProvider
from binderhub_lite.providers.answer import Unreachable
from binderhub_lite.providers.base import NotFound
from binderhub_lite.providers.web_api import WebApi

from ..support.git_server import GitRepo, GitServer
from ..support.github_api import GitHubApi, github_api
from ..support.refusals import refusal
from ..support.web_service import web_service

COMMIT = "38e50c71130fcf56655685f0992f4f125bef3879"


@pytest.fixture
async def api() -> AsyncIterator[GitHubApi]:
    async with github_api() as api:
        yield api


def provider(api: GitHubApi, web: WebApi, spec: str, **options: str) -> GitHubRepoProvider:
    config = Config({"GitHubRepoProvider": {"api_base_path": api.url} | options})
    return GitHubRepoProvider(parent=Configurable(config=config), web=web, spec=spec)


async def test_a_repository_is_all_that_github_says_of_it(api: GitHubApi, web: WebApi) -> None:
    api.commits["user/my.repo/v1.0"] = COMMIT

    repo = await provider(api, web, "user/my.repo.git/v1.0").resolve("gh")

    assert repo.ref == COMMIT
    assert repo.url == "https://github.com/user/my.repo"
    assert repo.ref_url == f"https://github.com/user/my.repo/tree/{COMMIT}"
    assert repo.resolved_spec == f"user/my.repo/{COMMIT}"
    assert repo.slug == "user-my.repo"
    assert repo.content_provider == "Git"


@pytest.mark.parametrize(
    ("spec", "ref"),
    [
        ("user/repo/HEAD", "HEAD"),
        ("user/repo/feature/x", "feature/x"),
        ("user/repo/feature%2Fx", "feature/x"),
        ("user/repo/100%25", "100%"),
        ("user/repo/a%23b%3Fc", "a#b?c"),
        ("user/repo/v1+b%C3%A9ta", "v1+béta"),
    ],
)
async def test_any_ref_reaches_the_api_as_it_is(
    api: GitHubApi, web: WebApi, spec: str, ref: str
) -> None:
    api.commits[f"user/repo/{ref}"] = COMMIT

    assert await provider(api, web, spec).get_resolved_ref() == COMMIT


async def test_the_api_is_asked_once_with_the_token_if_there_is_one(
    api: GitHubApi, web: WebApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.commits["user/repo/HEAD"] = COMMIT
    await provider(api, web, "user/repo/HEAD").resolve("gh")
    monkeypatch.setenv("GITHUB_ACCESS_TOKEN", "from-environment")
    await provider(api, web, "user/repo/HEAD").resolve("gh")
    await provider(api, web, "user/repo/HEAD", access_token="configured").resolve("gh")

    assert [request.headers.get("Authorization") for request in api.requests] == [
        None,
        "token from-environment",
        "token configured",
    ]
    assert api.requests[0].headers["Accept"] == "application/vnd.github+json"


@pytest.mark.parametrize("spec", ["user/repo/no-such-ref", "nobody/nothing/HEAD"])
async def test_what_github_does_not_have_is_not_found(
    api: GitHubApi, web: WebApi, spec: str
) -> None:
    api.commits["user/repo/main"] = COMMIT

    with pytest.raises(NotFound, match=f"Could not resolve ref for gh/{spec}") as caught:
        await provider(api, web, spec).resolve("gh")
    assert caught.value.status_code == 404


@pytest.mark.parametrize("branch", ["main", "master"])
async def test_a_guessed_branch_that_is_gone_can_be_tried_as_the_default_one(
    api: GitHubApi, web: WebApi, branch: str
) -> None:
    api.commits["user/repo/HEAD"] = COMMIT
    guessed = provider(api, web, f"user/repo/{branch}", access_token="secret")
    assert await guessed.get_resolved_ref() is None

    fallback = guessed.with_default_ref()

    assert fallback is not None
    assert (await fallback.resolve("gh")).resolved_spec == f"user/repo/{COMMIT}"
    assert api.requests[-1].headers["Authorization"] == "token secret"


@pytest.mark.parametrize("ref", ["HEAD", "v1.0", "main2", "feature/main"])
async def test_any_other_ref_means_what_it_says(api: GitHubApi, web: WebApi, ref: str) -> None:
    assert provider(api, web, f"user/repo/{ref}").with_default_ref() is None


class TestTheRateLimit:
    async def test_it_is_watched(
        self, api: GitHubApi, web: WebApi, caplog: pytest.LogCaptureFixture
    ) -> None:
        api.commits["user/repo/HEAD"] = COMMIT
        api.remaining = 12
        assert math.isnan(web.remaining("github"))

        await provider(api, web, "user/repo/HEAD").resolve("gh")

        assert web.remaining("github") == 11
        assert "github answers 11 more requests (of 60), anew in 30 minutes" in caplog.text

    async def test_what_has_not_changed_costs_nothing(self, api: GitHubApi, web: WebApi) -> None:
        api.commits["user/repo/HEAD"] = COMMIT

        for _ in range(3):
            repo = await provider(api, web, "user/repo/HEAD").resolve("gh")
            assert repo.ref == COMMIT
        api.commits["user/repo/HEAD"] = "1" * 40
        moved = await provider(api, web, "user/repo/HEAD").resolve("gh")

        assert moved.ref == "1" * 40
        assert (len(api.requests), web.remaining("github")) == (4, 58)

    async def test_what_is_missing_is_not_asked_for_again_soon(
        self, api: GitHubApi, web: WebApi
    ) -> None:
        for spec in ("user/repo/x", "user/repo/x", "user/none/x", "user/none/x"):
            assert await provider(api, web, spec).get_resolved_ref() is None

        assert len(api.requests) == 2

    @pytest.mark.parametrize(
        "known", [{"access_token": "x"}, {"client_id": "a", "client_secret": "b"}]
    )
    async def test_who_is_known_and_has_spent_it_is_told_for_how_long(
        self, api: GitHubApi, web: WebApi, known: dict[str, str]
    ) -> None:
        api.remaining, api.resets_in = 0, 12.4 * 60

        with pytest.raises(BinderError, match=r"no more requests .* again in 13 minutes") as caught:
            await provider(api, web, "user/repo/HEAD", **known).resolve("gh")

        assert caught.value.status_code == 429

    async def test_who_is_asked_to_slow_down_is_told_for_how_long(self, web: WebApi) -> None:
        """GitHub's "secondary" limits say nothing of requests that remain."""

        async def answer(request: Request) -> Response:
            headers = {"Retry-After": "60", "X-RateLimit-Remaining": "50"}
            return json_response({"message": "slow down"}, status=403, headers=headers)

        async with web_service(answer) as service:
            with pytest.raises(BinderError, match="try again in a minute") as caught:
                await provider(
                    GitHubApi(url=service.url), web, "user/repo/HEAD", access_token="x"
                ).resolve("gh")
        assert caught.value.status_code == 429

    async def test_once_it_is_known_to_be_spent_the_api_is_left_alone(
        self, api: GitHubApi, web: WebApi, github_by_git: GitRepo
    ) -> None:
        api.remaining = 0

        for _ in range(2):
            asking = provider(api, web, "user/repo/main", hostname="github.test")
            assert await asking.get_resolved_ref() == github_by_git.commit

        assert len(api.requests) == 1


@pytest.fixture
def github_by_git(git_server: GitServer, monkeypatch: pytest.MonkeyPatch) -> GitRepo:
    """The repository that git finds at `https://github.test/user/repo`."""
    # git's own way to reach a host somewhere else.
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv(
        "GIT_CONFIG_KEY_0", f"url.git://{git_server.address}:{git_server.port}/.insteadOf"
    )
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.test/")
    return git_server.repo("user/repo")


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 0])
async def test_without_the_api_git_itself_is_asked(
    api: GitHubApi, web: WebApi, github_by_git: GitRepo, status: int
) -> None:
    """An API that refuses (its rate limit is 60 an hour) or breaks stops nobody."""
    api.broken = status
    if not status:
        api = GitHubApi(url="http://127.0.0.1:1")

    repo = await provider(api, web, "user/repo/main", hostname="github.test").resolve("gh")

    assert repo.ref == github_by_git.commit
    assert repo.url == "https://github.test/user/repo"


async def test_a_short_commit_is_for_the_api_alone_to_know(
    api: GitHubApi, web: WebApi, github_by_git: GitRepo
) -> None:
    """That there is none would be wrong: nobody was there to tell."""
    api.remaining = 0
    asking = provider(api, web, f"user/repo/{github_by_git.commit[:7]}", hostname="github.test")

    with pytest.raises(BinderError, match="try again in 30 minutes") as caught:
        await asking.resolve("gh")
    assert caught.value.status_code == 429


async def test_a_repository_that_has_a_new_name_is_found_by_the_old_one(web: WebApi) -> None:
    """GitHub leads on to a path by number, where ETags are good, too."""

    async def answer(request: Request) -> Response:
        headers = {"ETag": '"x"'}
        if request.path == "/repos/user/old/commits/main":
            headers["Location"] = f"{service.url}/repositories/7/commits/main"
            return json_response({"message": "Moved Permanently"}, status=301, headers=headers)
        assert request.path == "/repositories/7/commits/main"
        assert request.headers["Authorization"] == "token secret"
        status = 304 if "If-None-Match" in request.headers else 200
        return json_response({"sha": COMMIT}, status=status, headers=headers)

    async with web_service(answer) as service:
        for _ in range(2):
            asking = provider(
                GitHubApi(url=service.url), web, "user/old/main", access_token="secret"
            )
            repo = await asking.resolve("gh")
            assert (repo.ref, repo.url) == (COMMIT, "https://github.com/user/old")
    assert len(service.requests) == 4


async def test_an_empty_repository_has_no_ref(api: GitHubApi, web: WebApi) -> None:
    api.broken = 409

    with pytest.raises(NotFound):
        await provider(api, web, "user/empty/HEAD", access_token="x").resolve("gh")


@pytest.mark.parametrize(
    "answer", ["", "<html>", "[]", "{}", '{"sha": null}', '{"sha": "../x"}', '{"sha": 5}', "5"]
)
async def test_an_answer_that_is_none_is_not_believed(web: WebApi, answer: str) -> None:
    async def junk(request: Request) -> Response:
        return Response(text=answer)

    async with web_service(junk) as service:
        nonsense = GitHubApi(url=service.url)
        with pytest.raises(Unreachable, match="makes no sense"):
            await provider(nonsense, web, "user/repo/x", hostname="127.0.0.1:1").resolve("gh")


@pytest.mark.parametrize(
    ("status", "sentence", "code"),
    [(401, "private, or the token", 403), (403, "private, or the token", 403), (451, "451", 502)],
)
async def test_with_a_token_what_github_says_counts(
    api: GitHubApi, web: WebApi, status: int, sentence: str, code: int
) -> None:
    api.broken = status

    with pytest.raises(BinderError, match=sentence) as caught:
        await provider(api, web, "user/repo/HEAD", access_token="x").resolve("gh")

    assert caught.value.status_code == code


async def test_a_full_commit_needs_no_api(web: WebApi) -> None:
    nobody = GitHubApi(url="http://127.0.0.1:1")

    assert (await provider(nobody, web, f"user/repo/{COMMIT}").resolve("gh")).ref == COMMIT


async def test_an_app_has_an_id_and_a_secret(
    api: GitHubApi, web: WebApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.commits["user/repo/HEAD"] = COMMIT
    monkeypatch.setenv("GITHUB_CLIENT_ID", "app")
    monkeypatch.setenv("GITHUB_CLIENT_SECRET", "hush")

    await provider(api, web, "user/repo/HEAD").resolve("gh")
    await provider(api, web, "user/repo/HEAD", access_token="wins").resolve("gh")

    assert [request.headers["Authorization"] for request in api.requests] == [
        "Basic YXBwOmh1c2g=",
        "token wins",
    ]


@pytest.mark.parametrize(
    ("options", "login"),
    [
        ({}, None),
        ({"access_token": "t"}, ("t", "x-oauth-basic")),
        ({"access_token": "t", "client_id": "me"}, ("me", "t")),
        ({"access_token": "t", "git_credentials": "username=a\npassword=b"}, ("a", "b")),
    ],
)
async def test_a_token_opens_what_is_cloned_too(
    api: GitHubApi, web: WebApi, options: dict[str, str], login: tuple[str, str] | None
) -> None:
    api.commits["user/repo/HEAD"] = COMMIT

    repo = await provider(api, web, "user/repo/HEAD", **options).resolve("gh")

    found = repo.credentials and (repo.credentials.username, repo.credentials.password)
    assert found == login
    assert repo.credentials is None or repo.credentials.server == "https://github.com"


async def test_with_neither_api_nor_git_the_sentence_says_what_git_said(
    web: WebApi,
) -> None:
    nobody = GitHubApi(url="http://127.0.0.1:1")

    with pytest.raises(Unreachable, match=r"git could not read https://127\.0\.0\.1:1/user/repo: "):
        await provider(nobody, web, "user/repo/HEAD", hostname="127.0.0.1:1").resolve("gh")


def test_an_enterprise_has_hosts_of_its_own() -> None:
    config = Config(
        {
            "GitHubRepoProvider": {
                "hostname": "git.example.org",
                "api_base_path": "https://{hostname}/api/v3",
            }
        }
    )
    enterprise = GitHubRepoProvider(config=config, spec="user/repo/HEAD")

    assert enterprise.get_repo_url() == "https://git.example.org/user/repo"
    assert enterprise.api_base_path.format(hostname=enterprise.hostname) == (
        "https://git.example.org/api/v3"
    )


@pytest.mark.parametrize("spec", ["", "user", "user/repo", "user/repo/", "/repo/HEAD", "//HEAD"])
def test_a_spec_that_lacks_something_says_what(spec: str) -> None:
    with pytest.raises(BinderError, match="is not user/repo/ref: say which branch") as caught:
        GitHubRepoProvider(spec=spec)
    assert caught.value.status_code == 400
    assert caught.value.message.endswith("as in user/repo/HEAD.")


@pytest.mark.parametrize(
    "spec",
    ["..%2F../x/HEAD", "a%2Fb/x/HEAD", "user/../HEAD", "user/%2E%2E/HEAD", "us er/x%00/HEAD"],
)
async def test_a_spec_cannot_lead_elsewhere_in_the_api(
    api: GitHubApi, web: WebApi, spec: str
) -> None:
    """The request carries our token: it must only ever ask for a commit of a repository."""
    with pytest.raises(BinderError) as caught:
        await provider(api, web, spec).resolve("gh")
    assert caught.value.status_code in (400, 404)
    assert api.requests == []


@pytest.mark.parametrize("ref", ["..", "x/../../../../../user", "%2E%2E%2F%2E%2E%2Fuser"])
async def test_a_ref_cannot_lead_elsewhere_in_the_api(
    api: GitHubApi, web: WebApi, ref: str
) -> None:
    api.commits["user/repo/HEAD"] = COMMIT
    with pytest.raises(BinderError) as caught:
        await provider(api, web, f"user/repo/{ref}").resolve("gh")
    assert caught.value.status_code in (400, 404)
    assert all(request.path.startswith("/repos/user/repo/commits/") for request in api.requests)


@given(st.text())
@example("user/repo/%")
@example("user/%FF/HEAD")
def test_any_spec_is_either_understood_or_refused_in_words(text: str) -> None:
    refused = refusal(GitHubRepoProvider, spec=text)

    assert refused is None or refused.status_code in (400, 404)
    assert refused is not None or text.count("/") >= 2
