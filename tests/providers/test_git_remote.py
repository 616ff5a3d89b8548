"""Git servers that are not everybody's: private networks, credentials, keys, redirects."""

import asyncio
import socket
import subprocess
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from traitlets import TraitError
from traitlets.config import Config, Configurable

from binderhub_lite.events import BinderError
from binderhub_lite.providers import GitRepoProvider, Repo
from binderhub_lite.providers.base import NotFound
from binderhub_lite.providers.git_credentials import GitCredentials
from binderhub_lite.providers.git_remote import GitRemote
from binderhub_lite.providers.private_hosts import PrivateHosts
from binderhub_lite.providers.web_api import WebApi

from ..support.git_over import GitOverHttp, GitOverSsh, forgetful_ssh, git_over_http, git_over_ssh
from ..support.git_server import GitRepo, GitServer
from ..support.git_server import git as run_git

LOGIN = "kim:p@ss:w%rd/é"
CREDENTIALS = "username=kim\npassword=p@ss:w%rd/é"


@pytest.fixture(scope="module")
def repo(git_server: GitServer) -> GitRepo:
    repo = git_server.repo("remote")
    run_git(repo.path, "branch", "feature/x")
    run_git(repo.path, "tag", "v1")
    return repo


@pytest.fixture
async def public(git_server: GitServer) -> AsyncIterator[GitOverHttp]:
    async with git_over_http(git_server.root, "127.0.0.1") as served:
        yield served


@pytest.fixture
async def private(git_server: GitServer) -> AsyncIterator[GitOverHttp]:
    async with git_over_http(git_server.root, "127.0.0.1", LOGIN) as served:
        yield served


