"""Any git repository, against a real git daemon."""

import asyncio
import tarfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response
from hypothesis import example, given
from hypothesis import strategies as st
from traitlets.config import Config

from binderhub_lite.events import BinderError
from binderhub_lite.providers import GitRepoProvider
from binderhub_lite.providers.base import NotFound
from binderhub_lite.providers.git_command import TOO_SLOW, GitFailed
from binderhub_lite.providers.git_remote import GitRemote
from binderhub_lite.providers.private_hosts import PrivateHosts
from binderhub_lite.providers.web_api import WebApi

from ..support.git_server import GitRepo, GitServer
from ..support.git_server import git as run_git
from ..support.refusals import refusal

EVERYWHERE = PrivateHosts.of(True)


def provider(web: WebApi, spec: str, **options: Any) -> GitRepoProvider:
    """One that reaches the tests' server, which is in a private network."""
    config = Config({"GitRepoProvider": {"allow_private_hosts": True, **options}})
    return GitRepoProvider(config=config, web=web, spec=spec)


@pytest.fixture(scope="module")
def repo(git_server: GitServer) -> GitRepo:
    """main, a branch with a slash, a light tag, an annotated one, and names that look alike."""
    repo = git_server.repo("refs")
    run_git(repo.path, "tag", "light")
    run_git(repo.path, "tag", "--annotate", "annotated", "--message", "a tag")
    run_git(repo.path, "branch", "feature/x")
    run_git(repo.path, "tag", "both")
    repo.add({"new": "file"})
    run_git(repo.path, "branch", "both")
    run_git(repo.path, "branch", "other/annotated")
    run_git(repo.path, "update-ref", "refs/pull/1/head", "HEAD~1")
    return repo


def at(repo: GitRepo, revision: str) -> str:
    return run_git(repo.path, "rev-parse", f"{revision}^{{commit}}")


def spec(url: str, ref: str) -> str:
    return f"{quote(url, safe='')}/{quote(ref, safe='')}"


@pytest.mark.parametrize(
    ("ref", "revision"),
    [
        ("HEAD", "HEAD"),
        ("main", "main"),
        ("refs/heads/main", "main"),
        ("feature/x", "feature/x"),
        ("light", "light"),
        ("refs/tags/annotated", "annotated"),
        ("tags/annotated", "annotated"),
        ("heads/feature/x", "feature/x"),
        ("pull/1/head", "refs/pull/1/head"),
        pytest.param("annotated", "annotated", id="an annotated tag is the commit it names"),
        pytest.param("both", "refs/tags/both", id="a tag comes before a branch, as in git"),
    ],
)
async def test_a_ref_is_resolved_to_its_commit(
    web: WebApi, repo: GitRepo, ref: str, revision: str
) -> None:
    resolved = await provider(web, spec(repo.url, ref)).resolve("git")

    assert resolved.ref == at(repo, revision)
    assert resolved.resolved_spec == f"{repo.escaped}/{resolved.ref}"
    assert (resolved.url, resolved.provider) == (repo.url, "git")
    assert resolved.content_provider == "Git"
    assert resolved.open_archive is None


async def test_a_slash_in_a_ref_may_stay_as_it_is(web: WebApi, repo: GitRepo) -> None:
    resolved = await provider(web, f"{repo.escaped}/feature/x").resolve("git")

    assert resolved.ref == at(repo, "feature/x")


async def test_a_full_commit_is_itself_without_asking_anybody(web: WebApi) -> None:
    commit = "0123456789" * 4
    resolving = provider(web, spec("https://127.0.0.1:1/nobody-listens", commit))

    assert await resolving.get_resolved_ref() == commit


async def test_a_commit_may_be_a_sha_256(web: WebApi, git_server: GitServer) -> None:
    repo = git_server.repo("modern", object_format="sha256")

    resolved = await provider(web, spec(repo.url, "HEAD")).resolve("git")

    assert (resolved.ref, len(resolved.ref)) == (repo.commit, 64)
    again = await provider(web, resolved.resolved_spec).resolve("git")
    assert again.ref == resolved.ref


async def test_what_only_this_machine_reaches_is_fetched_here(web: WebApi, tmp_path: Path) -> None:
    """In a build's container, 127.0.0.1 is the container."""
    server = GitServer(tmp_path, "127.0.0.1")
    try:
        repo = server.repo("own")
        for url in (repo.url, repo.url.replace("127.0.0.1", "localhost")):
            resolved = await provider(web, spec(url, "main")).resolve("git")
            assert resolved.open_archive is not None
            with await resolved.open_archive() as opened, tarfile.open(fileobj=opened) as tar:
                assert "./packed-refs" in tar.getnames() or "./refs/heads/main" in tar.getnames()
    finally:
        server.stop()


async def test_a_server_that_cannot_be_reached_is_named_with_the_reason(web: WebApi) -> None:
    with pytest.raises(BinderError, match=r"unable to connect to 127\.0\.0\.1: .*refused$"):
        await provider(web, spec("git://127.0.0.1:1/x.git", "HEAD")).resolve("git")


async def test_a_commit_cannot_be_cut_short(web: WebApi, repo: GitRepo) -> None:
    short = repo.commit[:8]

    with pytest.raises(NotFound, match=f"no branch or tag '{short}': .* write it in full"):
        await provider(web, spec(repo.url, short)).resolve("git")


