"""Any git repository, by its clone URL."""

import re
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from traitlets import Set, Unicode

from ..events import BinderError
from .base import NotFound, RepoProvider
from .git_command import GitFailed, resolve_remote_ref

COMMIT = re.compile(r"[0-9a-f]{40}")
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
        self.url = unquote(escaped_url)
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
        if self._protocol() not in self.allowed_protocols or "\0" in self.url:
            raise BinderError(
                f"{self.url!r} is no clone URL that is allowed here: "
                f"it must begin with one of {', '.join(sorted(self.allowed_protocols))}.",
                400,
            )
        if self.unresolved_ref.startswith("-") or "\0" in self.unresolved_ref:
            raise NotFound(f"{self.unresolved_ref!r} cannot be the name of a ref.")

    def _protocol(self) -> str:
        scheme = SCHEME.match(self.url)
        if scheme:
            return scheme[1]
        return "ssh" if SCP_LIKE.fullmatch(self.url) and not self.url.startswith("-") else ""

    async def get_resolved_ref(self) -> str | None:
        if self._commit is None:
            self._commit = await self._resolve()
        return self._commit

    async def _resolve(self) -> str | None:
        if COMMIT.fullmatch(self.unresolved_ref):
            return self.unresolved_ref
        try:
            return await resolve_remote_ref(self.url, self.unresolved_ref)
        except GitFailed as error:
            raise NotFound(
                f"Could not read the git repository {self.url}: {error.message}"
            ) from error

    async def get_resolved_spec(self) -> str:
        return f"{quote(self.url, safe='')}/{await self.get_resolved_ref()}"

    def get_repo_url(self) -> str:
        return self.url

    async def get_resolved_ref_url(self) -> str:
        return self.url

    def get_build_slug(self) -> str:
        return self.url