@pytest.fixture
async def ssh(
    git_server: GitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[GitOverSsh]:
    monkeypatch.setenv("GIT_SSH_COMMAND", forgetful_ssh(tmp_path))
    async with git_over_ssh(git_server.root, "127.0.0.1", tmp_path) as served:
        yield served


async def resolve(web: WebApi, url: str, ref: str = "HEAD", **options: Any) -> Repo:
    config = Config({"GitRepoProvider": {"allow_private_hosts": True, **options}})
    spec = f"{url.replace('%', '%25').replace('/', '%2F')}/{ref}"
    return await GitRepoProvider(config=config, web=web, spec=spec).resolve("git")


async def test_a_repository_over_http(web: WebApi, repo: GitRepo, public: GitOverHttp) -> None:
    resolved = await resolve(web, f"{public.url}/remote", "feature/x")

    assert resolved.ref == repo.commit
    assert resolved.credentials is None


class TestPrivateNetworks:
    @pytest.mark.parametrize("ref", ["HEAD", "1" * 40])
    @pytest.mark.parametrize("protocol", ["git", "http", "https", "ssh"])
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]"])
    async def test_no_link_leads_there(
        self, web: WebApi, protocol: str, host: str, ref: str
    ) -> None:
        """Not even a connection is made."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.setblocking(False)
            url = f"{protocol}://{host}:{server.getsockname()[1]}/x"

            with pytest.raises(BinderError, match="is in a private network") as caught:
                await resolve(web, url, ref, allow_private_hosts=False)

            assert caught.value.status_code == 403
            with pytest.raises(BlockingIOError):
                server.accept()

    async def test_what_is_allowed_is_reached(
        self, web: WebApi, repo: GitRepo, public: GitOverHttp
    ) -> None:
        for allowed in (["127.0.0.1"], ["127.0.0.0/8"]):
            found = await resolve(web, f"{public.url}/remote", allow_private_hosts=allowed)
            assert found.ref == repo.commit

    async def test_git_connects_to_the_address_that_was_checked(
        self,
        web: WebApi,
        repo: GitRepo,
        public: GitOverHttp,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A name that changes its meaning after the check (DNS rebinding) changes nothing."""

        async def looked_up(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", looked_up)
        url = public.url.replace("127.0.0.1", "git.no-such-name.invalid")

        found = await resolve(web, f"{url}/remote", allow_private_hosts=["127.0.0.0/8"])

        assert found.ref == repo.commit

    async def test_a_redirect_does_not_lead_there_either(
        self, web: WebApi, git_server: GitServer, repo: GitRepo, public: GitOverHttp
    ) -> None:
        async with git_over_http(git_server.root, "127.0.0.2") as inside:
            public.moved["/moved"] = f"{inside.url}/remote"
            url = f"{public.url}/moved"

            with pytest.raises(BinderError, match=r"'127\.0\.0\.2' is in a private network"):
                await resolve(web, url, allow_private_hosts=["127.0.0.1"])
            assert inside.requests == []

            allowed = ["127.0.0.1", "127.0.0.2"]
            assert (await resolve(web, url, allow_private_hosts=allowed)).ref == repo.commit

    async def test_a_redirect_to_something_else_is_no_repository(
        self, web: WebApi, public: GitOverHttp
    ) -> None:
        public.moved["/moved"] = f"{public.url}/login?next="

        with pytest.raises(BinderError, match="makes no sense"):
            await resolve(web, f"{public.url}/moved")


class TestCredentials:
    async def test_who_has_none_is_told(self, web: WebApi, private: GitOverHttp) -> None:
        with pytest.raises(NotFound, match=r"Authentication failed|could not read Username"):
            await resolve(web, f"{private.url}/remote")

    @pytest.mark.parametrize("end", ["\n", "\\n"], ids=["a new line", "as BinderHub has it"])
    async def test_they_open_a_repository(
        self, web: WebApi, repo: GitRepo, private: GitOverHttp, end: str
    ) -> None:
        credentials = CREDENTIALS.replace("\n", end)

        found = await resolve(web, f"{private.url}/remote", git_credentials=credentials)

        assert found.ref == repo.commit
        assert found.credentials is not None
        assert found.credentials.store_line == (
            f"http://kim:p%40ss%3Aw%25rd%2F%C3%A9@{private.url.removeprefix('http://')}\n"
        )
        assert "p@ss" not in repr(found)

    async def test_they_are_for_one_server(self, web: WebApi, private: GitOverHttp) -> None:
        credentials = f"{CREDENTIALS}\nhost=git.example.org"

        with pytest.raises(NotFound):
            await resolve(web, f"{private.url}/remote", git_credentials=credentials)

        assert not any("Authorization" in request.headers for request in private.requests)

    async def test_those_of_the_person_who_runs_this_stay_theirs(
        self, web: WebApi, private: GitOverHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stored = GitCredentials("kim", LOGIN.partition(":")[2], private.url)
        (tmp_path / ".git-credentials").write_text(stored.store_line)
        (tmp_path / ".gitconfig").write_text("[credential]\n\thelper = store\n")
        monkeypatch.setenv("HOME", str(tmp_path))

        with pytest.raises(NotFound):
            await resolve(web, f"{private.url}/remote")

        assert not any("Authorization" in request.headers for request in private.requests)

    @pytest.mark.parametrize("text", ["token", "username=x", "password=y", "username=\npassword="])
    def test_a_form_that_git_would_not_understand_is_refused_at_the_start(self, text: str) -> None:
        config = Config({"GitRepoProvider": {"git_credentials": text}})

        with pytest.raises(TraitError, match=r"GitRepoProvider\.git_credentials must be of the"):
            GitRepoProvider.check_options(Configurable(config=config))

    @pytest.mark.parametrize(("more", "warned"), [("", True), ("\nhost=git.example.org", False)])
    def test_who_would_give_them_to_anybody_is_warned(
        self, more: str, warned: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        config = Config({"GitRepoProvider": {"git_credentials": CREDENTIALS + more}})

        GitRepoProvider.check_options(Configurable(config=config))

        assert ("any server that a link names" in caplog.text) is warned
        assert "p@ss" not in caplog.text


class TestKeys:
    async def test_a_key_opens_a_repository(
        self, web: WebApi, repo: GitRepo, ssh: GitOverSsh
    ) -> None:
        found = await resolve(web, f"{ssh.url}/remote", ssh_key=str(ssh.key))

        assert found.ref == repo.commit
        assert found.open_archive is not None

    async def test_those_of_the_person_who_runs_this_are_for_others_only_if_they_say_so(
        self,
        web: WebApi,
        repo: GitRepo,
        ssh: GitOverSsh,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        agent = tmp_path / "agent"
        monkeypatch.setenv("SSH_AUTH_SOCK", str(agent))
        with subprocess.Popen(["ssh-agent", "-D", "-a", agent], stdout=subprocess.DEVNULL) as run:
            while not agent.exists():
                await asyncio.sleep(0.01)
            subprocess.run(["ssh-add", "-q", ssh.key], check=True)
            try:
                with pytest.raises(NotFound, match="Permission denied"):
                    await resolve(web, f"{ssh.url}/remote")
                assert (await resolve(web, f"{ssh.url}/remote", ssh_key="any")).ref == repo.commit
            finally:
                run.terminate()

    @pytest.mark.parametrize("object_format", ["sha1", "sha256"])
    async def test_a_copy_has_every_branch_and_tag_and_the_commit(
        self, git_server: GitServer, ssh: GitOverSsh, tmp_path: Path, object_format: str
    ) -> None:
        repo = git_server.repo("hidden", object_format=object_format)
        run_git(repo.path, "tag", "v1")
        repo.add({"file": "on no branch"})
        run_git(repo.path, "update-ref", "refs/pull/1/head", "HEAD")
        run_git(repo.path, "reset", "--quiet", "--hard", "HEAD~1")
        commit = run_git(repo.path, "rev-parse", "refs/pull/1/head")
        remote = GitRemote(f"{ssh.url}/hidden", PrivateHosts.of(True), ssh_key=str(ssh.key))

        with await remote.fetch(commit) as opened, tarfile.open(fileobj=opened) as tar:
            assert {member.uid for member in tar} == {0}
            tar.extractall(tmp_path / "copy", filter="data")

        refs = run_git(tmp_path / "copy", "for-each-ref", "--format=%(refname)").split()
        assert {"refs/heads/main", "refs/tags/v1"} < set(refs)
        assert run_git(tmp_path / "copy", "show", f"{commit}:file") == "on no branch"

    def test_a_file_that_is_not_there_is_named_at_the_start(self) -> None:
        config = Config({"GitRepoProvider": {"ssh_key": "/no/such/key"}})

        with pytest.raises(TraitError, match=r"ssh_key: there is no file '/no/such/key'"):
            GitRepoProvider.check_options(Configurable(config=config))

    async def test_other_protocols_do_without(self, web: WebApi, repo: GitRepo) -> None:
        assert (await resolve(web, repo.url, ssh_key="any")).open_archive is None
