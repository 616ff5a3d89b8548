"""A git repository somewhere else: what its refs mean now, and a copy of it."""

import asyncio
import os
import re
import shlex
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..events import BinderError
from .answer import Answer
from .git_command import GitFailed, git
from .git_credentials import GitCredentials
from .private_hosts import EVERYTHING, NO_PRIVATE_HOSTS, PrivateHosts
from .web_api import WebApi

ANY_KEY = "any"
"""The `ssh_key` that stands for those that ssh itself finds."""

# Nothing that git or curl could take for another host than we do.
ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^@/\\?#\s]*@)?"
    r"(?:(?P<host>\w[\w.-]*)|\[(?P<ipv6>[0-9a-f:.]+)\])(?::(?P<port>\d{1,5}))?(?:/[^\0-\x1f]*)?",
    re.ASCII | re.IGNORECASE,
)
DEFAULT_PORTS = {"http": 80, "https": 443, "ssh": 22, "git": 9418}
INFO = "/info/refs?service=git-upload-pack"
FETCH_SECONDS = 600


@dataclass(frozen=True)
class GitRemote:
    """A repository at `url` (with a scheme), and how it may be reached.

    Without `web`, redirects are not followed.
    """

    url: str
    private_hosts: PrivateHosts = NO_PRIVATE_HOSTS
    credentials: GitCredentials | None = None
    ssh_key: str = ""
    web: WebApi | None = None

    async def resolve(self, ref: str, seconds: float = 20) -> str | None:
        """The commit that `ref` (a branch, tag or HEAD) is now.

        Returns None when the repository has no such ref. Raises GitFailed when it cannot be
        read, BinderError (403) when it is where this server may not go.
        """
        try:
            listing = await self._list(self.url, ref, seconds)
        except GitFailed as error:
            if "returned error: 30" not in error.message or self.web is None:
                raise
            target = await self._redirected(self.web)
            listing = await self._list(target, ref, seconds)
        found = dict(_name_and_commit(line) for line in listing.splitlines())
        for name in _candidates(ref):
            if name in found:
                return found[name]
        return None

    async def check(self) -> None:
        """Raise BinderError (403) when the repository is where this server may not go."""
        await self._pinned(self.url)

    async def fetch(self, commit: str) -> IO[bytes]:
        """A tar archive of a bare copy with all branches and tags, and with `commit` in it.

        In a temporary file, read from its start. Raises as `resolve` does.
        """
        configuration, environment = await self._reach(self.url)
        with tempfile.TemporaryDirectory(prefix="binderhub-lite-") as folder:

            async def fetch(*refs: str) -> str:
                return await git(
                    *("-C", folder, "fetch", "--quiet", "--", self.url, *refs),
                    configuration=configuration,
                    environment=environment,
                    seconds=FETCH_SECONDS,
                )

            kind = "sha1" if len(commit) == 40 else "sha256"
            await git("init", "--quiet", "--bare", f"--object-format={kind}", folder)
            await fetch("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
            try:
                await git("-C", folder, "cat-file", "-e", f"{commit}^{{commit}}")
            except GitFailed:  # only reachable by its name
                await fetch(f"{commit}:refs/heads/binderhub-lite-{commit}")
            return await asyncio.to_thread(_archive, Path(folder))

    async def _list(self, url: str, ref: str, seconds: float) -> str:
        configuration, environment = await self._reach(url)
        return await git(
            *("ls-remote", "--", url, ref, f"{ref}^{{}}"),
            configuration=configuration,
            environment=environment,
            seconds=seconds,
        )

    async def _reach(self, url: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Configuration and environment for a git that reaches `url`, and nothing else."""
        configuration = {
            # Nothing that whoever runs this server has stored for themselves.
            "credential.helper": "",
            # git would not look where a redirect leads.
            "http.followRedirects": "false",
            **await self._pinned(url),
        }
        environment = {"GIT_SSH_COMMAND": _ssh(self.ssh_key)}
        if self.credentials is not None:
            helper, secret = self.credentials.helper
            configuration |= helper
            environment |= secret
        return configuration, environment

    async def _pinned(self, url: str) -> Mapping[str, str]:
        """Configuration that makes git connect to the very addresses that were checked.

        Only for HTTP: elsewhere, git looks the name up for a second time.
        """
        scheme, host, port = server_of(url)
        if self.private_hosts.reached_by(host) == EVERYTHING:
            return {}
        addresses = await self.private_hosts.check(scheme, host)
        if not scheme.startswith("http") or not addresses or host in addresses:
            return {}
        literal = ",".join(f"[{each}]" if ":" in each else each for each in addresses)
        return {"http.curloptResolve": f"{host}:{port}:{literal}"}

    async def _redirected(self, web: WebApi) -> str:
        """Where the server at our URL sends git, each step of the way checked."""
        start = self.url.rstrip("/") + INFO
        answer: Answer = await web.get(start, private_hosts=self.private_hosts)
        # 401: a repository that is not everybody's; git knows what it may say there.
        if answer.status not in (200, 401) or not answer.url.endswith(INFO):
            raise answer.junk()
        return answer.url.removesuffix(INFO)


def server_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a clone URL. Raises BinderError (400) when it is none."""
    address = ADDRESS.fullmatch(url)
    if address is None:
        raise BinderError(f"{url!r} is no clone URL: it names no host that can be reached.", 400)
    scheme, host = address["scheme"], address["host"] or address["ipv6"]
    return scheme, host, int(address["port"] or DEFAULT_PORTS.get(scheme, 0))


def _ssh(key: str) -> str:
    """The command that git connects with: never a prompt, and no key but the given one."""
    options = ["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=accept-new"]
    if not key:
        options += ["-o", "PubkeyAuthentication=no"]
    elif key != ANY_KEY:
        options += ["-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-i", key]
    return f"{os.environ.get('GIT_SSH_COMMAND') or 'ssh'} {shlex.join(options)}"


def _archive(folder: Path) -> IO[bytes]:
    def owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0  # git reads no repository that belongs to somebody else
        return entry

    target = tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
    with tarfile.open(fileobj=target, mode="w") as tar:
        tar.add(folder, arcname=".", filter=owned_by_root)
    target.seek(0)
    return target


def _name_and_commit(line: str) -> tuple[str, str]:
    commit, name = line.split("\t", 1)
    return name, commit


def _candidates(ref: str) -> Sequence[str]:
    """The full names that `ref` may mean, in git's own order; a tag's commit before its object."""
    return (
        f"{ref}^{{}}",
        ref,
        f"refs/{ref}^{{}}",
        f"refs/{ref}",
        f"refs/tags/{ref}^{{}}",
        f"refs/tags/{ref}",
        f"refs/heads/{ref}",
    )
