"""Any git repository, by its clone URL."""

import logging
import re
from pathlib import Path
from typing import IO, Any, ClassVar
from urllib.parse import quote, unquote

from traitlets import Set, TraitError, Unicode, validate
from traitlets.config import Configurable

from ..events import BinderError
from ..networks import is_loopback
from .base import NotFound, RepoProvider
from .git_command import TOO_SLOW, GitFailed
from .git_remote import ANY_KEY, GitRemote, server_of

log = logging.getLogger(__name__)

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")  # by SHA-1, by SHA-256
SHORT_COMMIT = re.compile(r"[0-9a-f]{7,63}")
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://")
# Two colons would be git's `helper::address`, which runs a program.
SCP_LIKE = re.compile(r"(?P<user>[\w.-]+@)?(?P<host>[\w.-]+):(?!//|:)(?P<path>.+)")


class GitRepoProvider(RepoProvider):
    """`{URL, escaped}/{ref}`: a git repository anywhere.

    The ref is a branch, a tag, HEAD or a full commit.
    """

    allowed_protocols = Set(
        Unicode(),
        default_value={"http", "https", "git", "ssh"},
        help="Protocols that a clone URL may use.",
    ).tag(config=True)

    ssh_key = Unicode(
        help="File of the private key that opens repositories with ssh URLs; 'any': the keys that "
        "ssh itself finds for the user who runs this. Everybody who may launch here can read "
        "what it opens. The key stays on this machine, outside of all containers."
    ).tag(config=True)

    @validate("ssh_key")
    def _is_a_file(self, proposal: Any) -> str:
        if proposal.value in ("", ANY_KEY):
            return str(proposal.value)
        path = Path(proposal.value).expanduser()
        if not path.is_file():
            raise TraitError(f"{type(self).__name__}.ssh_key: there is no file {str(path)!r}.")
        return str(path.resolve())

    @classmethod
    def check_options(cls, parent: Configurable) -> None:
        super().check_options(parent)
        credentials = parent.config[cls.__name__].get("git_credentials", "")
        if credentials and "host=" not in credentials:
            log.warning(
                "c.%s.git_credentials name no host: any server that a link names may ask for "
                "them. Add 'host=git.example.org' to them.",
                cls.__name__,
            )

    display_config: ClassVar[dict[str, Any]] = {
        "displayName": "Git repository",
        "id": "git",
        "spec": {"validateRegex": r"[^/]+/.+"},
        "detect": {"regex": r"^((https?|git|ssh)://.+|[\w.-]+@[\w.-]+:.+)"},
        "repo": {
            "label": "URL of a git repository",
            "placeholder": "example: https://git.example.org/user/repo",
            "urlEncode": True,
        },
        "ref": {"enabled": True, "default": "HEAD"},
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        escaped_url, _, ref = self.spec.partition("/")
        self.url = with_scheme(unquote(escaped_url))
        self.unresolved_ref = unquote(ref)
        self._check()
        self._commit: str | None = None

    def _check(self) -> None:
        if not self.unresolved_ref:
            raise BinderError(
                "The address of a git repository ends in a ref: "
                "git/{escaped URL}/{ref}, for example git/https%3A%2F%2Fhost%2Frepo/HEAD.",
                400,
            )
        if self._protocol() not in self.allowed_protocols:
            raise BinderError(
                f"{self.url!r} is no clone URL that is allowed here: "
                f"it must begin with one of {', '.join(sorted(self.allowed_protocols))}.",
                400,
            )
        server_of(self.url)
        if self.unresolved_ref.startswith("-") or "\0" in self.unresolved_ref:
            raise NotFound(f"{self.unresolved_ref!r} cannot be the name of a ref.")

    def _protocol(self) -> str:
        scheme = SCHEME.match(self.url)
        return scheme[1] if scheme else ""

    @property
    def _remote(self) -> GitRemote:
        key = self.ssh_key if self._protocol() == "ssh" else ""
        return GitRemote(self.url, self.private_hosts, self.credentials, key, self.web)

    async def get_resolved_ref(self) -> str | None:
        if self._commit is None:
            self._commit = await self._resolve()
        return self._commit

    async def _resolve(self) -> str | None:
        if COMMIT.fullmatch(self.unresolved_ref):
            await self._remote.check()
            return self.unresolved_ref
        try:
            commit = await self._remote.resolve(self.unresolved_ref)
        except GitFailed as error:
            message = f"Could not read the git repository {self.url}: {error.message}"
            if error.status_code == TOO_SLOW:
                raise BinderError(message, TOO_SLOW) from error
            raise NotFound(message) from error
        if commit is None and SHORT_COMMIT.fullmatch(self.unresolved_ref):
            raise NotFound(
                f"{self.url} has no branch or tag {self.unresolved_ref!r}: "
                "if it is meant for a commit, write it in full."
            )
        return commit

    @property
    def brings_content(self) -> bool:
        """Where the build could not clone: the key stays here, or this machine means itself."""
        return bool(self._remote.ssh_key) or is_loopback(server_of(self.url)[1])

    async def open_archive(self) -> IO[bytes]:
        assert self._commit is not None
        return await self._remote.fetch(self._commit)

    async def get_resolved_spec(self) -> str:
        return f"{quote(self.url, safe='')}/{await self.get_resolved_ref()}"

    def get_repo_url(self) -> str:
        return self.url

    async def get_resolved_ref_url(self) -> str:
        return self.url

    def get_build_slug(self) -> str:
        return self.url


def full_commit(value: Any) -> str:
    """A value that is a full commit, as it is. Raises ValueError for any other."""
    if isinstance(value, str) and COMMIT.fullmatch(value):
        return value
    raise ValueError(f"{value!r} is no commit")


def with_scheme(url: str) -> str:
    """The URL that an scp-like address (`user@host:path`) stands for; any other as it is."""
    address = None if url.startswith("-") else SCP_LIKE.fullmatch(url)
    if address is None or SCHEME.match(url):
        return url
    return f"ssh://{address['user'] or ''}{address['host']}/{address['path'].lstrip('/')}"
