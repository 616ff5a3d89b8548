"""GitHub, github.com or an enterprise's own."""

import os
import re
from collections.abc import Iterable, Set
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from traitlets import Unicode, default

from ..events import BinderError
from .base import NotFound, RepoProvider
from .git_command import GitFailed
from .git_remote import GitRemote

GUESSED_BRANCHES = ("main", "master")
# Whatever is neither must not become a part of the API's URL, where ".." would lead elsewhere.
NAME = re.compile(r"(?!\.\.?$)[A-Za-z0-9._-]+")
NO_REF = re.compile(r"(^|/)\.|\.\.|[\0-\x20\x7f]")


class GitHubRepoProvider(RepoProvider):
    """`{user}/{repo}/{ref}`: a repository on GitHub; the ref may contain slashes."""

    hostname = Unicode("github.com", help="The host of repositories.").tag(config=True)
    api_base_path = Unicode(
        "https://api.{hostname}", help="The root of the web API; may contain {hostname}."
    ).tag(config=True)
    access_token = Unicode(
        help="A token for the web API, for its higher rate limit. Default: $GITHUB_ACCESS_TOKEN."
    ).tag(config=True)

    display_config: ClassVar[dict[str, Any]] = {
        "displayName": "GitHub",
        "id": "gh",
        "spec": {"validateRegex": r"[^/]+/[^/]+/.+"},
        "detect": {"regex": r"^(https?://github.com/)?(?<repo>[^/:]+/[^/:]+)/?$"},
        "repo": {
            "label": "GitHub repository name or URL",
            "placeholder": "example: user/repo or https://github.com/user/repo",
        },
        "ref": {"enabled": True, "default": "HEAD"},
    }

    @default("access_token")
    def _access_token_from_environment(self) -> str:
        return os.environ.get("GITHUB_ACCESS_TOKEN", "")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        parts = self.spec.split("/", 2)
        if len(parts) != 3 or not all(parts):
            raise BinderError(
                f"{self.spec!r} is not user/repo/ref: "
                "say which branch, tag or commit you want, or HEAD for the newest.",
                400,
            )
        self.user, repo, ref = (unquote(part) for part in parts)
        self.repo = repo.removesuffix(".git")
        self.unresolved_ref = ref
        if not (NAME.fullmatch(self.user) and NAME.fullmatch(self.repo)) or NO_REF.search(ref):
            raise NotFound(f"{unquote(self.spec)!r} cannot be a repository and a ref of GitHub's.")
        self._commit: str | None = None

    def get_repo_url(self) -> str:
        return f"https://{self.hostname}/{self.user}/{self.repo}"

    def spellings(self) -> Set[str]:
        return {*super().spellings(), f"{self.user}/{self.repo}/{self.unresolved_ref}"}

    def own_urls(self) -> Iterable[str]:
        return (self.get_repo_url(), self.api_base_path.format(hostname=self.hostname))

    async def get_resolved_ref(self) -> str | None:
        if self._commit is None:
            try:
                self._commit = await self._ask_api()
            except BinderError as error:
                self.log.warning("GitHub's API is of no help (%s) Asking git instead.", error)
                self._commit = await self._ask_git()
        return self._commit

    async def _ask_api(self) -> str | None:
        """The commit, from GitHub's REST API ("get a commit")."""
        root = self.api_base_path.format(hostname=self.hostname).rstrip("/")
        url = f"{root}/repos/{self.user}/{self.repo}/commits/{quote(self.unresolved_ref)}"
        headers = {"Accept": "application/vnd.github+json"}
        if self.access_token:
            headers["Authorization"] = f"token {self.access_token}"
        answer = await self.ask(url, headers=headers, missing=(404, 422), remember=True)
        return None if answer is None else str(answer.json()["sha"])

    async def _ask_git(self) -> str | None:
        try:
            remote = GitRemote(self.get_repo_url(), self.private_hosts, web=self.web)
            return await remote.resolve(self.unresolved_ref)
        except GitFailed as error:
            raise NotFound(
                f"Could not read the repository {self.get_repo_url()}: {error.message}"
            ) from error

    def with_default_ref(self) -> "GitHubRepoProvider | None":
        if self.unresolved_ref not in GUESSED_BRANCHES:
            return None
        spec = f"{self.user}/{self.repo}/HEAD"
        return type(self)(parent=self.parent, config=self.config, web=self.web, spec=spec)

    async def get_resolved_spec(self) -> str:
        return f"{self.user}/{self.repo}/{await self.get_resolved_ref()}"

    async def get_resolved_ref_url(self) -> str:
        return f"{self.get_repo_url()}/tree/{await self.get_resolved_ref()}"

    def get_build_slug(self) -> str:
        return f"{self.user}-{self.repo}"
