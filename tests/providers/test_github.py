"""GitHub: its web API, and git when the API is of no help."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from traitlets.config import Config, Configurable

from binderhub_lite.events import BinderError
from binderhub_lite.providers import GitHubRepoProvider
from binderhub_lite.providers.base import NotFound
from binderhub_lite.providers.web_api import WebApi

from ..support.git_server import GitServer
from ..support.github_api import GitHubApi, github_api
from ..support.refusals import refusal

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


@pytest.mark.parametrize("status", [403, 429, 500, 502])
async def test_without_the_api_git_itself_is_asked(
    api: GitHubApi,
    web: WebApi,
    git_server: GitServer,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    """An API that refuses (its rate limit is 60 an hour) or breaks stops nobody."""
    source = git_server.repo("user/repo")
    # git's own way to reach a host somewhere else.
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv(
        "GIT_CONFIG_KEY_0", f"url.git://{git_server.address}:{git_server.port}/.insteadOf"
    )
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.test/")
    api.broken = status

    repo = await provider(api, web, "user/repo/main", hostname="github.test").resolve("gh")

    assert repo.ref == source.commit
    assert repo.url == "https://github.test/user/repo"


async def test_with_neither_api_nor_git_the_sentence_says_what_git_said(
    web: WebApi,
) -> None:
    nobody = GitHubApi(url="http://127.0.0.1:1")

    with pytest.raises(NotFound, match=r"Could not read the repository https://127\.0\.0\.1:1/"):
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
    with pytest.raises(BinderError, match="is not user/repo/ref") as caught:
        GitHubRepoProvider(spec=spec)
    assert caught.value.status_code == 400


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