@pytest.mark.parametrize("ref", ["missing", "annotat", "x", "*", "-upload-pack=x", "a..b", "é"])
async def test_a_ref_that_is_not_there_is_not_found(web: WebApi, repo: GitRepo, ref: str) -> None:
    with pytest.raises(NotFound) as caught:
        await provider(web, spec(repo.url, ref)).resolve("git")
    assert caught.value.status_code == 404


async def test_a_repository_that_is_not_there_is_not_found_in_gits_own_words(
    web: WebApi, repo: GitRepo
) -> None:
    missing = repo.url.replace("refs", "missing")

    with pytest.raises(NotFound) as caught:
        await provider(web, spec(missing, "HEAD")).resolve("git")

    assert caught.value.message.startswith(f"Could not read the git repository {missing}: ")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http://[",
        "http:///x",
        "https://a@b@c/x",
        "https://good.example\\@evil.example/x",
        "https://ho\tst/x",
        "ssh://-oProxyCommand=x/y",
        "https://host:99x/y",
        "https://host/a\nb",
        "https://host\0/x",
    ],
)
def test_a_url_that_could_mean_two_hosts_is_refused(url: str) -> None:
    with pytest.raises(BinderError, match="names no host that can be reached") as caught:
        GitRepoProvider(spec=spec(url, "HEAD"))
    assert caught.value.status_code == 400


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("git@host.org:user/x.git", "ssh://git@host.org/user/x.git"),
        ("git@host.org:/srv/x", "ssh://git@host.org/srv/x"),
        ("host:x", "ssh://host/x"),
        ("ssh://git@host:2222/x", "ssh://git@host:2222/x"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("https://me:pass%40word@host/x y", "https://me:pass%40word@host/x y"),
    ],
)
def test_an_address_as_scp_writes_it_is_an_ssh_url(written: str, url: str) -> None:
    understood = GitRepoProvider(spec=spec(written, "HEAD"))

    assert (understood.get_repo_url(), understood.get_build_slug()) == (url, url)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc",
        "/etc",
        "ftp://host/x",
        "--upload-pack=touch /tmp/x",
        "ext::sh -c 'touch /tmp/x'",
        "fd::7",
        " https://host/x",
        "HTTPS://host/x",
        "",
    ],
)
def test_a_url_of_a_protocol_that_is_not_allowed_is_refused(url: str) -> None:
    with pytest.raises(BinderError, match="no clone URL that is allowed here") as caught:
        GitRepoProvider(spec=spec(url, "HEAD"))
    assert caught.value.status_code == 400


def test_the_allowed_protocols_are_a_matter_of_configuration() -> None:
    config = Config({"GitRepoProvider": {"allowed_protocols": {"https"}}})

    assert GitRepoProvider(config=config, spec=spec("https://host/x", "HEAD"))
    for url in ("git://host/x", "ssh://host/x", "git@host:x"):
        with pytest.raises(BinderError, match="begin with one of https"):
            GitRepoProvider(config=config, spec=spec(url, "HEAD"))


def test_a_spec_without_a_ref_says_what_is_missing() -> None:
    with pytest.raises(BinderError, match="ends in a ref") as caught:
        GitRepoProvider(spec="https%3A%2F%2Fhost%2Fx")
    assert caught.value.status_code == 400


@given(st.text())
@example("https%3A%2F%2Fhost%00/HEAD")
@example("https%3A%2F%2Fhost/HE%00AD")
def test_any_spec_is_either_understood_or_refused_in_words(text: str) -> None:
    refused = refusal(GitRepoProvider, spec=text)

    assert refused is None or refused.status_code in (400, 404)
    assert refused is not None or "%00" not in text


async def test_a_server_that_never_answers_is_given_up() -> None:
    """The program that git starts for HTTP must not outlive it: it would hold our pipes."""
    asked, closed = asyncio.Event(), asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            asked.set()
        writer.close()
        closed.set()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        remote = GitRemote(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x", EVERYWHERE)
        async with asyncio.timeout(60):
            asking = asyncio.create_task(remote.resolve("HEAD", 60))
            await asked.wait()
            asking.cancel()
            await closed.wait()
            with pytest.raises(GitFailed, match=r"did not answer within 0\.1 seconds"):
                await remote.resolve("HEAD", 0.1)


async def test_it_is_told_as_a_matter_of_time(web: WebApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async def too_slow(remote: GitRemote, ref: str) -> str:
        raise GitFailed("git did not answer within 20 seconds.", TOO_SLOW)

    monkeypatch.setattr(GitRemote, "resolve", too_slow)
    with pytest.raises(BinderError, match="did not answer within 20 seconds") as caught:
        await provider(web, spec("https://127.0.0.1:1/x", "HEAD")).resolve("git")
    assert caught.value.status_code == 504


async def test_git_never_asks_a_person_for_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unauthorized(request: Request) -> Response:
        return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="private"'})

    asker, asked = tmp_path / "asker", tmp_path / "asked"
    asker.write_text(f"#!/bin/sh\ntouch {asked}\n")
    asker.chmod(0o755)
    monkeypatch.setenv("GIT_ASKPASS", str(asker))
    app = Application()
    app.router.add_get("/{path:.*}", unauthorized)

    async with TestServer(app) as server, asyncio.timeout(60):
        with pytest.raises(GitFailed, match=r"Authentication failed|could not read Username"):
            await GitRemote(str(server.make_url("/private")), EVERYWHERE).resolve("HEAD")

    assert not asked.exists()
